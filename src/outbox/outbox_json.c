/*
 * What of the outbox must outlive a restart: changes out as JSON, kept notices back in. Kept ones
 * were written by this program, perhaps an older or newer one: damaged ones are refused.
 */
#include "outbox/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "model/notice_json.h"
#include "outbox/outbox_state.h"

#define KEY_MAX 24

void
outbox_note_deleted(struct outbox *ob, uint64_t id)
{
	if (ob->deleted_count == ob->deleted_cap) {
		ob->deleted_cap = ob->deleted_cap == 0 ? 64 : ob->deleted_cap * 2;
		ob->deleted = mem_resize(ob->deleted, ob->deleted_cap, sizeof(*ob->deleted));
	}
	ob->deleted[ob->deleted_count++] = id;
}

#define EACH_ITEM(ob, item)                                                            \
	for (int channel_queue_ = 0; channel_queue_ < CHANNEL_COUNT; channel_queue_++) \
	DL_FOREACH((ob)->queues[channel_queue_].items, item)

void
outbox_take_changes(struct outbox *ob, kept_change_fn *fn, void *arg)
{
	struct outbox_item *item;
	char key[KEY_MAX];

	for (size_t i = 0; i < ob->deleted_count; i++) {
		snprintf(key, sizeof(key), "%" PRIu64, ob->deleted[i]);
		fn(arg, key, NULL);
	}
	ob->deleted_count = 0;
	EACH_ITEM(ob, item)
	{
		char *json;

		if (!item->changed)
			continue;
		snprintf(key, sizeof(key), "%" PRIu64, item->notice->id);
		json = notice_to_json(
		    item->notice, channel_name((enum channel_id)item->notice->channel));
		fn(arg, key, json);
		item->changed = false;
		item->kept = true;
	}
}

void
outbox_written(struct outbox *ob, uint64_t txn)
{
	struct outbox_item *item;

	EACH_ITEM(ob, item)
	{
		if (item->txn == 0 && !item->changed)
			item->txn = txn;
	}
}

void
outbox_confirmed(struct outbox *ob, uint64_t txn)
{
	struct outbox_item *item;

	ob->degraded = false;
	EACH_ITEM(ob, item)
	{
		if (item->txn != 0 && item->txn <= txn)
			item->confirmed = true;
	}
}

void
outbox_unkept(struct outbox *ob)
{
	struct outbox_item *item;

	EACH_ITEM(ob, item)
	item->confirmed = true;
}

void
outbox_mark_all(struct outbox *ob)
{
	struct outbox_item *item;

	EACH_ITEM(ob, item)
	item->changed = !item->notice->transient;
}

bool
outbox_degraded(const struct outbox *ob)
{
	return ob->degraded;
}

/* A notice whose channel is not configured any more has nowhere to go. */
static void
give_up(struct outbox *ob, struct notice *n, const char *channel)
{
	log_warn("a kept notice for channel %s is dropped: the channel is not enabled", channel);
	outbox_note_deleted(ob, n->id);
	notice_free(n);
}

/* The receipt came before the notice. */
static bool
has_arrived(struct outbox *ob, struct notice *n)
{
	for (size_t i = 0; i < OUTBOX_EARLY_MAX; i++) {
		if (ob->early[i] != n->id || n->kind == NOTICE_DIGEST)
			continue;
		ob->queues[n->channel].stats.sent++;
		outbox_note_deleted(ob, n->id);
		notice_free(n);
		return true;
	}
	return false;
}

/* One of its id is there: the same again, or, since the clock was set back, another. */
static void
make_room_for_both(struct outbox *ob, struct outbox_item *item, const struct now *now)
{
	const struct outbox_item *live =
	    channel_queue_find(&ob->queues[item->notice->channel], item->notice->id);

	if (live->loaded) {
		notice_free(item->notice);
		mem_free(item);
		return;
	}
	item->notice->id = ++ob->last_id;
	item->kept = false;
	item->changed = true;
	outbox_enqueue(ob, item, now);
}

/* Queues a notice of an earlier life, as old as the wall clock says. */
static void
take_in(struct outbox *ob, struct notice *n, const struct now *now)
{
	int64_t age_ms = now->wall_ms - n->created_wall_ms;
	struct outbox_item *item = mem_zalloc(1, sizeof(*item));

	*item =
	    (struct outbox_item){.notice = n, .put_ns = now->boot_ns, .kept = true, .loaded = true};
	item->confirmed = true;
	item->born_ns = now->boot_ns;
	if (age_ms > 0)
		item->born_ns -=
		    age_ms < OUTBOX_EXPIRY_NS / NS_PER_MS ? age_ms * NS_PER_MS : OUTBOX_EXPIRY_NS;
	ob->unsettled = true;
	if (!outbox_enqueue(ob, item, now))
		make_room_for_both(ob, item, now);
}

enum json_read
outbox_load(struct outbox *ob, const char *json, size_t len, const struct now *now)
{
	char channel[32];
	enum json_read read;
	struct notice *n = notice_from_json(json, len, channel, sizeof(channel), &read);

	if (n == NULL)
		return read;
	n->channel = channel_find(channel);
	if (n->id == 0 || n->channel == CHANNEL_COUNT) {
		read = n->id == 0 ? JSON_READ_DAMAGED : JSON_READ_UNKNOWN;
		notice_free(n);
		return read;
	}
	if (n->id > ob->last_id)
		ob->last_id = n->id;
	if (!ob->queues[n->channel].enabled)
		give_up(ob, n, channel);
	else if (!has_arrived(ob, n))
		take_in(ob, n, now);
	return JSON_READ_OK;
}
