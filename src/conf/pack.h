/*
 * Values as bytes: lengths are 4 bytes, everything in the machine's own order, for the same program
 * on the same machine.
 */
#ifndef CONF_PACK_H
#define CONF_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "conf/keys.h"

/* Counts when data is NULL, else writes; the room is the caller's business. */
struct pack_sink {
	char *data;
	size_t len;
};

/* bad: something did not fit; it stays bad, and what is taken from then on means nothing. */
struct pack_cursor {
	const char *p, *end;
	bool bad;
};

void pack_u32(struct pack_sink *s, size_t n);
void pack_text(struct pack_sink *s, const char *text);
void pack_value(struct pack_sink *s, const struct conf_key *key, const void *member);

void pack_take_bytes(struct pack_cursor *c, void *out, size_t len);
uint32_t pack_take_u32(struct pack_cursor *c);
/* Bad too when the key could not have this value in a file. */
void pack_take_value(
    struct pack_cursor *c, const struct conf_key *key, struct arena *arena, void *member);

#endif
