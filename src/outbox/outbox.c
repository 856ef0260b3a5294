/*
 * Takes notices, gives out jobs, and takes their receipts: one queue a channel. Receipts are
 * believed about the attempt in flight, and of an earlier one only that it arrived. A service that
 * is down, slow, strict or closed costs its own channel time and nothing else; nothing is dropped
 * but what fits no message, and of the text of others what the service refuses.
 */
#include "outbox/outbox.h"

#include <utlist.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "outbox/digest_policy.h"
#include "outbox/merge.h"
#include "outbox/outage.h"
#include "outbox/outbox_json.h"
#include "outbox/queue.h"
#include "outbox/receipt.h"
#include "outbox/rest.h"

struct outbox {
	struct queue_set set;
	struct digest_policy digests;
	uint64_t rng;
};

struct outbox *
outbox_new(const struct conf_alert *conf, const struct conf_channel *channels,
    const struct channel_traits *traits, uint64_t seed)
{
	struct outbox *ob = mem_zalloc(1, sizeof(*ob));

	ob->rng = seed;
	queue_init(&ob->set, conf, channels, traits);
	return ob;
}

/* What waits for a channel that is not enabled any more has nowhere to go; what is in flight may
 * arrive yet. */
static void
drop_waiting(struct outbox *ob, struct channel_queue *queue)
{
	struct queue_item *item, *next;
	size_t dropped = 0;

	DL_FOREACH_SAFE(queue->items, item, next)
	{
		if (item == queue->flight)
			continue;
		dropped++;
		queue_drop(&ob->set, queue, item);
	}
	if (dropped > 0)
		log_warn("%zu notices for channel %s are dropped: the channel is not enabled",
		    dropped, queue->name);
}

void
outbox_configure(struct outbox *ob, const struct conf_alert *conf,
    const struct conf_channel *channels, const struct channel_traits *traits)
{
	struct channel_queue *queue;

	queue_configure(&ob->set, conf, channels, traits);
	QUEUE_EACH(&ob->set, queue)
	{
		if (!queue->enabled)
			drop_waiting(ob, queue);
	}
}

void
outbox_free(struct outbox *ob)
{
	if (ob == NULL)
		return;
	queue_done(&ob->set);
	digest_policy_done(&ob->digests);
	mem_free(ob);
}

static void
put_notice(struct outbox *ob, struct notice *n, const struct now *now)
{
	struct queue_item *item;

	n->id = queue_next_id(&ob->set, now);
	for (size_t i = 0; i < n->fact_count; i++)
		n->facts[i].seq = n->id;
	merge_into(&ob->set, &ob->set.channel[n->channel], n, now);
	if (n->fact_count == 0 && n->kind != NOTICE_TEST) {
		notice_free(n); /* a digest has it */
		return;
	}
	item = mem_zalloc(1, sizeof(*item));
	item->notice = n;
	item->born_ns = clock_boot_ns(&n->created, now);
	channel_queue_touch(item, now);
	queue_insert(&ob->set, item);
	digest_policy_bound(&ob->digests, &ob->set, now);
}

void
outbox_put(struct outbox *ob, struct notices *notices, const struct now *now)
{
	for (size_t i = 0; i < notices->len; i++) {
		struct notice *n = notices->items[i];

		if (n->channel < 0 || n->channel >= CHANNEL_COUNT)
			notice_free(n);
		else
			put_notice(ob, n, now);
	}
	notices->len = 0;
}

void
outbox_take_changes(struct outbox *ob, kept_change_fn *fn, void *arg)
{
	outbox_json_take_changes(&ob->set, fn, arg);
}

void
outbox_written(struct outbox *ob, uint64_t txn)
{
	queue_written(&ob->set, txn);
}

void
outbox_confirmed(struct outbox *ob, uint64_t txn)
{
	queue_confirmed(&ob->set, txn);
}

void
outbox_unkept(struct outbox *ob)
{
	queue_unkept(&ob->set);
}

void
outbox_mark_all(struct outbox *ob)
{
	queue_mark_all(&ob->set);
}

bool
outbox_degraded(const struct outbox *ob)
{
	return ob->set.degraded;
}

enum json_read
outbox_load(struct outbox *ob, const char *json, size_t len, const struct now *now)
{
	enum json_read read = outbox_json_load(&ob->set, json, len, now);

	digest_policy_bound(&ob->digests, &ob->set, now);
	return read;
}

/*
 * Delivered after its lease ran out, or sent by an earlier life: it need not leave again. A digest
 * has grown since.
 */
static void
take_late(struct outbox *ob, struct channel_queue *queue, const struct delivery_receipt *receipt,
    const struct now *now)
{
	struct queue_item *item = channel_queue_find(queue, receipt->id);

	if (item == NULL) {
		if (receipt->left_count == 0)
			queue_note_early(&ob->set, receipt->id);
		return;
	}
	if ((item->attempt == 0 && !item->loaded) || item->notice->kind == NOTICE_DIGEST)
		return;
	queue->stats.sent += !channel_queue_is_rest(item);
	receipt_say_delivered(queue, item);
	queue_note_told(&ob->set, item->notice);
	if (receipt->left_count > 0 && rest_owe(queue, item, receipt, now))
		return;
	item->delivered = true;
	if (item != queue->flight)
		queue_drop(&ob->set, queue, item);
}

/* What was in flight is done with, or waits on. */
static void
take_back(struct outbox *ob, struct channel_queue *queue, struct queue_item *item, bool done,
    const struct now *now)
{
	if (done || item->notice->transient || item->delivered || !queue->enabled)
		queue_drop(&ob->set, queue, item);
	else
		merge_returned(&ob->set, queue, item, now);
}

static void
end_flight(struct outbox *ob, struct channel_queue *queue, const struct delivery_receipt *receipt,
    const struct now *now)
{
	bool delivered = receipt->outcome == DELIVERY_DELIVERED, was_out = queue->out_since_ns != 0;
	struct queue_item *item = queue->flight;
	bool done;

	if (delivered)
		queue_note_told(&ob->set, item->notice);
	done = receipt_apply(queue, receipt, &ob->rng, now);
	if (delivered && item->notice->channel != CHANNEL_CONSOLE)
		outage_note_reached(&ob->set, was_out, now);
	take_back(ob, queue, item, done, now);
}

void
outbox_receipt(
    struct outbox *ob, int channel, const struct delivery_receipt *receipt, const struct now *now)
{
	struct channel_queue *queue;

	if (channel < 0 || channel >= CHANNEL_COUNT || !delivery_outcome_is_valid(receipt->outcome))
		return;
	queue = &ob->set.channel[channel];
	if (queue->flight != NULL && queue->flight->notice->id == receipt->id &&
	    queue->flight->attempt == receipt->attempt)
		end_flight(ob, queue, receipt, now);
	else if (receipt->outcome == DELIVERY_DELIVERED)
		take_late(ob, queue, receipt, now);
}

void
outbox_unsendable(struct outbox *ob, uint64_t id, const struct now *now)
{
	struct channel_queue *queue;

	QUEUE_EACH(&ob->set, queue)
	{
		struct queue_item *item = queue->flight;

		if (item != NULL && item->notice->id == id)
			take_back(ob, queue, item, receipt_unsendable(queue), now);
	}
}

void
outbox_new_courier(struct outbox *ob)
{
	struct channel_queue *queue;

	ob->set.unsettled = true;
	QUEUE_EACH(&ob->set, queue)
	{
		struct queue_item *item = queue->flight;

		if (item != NULL)
			channel_queue_return(queue);
		if (item != NULL && (item->delivered || !queue->enabled))
			queue_drop(&ob->set, queue, item);
	}
}

static void
check_lease(struct outbox *ob, struct channel_queue *queue, const struct now *now)
{
	const struct delivery_receipt receipt = {
	    .outcome = DELIVERY_BUSY, .text = "the courier did not answer in time"};

	if (queue->flight != NULL && now->boot_ns >= queue->lease_ns)
		end_flight(ob, queue, &receipt, now);
}

/* What must be seen to before anything leaves. */
static void
attend(struct outbox *ob, struct channel_queue *queue, const struct now *now)
{
	check_lease(ob, queue, now);
	rest_expire(&ob->set, queue, now);
	digest_policy_expire(&ob->digests, &ob->set, queue, now);
	digest_policy_limit(&ob->set, queue, now);
}

bool
outbox_next(struct outbox *ob, const struct now *now, struct outbox_job *job)
{
	struct channel_queue *queue;

	merge_settle(&ob->set, now);
	QUEUE_EACH(&ob->set, queue)
	{
		struct queue_item *item;
		int64_t at_ns;

		attend(ob, queue, now);
		item = rest_or_news(queue, now->boot_ns, &at_ns);
		if (item == NULL || at_ns > now->boot_ns)
			continue;
		channel_queue_depart(queue, item, now->boot_ns);
		ob->set.degraded = ob->set.degraded || !item->confirmed;
		*job = (struct outbox_job){.id = item->notice->id,
		    .attempt = item->attempt,
		    .channel = item->notice->channel,
		    .notice = item->notice,
		    .form = item->form,
		    .timeout_ms = (uint32_t)queue->timeout_ms};
		return true;
	}
	return false;
}

void
outbox_try_all(struct outbox *ob)
{
	outage_try_all(&ob->set);
}

void
outbox_note_reached(struct outbox *ob, bool was_out, const struct now *now)
{
	outage_note_reached(&ob->set, was_out, now);
}

int64_t
outbox_deadline(const struct outbox *ob, const struct now *now)
{
	int64_t deadline = INT64_MAX, at_ns;
	const struct channel_queue *queue;

	QUEUE_EACH(&ob->set, queue)
	{
		deadline = num_min(deadline, digest_policy_deadline(queue));
		if (queue->flight != NULL)
			deadline = num_min(deadline, queue->lease_ns);
		else if (rest_or_news(queue, now->boot_ns, &at_ns) != NULL)
			deadline = num_min(deadline, at_ns);
	}
	return deadline > now->boot_ns ? deadline : now->boot_ns;
}

void
outbox_take_expired(struct outbox *ob, outbox_alert_fn *fn, void *arg, const struct now *now)
{
	for (size_t i = 0; i < ob->digests.expired_count; i++)
		fn(arg, ob->digests.expired[i].case_key, ob->digests.expired[i].channel, now);
	ob->digests.expired_count = 0;
}

void
outbox_take_refused(struct outbox *ob, outbox_alert_fn *fn, void *arg, const struct now *now)
{
	struct channel_queue *queue;

	QUEUE_EACH(&ob->set, queue)
	{
		for (size_t i = 0; i < queue->refused_count; i++)
			fn(arg, queue->refused[i], (int)(queue - ob->set.channel), now);
		queue->refused_count = 0;
	}
}

enum outbox_place
outbox_place(const struct outbox *ob, int channel, const struct alert_facts *facts)
{
	return channel_queue_place(&ob->set.channel[channel], facts);
}

const struct outbox_channel *
outbox_channel(const struct outbox *ob, int channel)
{
	return &ob->set.channel[channel].stats;
}

int64_t
outbox_oldest_ns(const struct outbox *ob, int channel)
{
	return channel_queue_oldest_ns(&ob->set.channel[channel]);
}

bool
outbox_in_flight(const struct outbox *ob)
{
	const struct channel_queue *queue;

	QUEUE_EACH(&ob->set, queue)
	{
		if (queue->flight != NULL)
			return true;
	}
	return false;
}
