/*
 * Summing up what waits: what is a day old, what finds no room, and what a limit holds go into the
 * channel's digest. A digest keeps its place in the queue and does not expire.
 */
#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "notify/fold.h"
#include "notify/outbox_state.h"

/* A digest that may still grow: one in flight has its words already. */
static struct outbox_item *
open_digest(const struct lane *lane)
{
	struct outbox_item *item;

	DL_FOREACH(lane->items, item)
	{
		if (item->notice->kind == NOTICE_DIGEST && item != lane->flight)
			return item;
	}
	return NULL;
}

/* Puts the item into the channel's digest, or makes it one; it keeps its id and its place. */
static void
fold_item(struct outbox *ob, struct lane *lane, struct outbox_item *item, enum digest_reason reason,
    const struct now *now)
{
	struct outbox_item *digest = open_digest(lane);

	lane->stats.folded += !item->notice->transient;
	if (item->notice->fact_count == 0 || item->notice->transient) {
		outbox_drop(ob, lane, item);
	} else if (digest != NULL) {
		fold_add(digest->notice, item->notice);
		outbox_touch(digest, now);
		outbox_drop(ob, lane, item);
	} else {
		struct notice *n = fold_new(item->notice->channel);

		n->id = item->notice->id;
		n->reason = reason;
		fold_add(n, item->notice);
		notice_free(item->notice);
		item->notice = n;
		item->minimal = false;
		outbox_touch(item, now);
	}
}

struct outbox_item *
outbox_oldest(const struct lane *lane)
{
	struct outbox_item *item;

	DL_FOREACH(lane->items, item)
	{
		if (item->notice->kind != NOTICE_DIGEST && item != lane->flight)
			return item;
	}
	return NULL;
}

/* The alert of an expired firing may still fire: whoever knows can tell it anew. */
static void
note_expired(struct outbox *ob, const struct lane *lane, const struct outbox_item *item)
{
	const struct outbox_item *later;
	uint64_t fingerprint;

	if (item->notice->kind != NOTICE_FIRE || item->notice->fact_count == 0 ||
	    item->notice->transient)
		return;
	fingerprint = item->notice->facts[0].fingerprint;
	DL_FOREACH(lane->items, later)
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
outbox_expire(struct outbox *ob, struct lane *lane, const struct now *now)
{
	struct outbox_item *item;

	while ((item = outbox_oldest(lane)) != NULL &&
	       now->boot_ns - item->born_ns >= OUTBOX_EXPIRY_NS) {
		note_expired(ob, lane, item);
		fold_item(ob, lane, item, DIGEST_LATE, now);
	}
}

static bool
is_foldable(const struct lane *lane, const struct outbox_item *item)
{
	return item != lane->flight && !item->notice->transient &&
	       item->notice->severity != SEV_EMERGENCY && item->notice->kind != NOTICE_TEST;
}

void
outbox_fold_limited(struct outbox *ob, struct lane *lane, const struct now *now)
{
	struct outbox_item *item, *next;
	size_t waiting = 0;

	if (lane->apart || lane_free_at(lane) <= now->boot_ns)
		return;
	DL_FOREACH(lane->items, item)
	waiting += is_foldable(lane, item);
	if (waiting < 2)
		return;
	DL_FOREACH_SAFE(lane->items, item, next)
	{
		if (is_foldable(lane, item) && item != open_digest(lane))
			fold_item(ob, lane, item, DIGEST_LIMIT, now);
	}
}

void
outbox_keep_bound(struct outbox *ob, const struct now *now)
{
	while (ob->total > OUTBOX_MAX) {
		struct lane *fullest = &ob->lanes[0];

		for (int id = 1; id < CHANNEL_COUNT; id++) {
			if (ob->lanes[id].stats.queued > fullest->stats.queued)
				fullest = &ob->lanes[id];
		}
		if (!ob->full_said)
			log_warn("more than %d notices wait: the oldest to %s are summed up",
			    OUTBOX_MAX, fullest->name);
		ob->full_said = true;
		fold_item(ob, fullest, outbox_oldest(fullest), DIGEST_LATE, now);
	}
}
