/*
 * Works a list out of the one before it and one that may name it. Texts are shared, for both live
 * in the arena.
 */
#include "conf/inherit.h"

#include <string.h>

#include "base/str.h"

static bool
is_inherited(const struct conf_key *key, const char *item)
{
	return (key->flags & KEY_INHERITS) != 0 && str_eq(item, KEY_INHERITED);
}

bool
inherit_strings(
    const struct conf_key *key, struct strings list, struct strings *member, struct arena *arena)
{
	struct strings out = {NULL, 0};
	size_t len = 0;

	for (size_t i = 0; i < list.len; i++)
		len += is_inherited(key, list.items[i]) ? member->len : 1;
	if (len > KEY_ITEMS_MAX)
		return false;
	out.items = arena_alloc(arena, len, sizeof(out.items[0]));
	for (size_t i = 0; i < list.len; i++) {
		bool before = is_inherited(key, list.items[i]);
		size_t n = before ? member->len : 1;

		if (n > 0)
			memcpy(&out.items[out.len], before ? member->items : &list.items[i],
			    n * sizeof(out.items[0]));
		out.len += n;
	}
	*member = out;
	return true;
}
