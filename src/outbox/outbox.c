/*
 * The outbox: queues of notices by channel, their receipts, and what of them must be kept. Receipts
 * are believed about the attempt in flight, and of an earlier one only that it arrived. A service
 * that is down, slow, strict or closed costs its own channel time and nothing else; nothing is
 * dropped but what a service refused twice.
 */
#include "outbox/outbox.h"

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "outbox/merge.h"
#include "outbox/outbox_state.h"
#include "outbox/receipt.h"

struct outbox *
outbox_new(const struct conf_alert *conf, const struct conf_channel *channels, unsigned apart,
    uint64_t seed)
{
	struct outbox *ob = mem_zalloc(1, sizeof(*ob));

	ob->rng = seed;
	quota_init_all(&ob->all, conf);
	for (int id = 0; id < CHANNEL_COUNT; id++)
		channel_queue_init(&ob->queues[id], channel_name((enum channel_id)id), conf,
		    &channels[id], &ob->all);
	for (int id = 0; id < CHANNEL_COUNT; id++)
		ob->queues[id].apart = (apart & 1u << id) != 0;
	return ob;
}

/* What waits for a channel that is not enabled any more has nowhere to go. */
static void
drop_waiting(struct outbox *ob, struct channel_queue *queue)
{
	struct outbox_item *item, *next;
	size_t dropped = 0;

	DL_FOREACH_SAFE(queue->items, item, next)
	{
		if (item == queue->flight)
			continue;
		dropped++;
		outbox_drop(ob, queue, item);
	}
	if (dropped > 0)
		log_warn("%zu notices for channel %s are dropped: the channel is not enabled",
		    dropped, queue->name);
}

void
outbox_configure(struct outbox *ob, const struct conf_alert *conf,
    const struct conf_channel *channels, unsigned apart)
{
	quota_done(&ob->all);
	quota_init_all(&ob->all, conf);
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		channel_queue_configure(&ob->queues[id], conf, &channels[id]);
		ob->queues[id].apart = (apart & 1u << id) != 0;
		if (!channels[id].enabled)
			drop_waiting(ob, &ob->queues[id]);
	}
}

void
outbox_free(struct outbox *ob)
{
	if (ob == NULL)
		return;
	for (int id = 0; id < CHANNEL_COUNT; id++)
		channel_queue_done(&ob->queues[id]);
	quota_done(&ob->all);
	mem_free(ob->deleted);
	mem_free(ob->expired);
	mem_free(ob);
}

void
outbox_drop(struct outbox *ob, struct channel_queue *queue, struct outbox_item *item)
{
	if (item->kept)
		outbox_note_deleted(ob, item->notice->id);
	channel_queue_remove(queue, item);
	ob->total--;
	notice_free(item->notice);
	mem_free(item);
}

void
outbox_touch(struct outbox_item *item, const struct now *now)
{
	item->changed = !item->notice->transient;
	item->confirmed = item->notice->transient;
	item->txn = 0;
	item->put_ns = now->boot_ns;
}

bool
outbox_enqueue(struct outbox *ob, struct outbox_item *item, const struct now *now)
{
	if (!channel_queue_insert(&ob->queues[item->notice->channel], item))
		return false;
	ob->total++;
	outbox_keep_bound(ob, now);
	return true;
}

static void
give_id(struct outbox *ob, struct notice *n, const struct now *now)
{
	ob->last_id++;
	if (ob->last_id < (uint64_t)now->wall_ms)
		ob->last_id = (uint64_t)now->wall_ms; /* over what earlier lives gave */
	n->id = ob->last_id;
	for (size_t i = 0; i < n->fact_count; i++)
		n->facts[i].seq = n->id;
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
		give_id(ob, n, now);
		merge_into(ob, &ob->queues[n->channel], n, now);
		if (n->fact_count == 0 && n->kind != NOTICE_TEST) {
			notice_free(n); /* a digest has it */
			continue;
		}
		item = mem_zalloc(1, sizeof(*item));
		item->notice = n;
		item->born_ns = n->created_boot_ns != 0 ? n->created_boot_ns : now->boot_ns;
		outbox_touch(item, now);
		outbox_enqueue(ob, item, now);
	}
	notices->len = 0;
}

/*
 * Delivered after its lease ran out, or sent by an earlier life: it need not leave again. A digest
 * has grown since.
 */
static void
take_late(struct outbox *ob, struct channel_queue *queue, uint64_t id)
{
	struct outbox_item *item = channel_queue_find(queue, id);

	if (item == NULL) {
		ob->early[ob->early_next++ % OUTBOX_EARLY_MAX] = id;
		return;
	}
	if ((item->attempt == 0 && !item->loaded) || item->notice->kind == NOTICE_DIGEST)
		return;
	queue->stats.sent++;
	item->delivered = true;
	if (item != queue->flight)
		outbox_drop(ob, queue, item);
}

static void
end_flight(struct outbox *ob, struct channel_queue *queue, const struct delivery_receipt *receipt,
    const struct now *now)
{
	struct outbox_item *item = queue->flight;

	if (receipt_apply(queue, receipt, &ob->rng, now) || item->notice->transient ||
	    item->delivered)
		outbox_drop(ob, queue, item);
	else
		merge_returned(ob, queue, item, now);
	if (ob->total < OUTBOX_MAX / 2)
		ob->full_said = false;
}

void
outbox_receipt(
    struct outbox *ob, int channel, const struct delivery_receipt *receipt, const struct now *now)
{
	struct channel_queue *queue;

	if (channel < 0 || channel >= CHANNEL_COUNT || !delivery_outcome_is_valid(receipt->outcome))
		return;
	queue = &ob->queues[channel];
	if (queue->flight != NULL && queue->flight->notice->id == receipt->id &&
	    queue->flight->attempt == receipt->attempt)
		end_flight(ob, queue, receipt, now);
	else if (receipt->outcome == DELIVERY_DELIVERED)
		take_late(ob, queue, receipt->id);
}

void
outbox_unsendable(struct outbox *ob, uint64_t id, const struct now *now)
{
	const struct delivery_receipt receipt = {
	    .outcome = DELIVERY_REJECTED, .text = "it does not fit a message"};

	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct channel_queue *queue = &ob->queues[channel];

		if (queue->flight != NULL && queue->flight->notice->id == id)
			end_flight(ob, queue, &receipt, now);
	}
}

void
outbox_hello(struct outbox *ob)
{
	ob->unsettled = true;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct outbox_item *item = ob->queues[channel].flight;

		if (item != NULL)
			channel_queue_return(&ob->queues[channel]);
		if (item != NULL && item->delivered)
			outbox_drop(ob, &ob->queues[channel], item);
	}
}

static void
check_lease(struct outbox *ob, struct channel_queue *queue, const struct now *now)
{
	const struct delivery_receipt receipt = {
	    .outcome = DELIVERY_TEMPORARY, .text = "the courier did not answer in time"};

	if (queue->flight != NULL && now->boot_ns >= queue->lease_ns)
		end_flight(ob, queue, &receipt, now);
}

static void
settle(struct outbox *ob, const struct now *now)
{
	for (int channel = 0; channel < CHANNEL_COUNT && ob->unsettled; channel++) {
		struct channel_queue *queue = &ob->queues[channel];
		struct outbox_item *item, *next;

		DL_FOREACH_SAFE(queue->items, item, next)
		{
			if (item != queue->flight)
				merge_returned(ob, queue, item, now);
		}
	}
	ob->unsettled = false;
}

bool
outbox_next(struct outbox *ob, const struct now *now, struct outbox_job *job)
{
	settle(ob, now);
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct channel_queue *queue = &ob->queues[channel];
		struct outbox_item *item;
		int64_t at_ns;

		check_lease(ob, queue, now);
		outbox_expire(ob, queue, now);
		outbox_digest_limited(ob, queue, now);
		item = channel_queue_candidate(queue, now->boot_ns, &at_ns);
		if (item == NULL || at_ns > now->boot_ns)
			continue;
		channel_queue_depart(queue, item, now->boot_ns);
		ob->degraded = ob->degraded || !item->confirmed;
		*job = (struct outbox_job){.id = item->notice->id,
		    .attempt = item->attempt,
		    .channel = channel,
		    .notice = item->notice,
		    .minimal = item->minimal,
		    .timeout_ms = (uint32_t)queue->timeout_ms};
		return true;
	}
	return false;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
outbox_probe(struct outbox *ob)
{
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		if (ob->queues[channel].stats.paused)
			ob->queues[channel].not_before_ns = 0;
	}
}

int64_t
outbox_deadline(const struct outbox *ob, const struct now *now)
{
	int64_t deadline = INT64_MAX, at_ns;

	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		const struct channel_queue *queue = &ob->queues[channel];
		const struct outbox_item *item = outbox_oldest(queue);

		if (item != NULL)
			deadline = earlier(deadline, item->born_ns + OUTBOX_EXPIRY_NS);
		if (queue->flight != NULL)
			deadline = earlier(deadline, queue->lease_ns);
		else if (channel_queue_candidate(queue, now->boot_ns, &at_ns) != NULL)
			deadline = earlier(deadline, at_ns);
	}
	return deadline > now->boot_ns ? deadline : now->boot_ns;
}

void
outbox_take_expired(struct outbox *ob, outbox_expired_fn *fn, void *arg, const struct now *now)
{
	for (size_t i = 0; i < ob->expired_count; i++)
		fn(arg, ob->expired[i].fingerprint, ob->expired[i].channel, now);
	ob->expired_count = 0;
}

const struct outbox_channel *
outbox_channel(const struct outbox *ob, int channel)
{
	return &ob->queues[channel].stats;
}

int64_t
outbox_oldest_ns(const struct outbox *ob, int channel)
{
	const struct outbox_item *item = ob->queues[channel].items;

	return item != NULL ? item->born_ns : INT64_MAX;
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
		if (ob->queues[channel].flight != NULL)
			return true;
	}
	return false;
}
