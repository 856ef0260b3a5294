/*
 * Adds alerts and notices to a digest, which has one line an alert, the newest: an alert that fired
 * and ended in it is told by its end, and as one that nobody heard of. The worst come first and are
 * kept when there are too many; the others are counted.
 */
#include "outbox/digest.h"

#include <stdlib.h>

#include "base/mem.h"

struct notice *
digest_new(int channel)
{
	return notice_new(NOTICE_DIGEST, channel, 0);
}

static int
greater_first(int64_t a, int64_t b)
{
	return (a < b) - (a > b);
}

/* Severe before mild, firing before ended, new before old. */
static int
compare(const void *left, const void *right)
{
	const struct alert_facts *a = left, *b = right;
	int by_severity = greater_first(a->severity, b->severity);
	int by_state = greater_first(!facts_is_resolved(a), !facts_is_resolved(b));

	if (by_severity != 0)
		return by_severity;
	if (by_state != 0)
		return by_state;
	return greater_first(a->since.wall_ms, b->since.wall_ms);
}

void
digest_add_facts(struct notice *digest, const struct alert_facts *facts)
{
	struct alert_facts newer = *facts;
	size_t i = 0;

	while (i < digest->fact_count && !facts_same_case(&digest->facts[i], facts))
		i++;
	if (i < digest->fact_count && digest->facts[i].seq > facts->seq)
		return;
	if (i == digest->fact_count)
		digest->total++;
	if (i == digest->fact_count && i < NOTICE_FACTS_MAX) {
		digest->facts = mem_resize(digest->facts, i + 1, sizeof(*digest->facts));
		digest->fact_count++;
	} else if (i < digest->fact_count && facts_is_resolved(&newer)) {
		newer.unheard = facts_tells_beginning(&digest->facts[i]);
	} else if (i == digest->fact_count && compare(facts, &digest->facts[--i]) >= 0) {
		return;
	}
	digest->facts[i] = newer;
	if (newer.severity > digest->severity)
		digest->severity = newer.severity;
	qsort(digest->facts, digest->fact_count, sizeof(*digest->facts), compare);
}

void
digest_add_notice(struct notice *digest, const struct notice *n)
{
	uint64_t untold = n->total > n->fact_count ? n->total - n->fact_count : 0;

	if (digest->created.wall_ms == 0 || clock_compare(&n->created, &digest->created) < 0)
		digest->created = n->created;
	for (size_t i = 0; i < n->fact_count; i++)
		digest_add_facts(digest, &n->facts[i]);
	digest->total += untold;
}
