/*
 * A text buffer over storage of fixed size. Writing past the end keeps what fits and sets full;
 * the text is always NUL-terminated. No allocation.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/printf_like.h"

struct buf {
	char *data;
	size_t len; /* bytes used, without the NUL */
	size_t cap; /* bytes of storage, with the NUL; at least 1 */
	bool full;  /* something did not fit */
};

void buf_init(struct buf *b, char *storage, size_t cap);
void buf_add(struct buf *b, const char *bytes, size_t len);
void buf_adds(struct buf *b, const char *text);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_addv(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Where a buffer ends. What is added then may be taken back, and that it did not fit with it. */
struct buf_mark {
	size_t len;
	bool full;
};

static inline struct buf_mark
buf_mark(const struct buf *b)
{
	return (struct buf_mark){b->len, b->full};
}

static inline void
buf_rewind(struct buf *b, struct buf_mark mark)
{
	b->len = mark.len;
	b->full = mark.full;
	b->data[b->len] = '\0';
}

/* Back to the state after buf_init(). */
static inline void
buf_clear(struct buf *b)
{
	buf_rewind(b, (struct buf_mark){0, false});
}

/* One more of a list, ", " before it unless it is the first; nothing where it does not fit whole.
 */
void buf_add_item(struct buf *b, const char *text);

/*
 * A character of n bytes at p, 0: a byte that is not UTF-8, that no reader is to meet as it is:
 * control characters and stray bytes come out as \xNN, what shows nothing or turns text around as
 * \uNNNN. backslash: how the markup wants one. False: it may be shown, nothing was added.
 */
bool buf_add_spelled(struct buf *b, const char *p, size_t n, const char *backslash);

/* These spelled, the rest as it is. For logs and terminals. */
void buf_add_visible(struct buf *b, const char *bytes, size_t len);

/* Inside of a JSON string (RFC 8259), these as \uNNNN; invalid UTF-8 becomes U+FFFD. */
void buf_add_json(struct buf *b, const char *bytes, size_t len);

/* RFC 4648, in one line, with its padding. */
void buf_add_base64(struct buf *b, const char *bytes, size_t len);

#endif
