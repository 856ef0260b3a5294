/*
 * Merges notices of the same alert for one channel: the newest stays, with what it replaced in its
 * facts. After an outage nobody wants to read the day's history of an alert, one step a message. An
 * alert that fired, ended and fires again says how often; one that fired and ended says that it was
 * never told.
 */
#include "outbox/merge.h"

#include <string.h>
#include <utlist.h>

#include "base/log.h"
#include "base/num.h"
#include "outbox/digest.h"

/* Newer takes over from older what is not told by itself any more. */
static void
inherit(struct alert_facts *newer, const struct alert_facts *older)
{
	bool heard = !facts_tells_beginning(older);

	if (facts_is_resolved(newer)) {
		newer->unheard = !heard;
		return;
	}
	newer->again = heard;
	newer->still = newer->still && heard;
	if (older->unheard && newer->flap == FLAP_NONE) {
		newer->count = newer->count + (older->count > 0 ? older->count : 1);
		newer->count_secs =
		    num_max(newer->count_secs, clock_span_ms(&older->since, &newer->since) / 1000);
	}
}

/* An end is as late as the fire that it is told with. */
static void
keep_age(struct notice *n, const struct alert_facts *facts, const struct notice *older)
{
	if (facts_is_resolved(facts) && clock_compare(&older->created, &n->created) < 0)
		n->created = older->created;
}

/* True: the digest has the facts now, and n need not. */
static bool
merge_facts(struct queue_set *set, struct channel_queue *queue, struct queue_item *item,
    struct notice *n, struct alert_facts *facts, const struct now *now)
{
	struct alert_facts *older = notice_find(item->notice, facts);

	if (older == NULL)
		return false;
	if (item->notice->kind == NOTICE_DIGEST && n->kind != NOTICE_DIGEST &&
	    !channel_queue_is_rest(item)) {
		digest_add_facts(item->notice, facts);
		channel_queue_touch(item, now);
		return true;
	}
	if (!channel_queue_is_rest(item)) { /* what some have heard is not unheard */
		inherit(facts, older);
		keep_age(n, facts, item->notice);
	}
	notice_remove(item->notice, older);
	if (item->notice->fact_count == 0)
		queue_drop(set, queue, item);
	else
		channel_queue_touch(item, now);
	return false;
}

void
merge_into(
    struct queue_set *set, struct channel_queue *queue, struct notice *n, const struct now *now)
{
	struct queue_item *item, *next;

	if (n->transient || n->kind == NOTICE_TEST)
		return;
	for (size_t i = n->fact_count; i-- > 0;) {
		bool taken = false;

		DL_FOREACH_SAFE(queue->items, item, next)
		{
			if (!taken && item != queue->flight && !item->notice->transient &&
			    item->notice->kind != NOTICE_TEST)
				taken = merge_facts(set, queue, item, n, &n->facts[i], now);
		}
		if (taken)
			notice_remove(n, &n->facts[i]);
	}
}

/* A newer fact of the same alert that waits, too. */
static struct alert_facts *
find_newer(const struct channel_queue *queue, const struct queue_item *item,
    const struct alert_facts *facts, struct queue_item **holder)
{
	struct queue_item *other;

	DL_FOREACH(queue->items, other)
	{
		struct alert_facts *newer = notice_find(other->notice, facts);

		if (other != item && !other->notice->transient && newer != NULL &&
		    newer->seq > facts->seq) {
			*holder = other;
			return newer;
		}
	}
	return NULL;
}

void
merge_returned(struct queue_set *set, struct channel_queue *queue, struct queue_item *item,
    const struct now *now)
{
	struct notice *n = item->notice;
	size_t before = n->fact_count;

	for (size_t i = n->fact_count; i-- > 0 && !n->transient;) {
		struct queue_item *holder;
		struct alert_facts *newer = find_newer(queue, item, &n->facts[i], &holder);

		if (newer == NULL)
			continue;
		if (holder != queue->flight && !channel_queue_is_rest(item) &&
		    !channel_queue_is_rest(holder)) {
			inherit(newer, &n->facts[i]);
			channel_queue_touch(holder, now);
		}
		notice_remove(n, &n->facts[i]);
	}
	if (n->fact_count == before)
		return;
	if (n->fact_count == 0)
		queue_drop(set, queue, item);
	else
		channel_queue_touch(item, now);
}

void
merge_settle(struct queue_set *set, const struct now *now)
{
	struct channel_queue *queue;

	if (!set->unsettled)
		return;
	if (set->homeless > 0)
		log_warn(
		    "%zu kept notices are dropped: their channels are not enabled", set->homeless);
	set->homeless = 0;
	QUEUE_EACH(set, queue)
	{
		struct queue_item *item, *next;

		DL_FOREACH_SAFE(queue->items, item, next)
		{
			if (item != queue->flight)
				merge_returned(set, queue, item, now);
		}
	}
	set->unsettled = false;
}
