/*
 * Text that comes back from the network, made fit for logs: secrets hidden, bytes made visible,
 * length bounded.
 */
#ifndef COURIER_MASK_H
#define COURIER_MASK_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/conf.h"

struct mask_word {
	const char *text;
	size_t len;
};

struct mask {
	struct mask_word *words;
	size_t count, cap;
	struct arena *derived; /* forms of the secrets, wiped at the end */
};

/*
 * The secrets of a channel: URLs as a whole and their path, query, user and the longer parts of
 * these; tokens; values of headers; logins. Each as it is and in the forms in which it may come
 * back (secret_form.h). Host names are none: an error without one helps nobody. Borrows the
 * channel's strings.
 */
void mask_init(struct mask *mask, const struct conf_channel *channel);
void mask_done(struct mask *mask);

/* Appends text until b is full, "***" for each secret; one that text ends inside of as well. */
void mask_add(const struct mask *mask, struct buf *b, const char *text, size_t len);

#endif
