/*
 * A set of short strings.
 */
#ifndef AGENT_KEYSET_H
#define AGENT_KEYSET_H

#include <stdbool.h>

struct keyset_item;

/* Empty when zeroed. */
struct keyset {
	struct keyset_item *items; /* uthash */
};

void keyset_add(struct keyset *set, const char *key); /* copied; nothing if it is there */
void keyset_drop(struct keyset *set, const char *key);
bool keyset_has(const struct keyset *set, const char *key);
unsigned keyset_count(const struct keyset *set);
void keyset_free(struct keyset *set); /* leaves it empty */

#endif
