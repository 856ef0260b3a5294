/*
 * Summing up what waits: what is a day old, what finds no room, and what a limit holds go into the
 * channel's digest. A digest keeps its place in the queue and does not expire.
 */
#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "outbox/digest.h"
#include "outbox/outbox_state.h"

/* A digest that may still grow: one in flight has its words already. */
static struct outbox_item *
open_digest(const struct channel_queue *queue)
{
	struct outbox_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (item->notice->kind == NOTICE_DIGEST && item != queue->flight)
			return item;
	}
	return NULL;
}

/* Puts the item into the channel's digest, or makes it one; it keeps its id and its place. */
static void
digest_item(struct outbox *ob, struct channel_queue *queue, struct outbox_item *item,
    enum digest_reason reason, const struct now *now)
{
	struct outbox_item *digest = open_digest(queue);

	queue->stats.folded += !item->notice->transient;
	if (item->notice->fact_count == 0 || item->notice->transient) {
		outbox_drop(ob, queue, item);
	} else if (digest != NULL) {
		digest_add_notice(digest->notice, item->notice);
		outbox_touch(digest, now);
		outbox_drop(ob, queue, item);
	} else {
		struct notice *n = digest_new(item->notice->channel);

		n->id = item->notice->id;
		n->reason = reason;
		digest_add_notice(n, item->notice);
		notice_free(item->notice);
		item->notice = n;
		item->minimal = false;
		outbox_touch(item, now);
	}
}

struct outbox_item *
outbox_oldest(const struct channel_queue *queue)
{
	struct outbox_item *item;

	DL_FOREACH(queue->items, item)
	{
		if (item->notice->kind != NOTICE_DIGEST && item != queue->flight)
			return item;
	}
	return NULL;
}

/* The alert of an expired firing may still fire: whoever knows can tell it anew. */
static void
note_expired(struct outbox *ob, const struct channel_queue *queue, const struct outbox_item *item)
{
	const struct outbox_item *later;
	uint64_t fingerprint;

	if (item->notice->kind != NOTICE_FIRE || item->notice->fact_count == 0 ||
	    item->notice->transient)
		return;
	fingerprint = item->notice->facts[0].fingerprint;
	DL_FOREACH(queue->items, later)
	{
		if (later != item && later->notice->kind != NOTICE_DIGEST &&
		    later->notice->fact_count > 0 &&
		    later->notice->facts[0].fingerprint == fingerprint)
			return;
	}
	if (ob->expired_count == ob->expired_cap) {
		ob->expired_cap = ob->expired_cap == 0 ? 16 : ob->expired_cap * 2;
		ob->expired = mem_resize(ob->expired, ob->expired_cap, sizeof(*ob->expired));
	}
	ob->expired[ob->expired_count++] = (struct expired){fingerprint, item->notice->channel};
}

void
outbox_expire(struct outbox *ob, struct channel_queue *queue, const struct now *now)
{
	struct outbox_item *item;

	while ((item = outbox_oldest(queue)) != NULL &&
	       now->boot_ns - item->born_ns >= OUTBOX_EXPIRY_NS) {
		note_expired(ob, queue, item);
		digest_item(ob, queue, item, DIGEST_LATE, now);
	}
}

static bool
is_foldable(const struct channel_queue *queue, const struct outbox_item *item)
{
	return item != queue->flight && !item->notice->transient &&
	       item->notice->severity != SEV_EMERGENCY && item->notice->kind != NOTICE_TEST;
}

void
outbox_digest_limited(struct outbox *ob, struct channel_queue *queue, const struct now *now)
{
	struct outbox_item *item, *next;
	size_t waiting = 0;

	if (queue->apart || channel_queue_free_at(queue) <= now->boot_ns)
		return;
	DL_FOREACH(queue->items, item)
	waiting += is_foldable(queue, item);
	if (waiting < 2)
		return;
	DL_FOREACH_SAFE(queue->items, item, next)
	{
		if (is_foldable(queue, item) && item != open_digest(queue))
			digest_item(ob, queue, item, DIGEST_LIMIT, now);
	}
}

void
outbox_keep_bound(struct outbox *ob, const struct now *now)
{
	while (ob->total > OUTBOX_MAX) {
		struct channel_queue *fullest = &ob->queues[0];

		for (int id = 1; id < CHANNEL_COUNT; id++) {
			if (ob->queues[id].stats.queued > fullest->stats.queued)
				fullest = &ob->queues[id];
		}
		if (!ob->full_said)
			log_warn("more than %d notices wait: the oldest to %s are summed up",
			    OUTBOX_MAX, fullest->name);
		ob->full_said = true;
		digest_item(ob, fullest, outbox_oldest(fullest), DIGEST_LATE, now);
	}
}
