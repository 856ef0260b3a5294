/*
 * A bucket of tokens, each of which comes back a whole window after it was taken: in no stretch of
 * time as long as the window are more taken than the limit, wherever it begins. Times are boot ns.
 */
#ifndef OUTBOX_BUCKET_H
#define OUTBOX_BUCKET_H

#include <stddef.h>
#include <stdint.h>

struct bucket {
	int64_t *taken; /* when each token was taken, a ring */
	size_t limit;   /* 0: never empty */
	size_t next;    /* the one taken longest ago */
	int64_t window_ns;
	int64_t before; /* when the last one taken had been taken before */
};

/* Zeroed before the first time. The newest that were taken stay taken. */
void bucket_configure(struct bucket *b, int64_t limit, int64_t window_ns);
void bucket_done(struct bucket *b);

/* When there is a token: a time that may be long past. */
int64_t bucket_free_at(const struct bucket *b);
void bucket_take(struct bucket *b, int64_t boot_ns);

/* Undoes the last bucket_take(), once. */
void bucket_give_back(struct bucket *b);

#endif
