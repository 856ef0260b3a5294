/*
 * Sums up notices that wait: what is a day old, what finds no room, and what a limit holds go into
 * the channel's digest, which keeps its place in the queue and does not expire. Age goes by the
 * boot clock, so a wall clock that is set expires nothing.
 */
#include "outbox/digest_policy.h"

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "outbox/digest.h"

/* A digest with room for so many alerts: one in flight has been handed over. */
static struct queue_item *
open_digest(const struct channel_queue *queue, size_t alerts)
{
	unsigned most = queue->traits.alerts_max;
	struct queue_item *item;

	DL_FOREACH(queue->items, item)
	{
		const struct notice *n = item->notice;

		if (n->kind == NOTICE_DIGEST && item != queue->flight &&
		    !channel_queue_is_rest(item) && (most == 0 || n->fact_count + alerts <= most))
			return item;
	}
	return NULL;
}

/*
 * Puts the item into the channel's digest, or makes it one; it keeps its id and its place. Where
 * each alert has a case, what never had one needs none now.
 */
static void
digest_item(struct queue_set *set, struct channel_queue *queue, struct queue_item *item,
    enum digest_reason reason, const struct now *now)
{
	struct queue_item *digest = open_digest(queue, item->notice->fact_count);

	queue->stats.folded += !item->notice->transient;
	if (item->notice->fact_count == 0 || item->notice->transient ||
	    !channel_queue_sums(queue)) {
		queue_drop(set, queue, item);
	} else if (digest != NULL) {
		digest_add_notice(digest->notice, item->notice);
		channel_queue_touch(digest, now);
		queue_drop(set, queue, item);
	} else {
		struct notice *n = digest_new(item->notice->channel);

		n->id = item->notice->id;
		n->reason = reason;
		digest_add_notice(n, item->notice);
		notice_free(item->notice);
		item->notice = n;
		item->form = NOTICE_FULL;
		item->bare_refused = false;
		channel_queue_touch(item, now);
	}
}

void
digest_policy_done(struct digest_policy *policy)
{
	mem_free(policy->expired);
}

static bool
is_told_later(const struct channel_queue *queue, const struct queue_item *item,
    const struct alert_facts *facts)
{
	const struct queue_item *later;

	DL_FOREACH(queue->items, later)
	{
		if (later != item && later->notice->kind != NOTICE_DIGEST &&
		    !channel_queue_is_rest(later) && notice_find(later->notice, facts) != NULL)
			return true;
	}
	return false;
}

/* The alerts of an expired firing may still fire: whoever knows can tell them anew. */
static void
note_expired(
    struct digest_policy *policy, const struct channel_queue *queue, const struct queue_item *item)
{
	const struct notice *n = item->notice;

	if (n->kind != NOTICE_FIRE || n->transient)
		return;
	for (size_t i = 0; i < n->fact_count; i++) {
		if (is_told_later(queue, item, &n->facts[i]))
			continue;
		policy->expired = mem_grow(policy->expired, policy->expired_count,
		    &policy->expired_cap, sizeof(*policy->expired));
		policy->expired[policy->expired_count++] =
		    (struct expired_alert){facts_case_key(&n->facts[i]), n->channel};
	}
}

int64_t
digest_policy_deadline(const struct channel_queue *queue)
{
	const struct queue_item *item = channel_queue_oldest_to_sum(queue);

	return item == NULL || !channel_queue_sums(queue) ? INT64_MAX
	                                                  : item->born_ns + QUEUE_EXPIRY_NS;
}

void
digest_policy_expire(struct digest_policy *policy, struct queue_set *set,
    struct channel_queue *queue, const struct now *now)
{
	struct queue_item *item;

	while (digest_policy_deadline(queue) <= now->boot_ns) {
		item = channel_queue_oldest_to_sum(queue);
		note_expired(policy, queue, item);
		digest_item(set, queue, item, DIGEST_LATE, now);
	}
}

static bool
is_foldable(const struct channel_queue *queue, const struct queue_item *item)
{
	return item != queue->flight && !channel_queue_is_rest(item) && !item->notice->transient &&
	       item->notice->severity != SEV_EMERGENCY && item->notice->kind != NOTICE_TEST;
}

/* Summed up already, as far as it may be. */
static bool
is_done(const struct channel_queue *queue, const struct queue_item *item)
{
	return item->notice->kind == NOTICE_DIGEST &&
	       (queue->traits.alerts_max != 0 || item == open_digest(queue, 0));
}

void
digest_policy_limit(struct queue_set *set, struct channel_queue *queue, const struct now *now)
{
	struct queue_item *item, *next;
	size_t waiting = 0;

	if (!channel_queue_sums(queue) || channel_queue_free_at(queue) <= now->boot_ns)
		return;
	DL_FOREACH(queue->items, item)
	waiting += is_foldable(queue, item);
	if (waiting < 2)
		return;
	DL_FOREACH_SAFE(queue->items, item, next)
	{
		if (is_foldable(queue, item) && !is_done(queue, item))
			digest_item(set, queue, item, DIGEST_LIMIT, now);
	}
}

/* Of those of which something may be summed up; NULL: of none. */
static struct channel_queue *
fullest_to_sum(struct queue_set *set)
{
	struct channel_queue *fullest = NULL, *queue;

	QUEUE_EACH(set, queue)
	{
		if (channel_queue_oldest_to_sum(queue) != NULL &&
		    (fullest == NULL || queue->stats.queued > fullest->stats.queued))
			fullest = queue;
	}
	return fullest;
}

void
digest_policy_bound(struct digest_policy *policy, struct queue_set *set, const struct now *now)
{
	struct channel_queue *fullest;

	if (set->total < QUEUE_MAX / 2)
		policy->full_said = false;
	while (set->total > QUEUE_MAX && (fullest = fullest_to_sum(set)) != NULL) {
		if (!policy->full_said)
			log_warn("more than %d notices wait: the oldest to %s are summed up",
			    QUEUE_MAX, fullest->name);
		policy->full_said = true;
		digest_item(set, fullest, channel_queue_oldest_to_sum(fullest), DIGEST_LATE, now);
	}
}
