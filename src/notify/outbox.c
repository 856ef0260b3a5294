/*
 * The outbox: queues of notices by channel, their receipts, and what of them must be kept. Receipts
 * are believed about the attempt in flight, and of an earlier one only that it arrived. A service
 * that is down, slow, strict or closed costs its own channel time and nothing else; nothing is
 * dropped but what a service refused twice.
 */
#include "notify/outbox.h"

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "notify/fold.h"
#include "notify/outbox_state.h"
#include "notify/receipt.h"

struct outbox *
outbox_new(const struct conf_alert *conf, const struct conf_channel *channels, uint64_t seed)
{
	struct outbox *ob = mem_zalloc(1, sizeof(*ob));

	ob->rng = seed;
	for (int id = 0; id < CHANNEL_COUNT; id++)
		lane_init(&ob->lanes[id], channel_name((enum channel_id)id), conf, &channels[id]);
	return ob;
}

void
outbox_free(struct outbox *ob)
{
	if (ob == NULL)
		return;
	for (int id = 0; id < CHANNEL_COUNT; id++)
		lane_done(&ob->lanes[id]);
	mem_free(ob->deleted);
	mem_free(ob->expired);
	mem_free(ob);
}

static void
drop_item(struct outbox *ob, struct lane *lane, struct outbox_item *item)
{
	if (item->kept)
		outbox_note_deleted(ob, item->notice->id);
	lane_remove(lane, item);
	ob->total--;
	notice_free(item->notice);
	mem_free(item);
}

static void
mark_changed(struct outbox_item *item, const struct now *now)
{
	item->changed = true;
	item->confirmed = false;
	item->txn = 0;
	item->put_ns = now->boot_ns;
}

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
fold_item(struct outbox *ob, struct lane *lane, struct outbox_item *item, const struct now *now)
{
	struct outbox_item *digest = open_digest(lane);

	lane->stats.folded++;
	if (item->notice->fact_count == 0) {
		drop_item(ob, lane, item);
	} else if (digest != NULL) {
		fold_add(digest->notice, item->notice);
		mark_changed(digest, now);
		drop_item(ob, lane, item);
	} else {
		struct notice *n = fold_new(item->notice->channel);

		n->id = item->notice->id;
		fold_add(n, item->notice);
		notice_free(item->notice);
		item->notice = n;
		item->minimal = false;
		mark_changed(item, now);
	}
}

/* The oldest that is not a digest and not on its way. */
static struct outbox_item *
oldest(const struct lane *lane)
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

	if (item->notice->kind != NOTICE_FIRE || item->notice->fact_count == 0)
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

static void
expire(struct outbox *ob, struct lane *lane, const struct now *now)
{
	struct outbox_item *item;

	while ((item = oldest(lane)) != NULL && now->boot_ns - item->born_ns >= OUTBOX_EXPIRY_NS) {
		note_expired(ob, lane, item);
		fold_item(ob, lane, item, now);
	}
}

static void
keep_bound(struct outbox *ob, const struct now *now)
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
		fold_item(ob, fullest, oldest(fullest), now);
	}
}

bool
outbox_enqueue(struct outbox *ob, struct outbox_item *item, const struct now *now)
{
	if (!lane_insert(&ob->lanes[item->notice->channel], item))
		return false;
	ob->total++;
	keep_bound(ob, now);
	return true;
}

void
outbox_put(struct outbox *ob, struct notices *notices, const struct now *now)
{
	for (size_t i = 0; i < notices->len; i++) {
		struct notice *n = notices->items[i];
		struct outbox_item *item;

		if (n->channel < 0 || n->channel >= CHANNEL_COUNT) {
			notice_free(n);
			continue;
		}
		ob->last_id++;
		if (ob->last_id < (uint64_t)now->wall_ms)
			ob->last_id = (uint64_t)now->wall_ms; /* over what earlier lives gave */
		n->id = ob->last_id;
		item = mem_zalloc(1, sizeof(*item));
		item->notice = n;
		item->born_ns = n->created_boot_ns != 0 ? n->created_boot_ns : now->boot_ns;
		mark_changed(item, now);
		outbox_enqueue(ob, item, now);
	}
	notices->len = 0;
}

/*
 * Delivered after its lease ran out, or sent by an earlier life: it need not leave again. A digest
 * has grown since.
 */
static void
take_late(struct outbox *ob, uint64_t id)
{
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct lane *lane = &ob->lanes[channel];
		struct outbox_item *item = lane_find(lane, id);

		if (item == NULL)
			continue;
		if ((item->attempt == 0 && !item->loaded) || item->notice->kind == NOTICE_DIGEST)
			return;
		lane->stats.sent++;
		item->delivered = true;
		if (item != lane->flight)
			drop_item(ob, lane, item);
		return;
	}
	ob->early[ob->early_next++ % OUTBOX_EARLY_MAX] = id;
}

static void
end_flight(struct outbox *ob, struct lane *lane, const struct outbox_receipt *receipt,
    const struct now *now)
{
	struct outbox_item *item = lane->flight;

	if (receipt_apply(lane, receipt, &ob->rng, now) || item->delivered)
		drop_item(ob, lane, item);
	if (ob->total < OUTBOX_MAX / 2)
		ob->full_said = false;
}

void
outbox_receipt(struct outbox *ob, const struct outbox_receipt *receipt, const struct now *now)
{
	if (receipt->outcome < OUTBOX_DELIVERED || receipt->outcome > OUTBOX_DENIED)
		return;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct lane *lane = &ob->lanes[channel];

		if (lane->flight == NULL || lane->flight->notice->id != receipt->id ||
		    lane->flight->attempt != receipt->attempt)
			continue;
		end_flight(ob, lane, receipt, now);
		return;
	}
	if (receipt->outcome == OUTBOX_DELIVERED)
		take_late(ob, receipt->id);
}

void
outbox_unsendable(struct outbox *ob, uint64_t id, const struct now *now)
{
	const struct outbox_receipt receipt = {
	    .outcome = OUTBOX_REJECTED, .text = "it does not fit a message"};

	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct lane *lane = &ob->lanes[channel];

		if (lane->flight != NULL && lane->flight->notice->id == id)
			end_flight(ob, lane, &receipt, now);
	}
}

void
outbox_hello(struct outbox *ob)
{
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct outbox_item *item = ob->lanes[channel].flight;

		if (item != NULL)
			lane_return(&ob->lanes[channel]);
		if (item != NULL && item->delivered)
			drop_item(ob, &ob->lanes[channel], item);
	}
}

static void
check_lease(struct outbox *ob, struct lane *lane, const struct now *now)
{
	const struct outbox_receipt receipt = {
	    .outcome = OUTBOX_TEMPORARY, .text = "the courier did not answer in time"};

	if (lane->flight != NULL && now->boot_ns >= lane->lease_ns)
		end_flight(ob, lane, &receipt, now);
}

bool
outbox_next(struct outbox *ob, const struct now *now, struct outbox_job *job)
{
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct lane *lane = &ob->lanes[channel];
		struct outbox_item *item;
		int64_t at_ns;

		check_lease(ob, lane, now);
		expire(ob, lane, now);
		item = lane_candidate(lane, now->boot_ns, &at_ns);
		if (item == NULL || at_ns > now->boot_ns)
			continue;
		lane_depart(lane, item, now->boot_ns);
		ob->degraded = ob->degraded || !item->confirmed;
		*job = (struct outbox_job){.id = item->notice->id,
		    .attempt = item->attempt,
		    .notice = item->notice,
		    .minimal = item->minimal,
		    .timeout_ms = (uint32_t)lane->timeout_ms};
		return true;
	}
	return false;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
outbox_deadline(const struct outbox *ob, const struct now *now)
{
	int64_t deadline = INT64_MAX, at_ns;

	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		const struct lane *lane = &ob->lanes[channel];
		const struct outbox_item *item = oldest(lane);

		if (item != NULL)
			deadline = earlier(deadline, item->born_ns + OUTBOX_EXPIRY_NS);
		if (lane->flight != NULL)
			deadline = earlier(deadline, lane->lease_ns);
		else if (lane_candidate(lane, now->boot_ns, &at_ns) != NULL)
			deadline = earlier(deadline, at_ns);
	}
	return deadline > now->boot_ns ? deadline : now->boot_ns;
}

void
outbox_take_expired(
    struct outbox *ob, void (*fn)(void *arg, uint64_t fingerprint, int channel), void *arg)
{
	for (size_t i = 0; i < ob->expired_count; i++)
		fn(arg, ob->expired[i].fingerprint, ob->expired[i].channel);
	ob->expired_count = 0;
}

const struct outbox_channel *
outbox_channel(const struct outbox *ob, int channel)
{
	return &ob->lanes[channel].stats;
}

size_t
outbox_queued(const struct outbox *ob)
{
	return ob->total;
}

bool
outbox_in_flight(const struct outbox *ob)
{
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		if (ob->lanes[channel].flight != NULL)
			return true;
	}
	return false;
}
