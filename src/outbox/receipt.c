/*
 * Decides what a channel does after an attempt: go on, try again later, wait as asked, try the
 * shortest form, or pause. What a service answers is data: its text is shown, cut and escaped,
 * never obeyed; a time to wait is, up to an hour.
 */
#include "outbox/receipt.h"

#include <stdio.h>

#include "base/log.h"
#include "base/str.h"

#define PROBE_MS (15 * 60 * 1000)
#define RETRY_AFTER_LONGEST_MS (3600 * 1000)
#define BUSY_RETRY_MS 1000

struct answer {
	struct channel_queue *queue;
	const struct delivery_receipt *receipt;
	uint64_t *rng;
	int64_t boot_ns;
};

/* The flight came back: what went wrong is noted and its tokens are free again. */
static void
come_back(const struct answer *a)
{
	struct outbox_channel *stats = &a->queue->stats;

	stats->failures += a->receipt->outcome != DELIVERY_BUSY;
	if (a->receipt->status != 0)
		snprintf(stats->last_error, OUTBOX_ERROR_MAX, "%u %s", a->receipt->status,
		    a->receipt->text);
	else
		str_copy(stats->last_error, OUTBOX_ERROR_MAX, a->receipt->text);
	channel_queue_return(a->queue);
}

static int64_t
asked_wait_ms(const struct answer *a)
{
	return a->receipt->retry_after_ms < RETRY_AFTER_LONGEST_MS ? a->receipt->retry_after_ms
	                                                           : RETRY_AFTER_LONGEST_MS;
}

static bool
on_delivered(const struct answer *a)
{
	if (a->queue->stats.paused)
		log_info("channel %s is open again", a->queue->name);
	if (a->receipt->text[0] != '\0') /* one recipient of several */
		log_warn("channel %s: delivered, but %s", a->queue->name, a->receipt->text);
	a->queue->stats.paused = false;
	a->queue->stats.sent += !a->queue->flight->notice->transient;
	a->queue->stats.last_error[0] = '\0';
	a->queue->failed_in_row = 0;
	a->queue->not_before_ns = a->boot_ns;
	a->queue->flight = NULL;
	return true;
}

static bool
on_temporary(const struct answer *a)
{
	int64_t at_least_ms = a->queue->stats.paused ? PROBE_MS : asked_wait_ms(a);

	come_back(a);
	channel_queue_back_off(a->queue, a->rng, at_least_ms, a->boot_ns);
	return false;
}

/* A service that says when is obeyed and no worse for it; one that does not, is as if down. */
static bool
on_rate_limited(const struct answer *a)
{
	if (a->receipt->retry_after_ms == 0)
		return on_temporary(a);
	come_back(a);
	a->queue->not_before_ns = a->boot_ns + asked_wait_ms(a) * NS_PER_MS;
	return false;
}

static bool
on_rejected(const struct answer *a)
{
	struct queue_item *item = a->queue->flight;
	char line[FACTS_LINE_MAX] = "";

	come_back(a);
	a->queue->failed_in_row = 0;
	a->queue->not_before_ns = a->boot_ns;
	if (!item->minimal) {
		item->minimal = true;
		return false;
	}
	if (item->notice->fact_count > 0)
		facts_line(&item->notice->facts[0], line);
	log_error("channel %s refused a notice twice (%s); it is set aside: %s", a->queue->name,
	    a->queue->stats.last_error, line);
	a->queue->stats.set_aside++;
	return true;
}

static bool
on_denied(const struct answer *a)
{
	come_back(a);
	if (!a->queue->stats.paused)
		log_error("channel %s does not let us in (%s): check its address and secrets; its "
		          "notices wait, and it is tried again every 15 min and on reload",
		    a->queue->name, a->queue->stats.last_error);
	a->queue->stats.paused = true;
	a->queue->not_before_ns = a->boot_ns + PROBE_MS * NS_PER_MS;
	return false;
}

/* The service has nothing to do with it: soon again, and nothing is held against it. */
static bool
on_busy(const struct answer *a)
{
	come_back(a);
	a->queue->not_before_ns = a->boot_ns + BUSY_RETRY_MS * NS_PER_MS;
	return false;
}

static bool (*const on_outcome[])(const struct answer *a) = {
    [DELIVERY_DELIVERED] = on_delivered,
    [DELIVERY_TEMPORARY] = on_temporary,
    [DELIVERY_RATE_LIMITED] = on_rate_limited,
    [DELIVERY_REJECTED] = on_rejected,
    [DELIVERY_DENIED] = on_denied,
    [DELIVERY_BUSY] = on_busy,
};

/* Said when it begins and when it is over. */
static void
compare_clocks(const struct answer *a, const struct now *now)
{
	struct outbox_channel *stats = &a->queue->stats;
	int64_t was_ms = stats->ahead_ms, ahead_ms;
	char span[STR_SPAN_MAX];

	if (a->receipt->ahead_ms == 0)
		return; /* it did not answer or say, as a proxy in front of it that fails */
	outbox_channel_note_ahead(stats, a->receipt->ahead_ms, now);
	ahead_ms = stats->ahead_ms;
	if (ahead_ms != 0 && was_ms == 0)
		log_warn("this host's clock is %s %s that of channel %s's service: one of the two "
		         "is wrong, and times in messages with it",
		    str_span((ahead_ms < 0 ? -ahead_ms : ahead_ms) / 1000, span),
		    ahead_ms < 0 ? "behind" : "ahead of", a->queue->name);
	else if (ahead_ms == 0 && was_ms != 0)
		log_info(
		    "this host's clock agrees with channel %s's service again", a->queue->name);
}

bool
receipt_apply(struct channel_queue *queue, const struct delivery_receipt *receipt, uint64_t *rng,
    const struct now *now)
{
	const struct answer a = {queue, receipt, rng, now->boot_ns};

	compare_clocks(&a, now);
	return on_outcome[receipt->outcome](&a);
}
