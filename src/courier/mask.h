/*
 * Text that comes back from the network, made fit for logs: secrets hidden, bytes made visible,
 * length bounded.
 */
#ifndef COURIER_MASK_H
#define COURIER_MASK_H

#include <stddef.h>

#include "base/buf.h"
#include "conf/conf.h"

#define MASK_WORDS_MAX 64

struct mask_word {
	const char *text; /* inside the channel's strings */
	size_t len;
};

struct mask {
	struct mask_word words[MASK_WORDS_MAX];
	size_t count;
};

/*
 * The secrets of a channel: URLs as a whole and their path, query, user and the longer parts of
 * these; tokens; values of headers. Host names are none: an error without one helps nobody. Borrows
 * the channel's strings.
 */
void mask_init(struct mask *mask, const struct conf_channel *channel);

/* One more; text must outlive the mask. "" is none. */
void mask_add_word(struct mask *mask, const char *text);

/* Appends text until b is full, "***" for each secret; one that text ends inside of as well. */
void mask_add(const struct mask *mask, struct buf *b, const char *text, size_t len);

#endif
