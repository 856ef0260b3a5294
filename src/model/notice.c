/*
 * Notices as plain values, and what is asked of the facts they carry. Their form on disk is
 * notice_json.c.
 */
#include "model/notice.h"

#include <string.h>

#include "base/mem.h"

struct notice *
notice_new(enum notice_kind kind, int channel, size_t fact_count)
{
	struct notice *n = mem_zalloc(1, sizeof(*n));

	n->kind = kind;
	n->channel = channel;
	n->fact_count = fact_count;
	n->total = fact_count;
	n->facts = mem_zalloc(fact_count, sizeof(*n->facts));
	return n;
}

void
notice_free(struct notice *n)
{
	if (n == NULL)
		return;
	mem_free(n->owed);
	mem_free(n->facts);
	mem_free(n);
}

static bool
is_owed(const struct notice *n, uint64_t recipient)
{
	for (size_t i = 0; i < n->owed_count; i++) {
		if (n->owed[i] == recipient)
			return true;
	}
	return n->owed_count == 0;
}

bool
notice_owe(struct notice *n, const uint64_t *left, size_t count)
{
	uint64_t *owed = mem_zalloc(count, sizeof(*owed));
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		if (is_owed(n, left[i]))
			owed[len++] = left[i];
	}
	if (len == 0) {
		mem_free(owed);
		return false;
	}
	mem_free(n->owed);
	n->owed = owed;
	n->owed_count = len;
	return true;
}

unsigned long long
notice_total(const struct notice *n)
{
	return n->total > n->fact_count ? n->total : n->fact_count;
}

const struct alert_facts *
notice_worst(const struct notice *n)
{
	const struct alert_facts *worst = NULL;

	for (size_t i = 0; i < n->fact_count; i++) {
		const struct alert_facts *f = &n->facts[i];
		bool firing = !facts_is_resolved(f);

		if (worst == NULL || firing > !facts_is_resolved(worst) ||
		    (firing == !facts_is_resolved(worst) && f->severity > worst->severity))
			worst = f;
	}
	return worst;
}

bool
notice_is_of_unwatched(const struct notice *n)
{
	return n->kind == NOTICE_RESOLVE && n->fact_count > 0 && n->facts[0].unwatched;
}

struct alert_facts *
notice_find(const struct notice *n, const struct alert_facts *f)
{
	for (size_t i = 0; i < n->fact_count; i++) {
		if (facts_same_case(&n->facts[i], f))
			return &n->facts[i];
	}
	return NULL;
}

void
notice_remove(struct notice *n, struct alert_facts *facts)
{
	size_t after = n->fact_count - (size_t)(facts - n->facts) - 1;

	memmove(facts, facts + 1, after * sizeof(*facts));
	n->fact_count--;
	n->total--;
	n->severity = SEV_NONE;
	for (size_t i = 0; i < n->fact_count; i++) {
		if (n->facts[i].severity > n->severity)
			n->severity = n->facts[i].severity;
	}
}

void
notices_add(struct notices *list, struct notice *n)
{
	list->items = mem_grow(list->items, list->len, &list->cap, sizeof(*list->items));
	list->items[list->len++] = n;
}

void
notices_done(struct notices *list)
{
	for (size_t i = 0; i < list->len; i++)
		notice_free(list->items[i]);
	mem_free(list->items);
	*list = (struct notices){.items = NULL};
}
