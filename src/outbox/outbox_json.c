/*
 * Turns changed notices into JSON for the disk, and JSON of an earlier run back into notices that
 * wait. The rows were written by this program, perhaps an older or newer one: damaged ones are
 * refused, and so are those of channels that are not known. A row may come late or twice.
 */
#include "outbox/outbox_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "model/notice_json.h"

#define KEY_MAX 24

void
outbox_json_take_changes(struct queue_set *set, kept_change_fn *fn, void *arg)
{
	struct queue_item *item;
	char key[KEY_MAX];

	for (size_t i = 0; i < set->deleted_count; i++) {
		snprintf(key, sizeof(key), "%" PRIu64, set->deleted[i]);
		fn(arg, key, NULL);
	}
	set->deleted_count = 0;
	QUEUE_EACH_ITEM(set, item)
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

/* Not if there is nowhere to go, it has arrived, or newer things of its alerts were told.
 */
static bool
is_wanted(struct queue_set *set, struct notice *n)
{
	struct channel_queue *queue = &set->channel[n->channel];

	if (!queue->enabled) {
		set->homeless++;
		return false;
	}
	if (n->kind != NOTICE_DIGEST && queue_was_early(set, n->id)) {
		queue->stats.sent++;
		return false;
	}
	queue_remove_told(set, n);
	return n->fact_count > 0 || n->kind == NOTICE_TEST;
}

/* One of its id is there: the same again, or, since the clock was set back, another. */
static void
insert_both(struct queue_set *set, struct queue_item *item)
{
	const struct queue_item *live =
	    channel_queue_find(&set->channel[item->notice->channel], item->notice->id);

	if (live->loaded) {
		notice_free(item->notice);
		mem_free(item);
		return;
	}
	item->notice->id = ++set->last_id;
	item->kept = false;
	item->changed = true;
	queue_insert(set, item);
}

/* Queues a notice of an earlier life, as old as the wall clock says. */
static void
take_in(struct queue_set *set, struct notice *n, bool changed, const struct now *now)
{
	int64_t age_ms = num_clamp(clock_span_ms(&n->created, now), 0, QUEUE_EXPIRY_NS / NS_PER_MS);
	struct queue_item *item = mem_zalloc(1, sizeof(*item));

	*item =
	    (struct queue_item){.notice = n, .put_ns = now->boot_ns, .kept = true, .loaded = true};
	item->confirmed = true;
	item->changed = changed;
	item->born_ns = now->boot_ns - age_ms * NS_PER_MS;
	set->unsettled = true;
	if (!queue_insert(set, item))
		insert_both(set, item);
}

static void
settle(struct notice *n, const struct now *now)
{
	clock_settle(&n->created, now);
	for (size_t i = 0; i < n->fact_count; i++)
		facts_settle(&n->facts[i], now);
}

enum json_read
outbox_json_load(struct queue_set *set, const char *json, size_t len, const struct now *now)
{
	char channel[32];
	enum json_read read;
	size_t count;
	struct notice *n = notice_from_json(json, len, channel, sizeof(channel), &read);

	if (n == NULL)
		return read;
	n->channel = channel_find(channel);
	if (n->id == 0 || n->channel == CHANNEL_COUNT) {
		read = n->id == 0 ? JSON_READ_DAMAGED : JSON_READ_UNKNOWN;
		notice_free(n);
		return read;
	}
	if (n->id > set->last_id)
		set->last_id = n->id;
	settle(n, now);
	count = n->fact_count;
	if (is_wanted(set, n)) {
		take_in(set, n, n->fact_count != count, now);
	} else {
		queue_note_deleted(set, n->id);
		notice_free(n);
		set->unsettled = true;
	}
	return JSON_READ_OK;
}
