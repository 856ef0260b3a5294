/*
 * Strings in a hash table, each in an allocation of its own length. Keys are the program's own.
 */
#include "agent/keyset.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct keyset_item {
	UT_hash_handle hh;
	char key[];
};

static struct keyset_item *
find(const struct keyset *set, const char *key)
{
	struct keyset_item *item;

	HASH_FIND_STR(set->items, key, item);
	return item;
}

void
keyset_add(struct keyset *set, const char *key)
{
	size_t size = strlen(key) + 1;
	struct keyset_item *item;

	if (find(set, key) != NULL)
		return;
	item = mem_zalloc(1, sizeof(*item) + size);
	memcpy(item->key, key, size);
	HASH_ADD_KEYPTR(hh, set->items, item->key, size - 1, item);
}

void
keyset_drop(struct keyset *set, const char *key)
{
	struct keyset_item *item = find(set, key);

	if (item == NULL)
		return;
	HASH_DEL(set->items, item);
	mem_free(item);
}

bool
keyset_has(const struct keyset *set, const char *key)
{
	return find(set, key) != NULL;
}

unsigned
keyset_count(const struct keyset *set)
{
	return HASH_COUNT(set->items);
}

void
keyset_free(struct keyset *set)
{
	struct keyset_item *item, *next;

	HASH_ITER (hh, set->items, item, next) {
		HASH_DEL(set->items, item);
		mem_free(item);
	}
}
