/*
 * A draft (struct conf_draft in conf/keys.h): every key has a place in it, and remembers where in
 * which file it was given. The loader makes one of files, a worker of what the loader sent; both
 * turn it into a struct conf with conf/build.h.
 */
#ifndef CONF_DRAFT_H
#define CONF_DRAFT_H

#include "conf/keys.h"

/* All keys have the defaults of their rows; texts and arrays are in the arena conf.arena. */
struct conf_draft *draft_new(void);
void draft_free(struct conf_draft *draft); /* and its arena, if it still has it */

/* One more item of a list, with defaults; NULL when there are too many. */
void *draft_add_item(struct conf_draft *draft, const struct conf_list *list);

/* Where the member of a draft was given, under whichever name; line 0: nowhere. */
const struct key_state *draft_given(const struct conf_draft *draft, const void *member);

/* The same for a member of a list's item. */
const struct key_state *draft_item_given(
    const struct conf_list *list, const void *item, const void *member);
/* Where to point at: the key if it was given, else the item. */
struct place draft_item_place(const struct conf_list *list, const void *item, const void *member);

#endif
