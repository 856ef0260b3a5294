/*
 * Lists that go on from what they were: "..." as an item.
 */
#ifndef CONF_INHERIT_H
#define CONF_INHERIT_H

#include <stdbool.h>

#include "base/arena.h"
#include "conf/keys.h"

/*
 * Makes *member, the default or what an earlier file made of it, the list; where its key inherits,
 * each "..." of the list is replaced by what *member was. False: it would have more than
 * KEY_ITEMS_MAX items, and *member is as before.
 */
bool inherit_strings(
    const struct conf_key *key, struct strings list, struct strings *member, struct arena *arena);

#endif
