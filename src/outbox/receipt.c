/*
 * Decides what a channel does after an attempt: go on, try again later, wait as asked, try a
 * shorter form, or pause. What a service answers is data: its text is shown, cut and escaped,
 * never obeyed; a time to wait is, up to an hour.
 */
#include "outbox/receipt.h"

#include <stdio.h>

#include "base/log.h"
#include "base/num.h"
#include "base/str.h"
#include "outbox/rest.h"

#define PROBE_MS (15 * 60 * 1000)
#define RETRY_AFTER_LONGEST_MS (3600 * 1000)
#define BUSY_RETRY_MS 1000
#define LIMITS_OBEYED 3      /* in a row: a service that is busy says so once or twice */
#define FAILS_WORTH_A_LINE 2 /* in a row: one may be a restart on the other side */

struct answer {
	struct channel_queue *queue;
	const struct delivery_receipt *receipt;
	uint64_t *rng;
	const struct now *now;
};

/* The flight came back: what went wrong is noted and its tokens are free again. */
static void
come_back(const struct answer *a)
{
	struct outbox_channel *stats = &a->queue->stats;

	stats->failures += a->receipt->outcome != DELIVERY_BUSY;
	/* A service that refuses was reached. */
	if (a->receipt->outcome == DELIVERY_TEMPORARY && a->queue->out_since_ns == 0)
		a->queue->out_since_ns = a->now->boot_ns;
	str_copy(stats->last_error, OUTBOX_ERROR_MAX, delivery_reason(a->receipt->text));
	channel_queue_return(a->queue);
}

static int64_t
asked_wait_ms(const struct answer *a)
{
	return num_min(a->receipt->retry_after_ms, RETRY_AFTER_LONGEST_MS);
}

static void
note_refused(struct channel_queue *queue, uint64_t case_key)
{
	if (queue->refused_count < CHANNEL_QUEUE_REFUSED_MAX)
		queue->refused[queue->refused_count++] = case_key;
}

/* Somebody must look for what it was: a line an alert. */
static void
say_set_aside(struct channel_queue *queue, const char *why)
{
	const struct notice *n = queue->flight->notice;
	char line[FACTS_LINE_MAX] = "";

	if (n->fact_count == 0)
		log_error("channel %s %s", queue->name, why);
	for (size_t i = 0; i < n->fact_count; i++) {
		log_error("channel %s %s: %s", queue->name, why, facts_line(&n->facts[i], line));
		note_refused(queue, facts_case_key(&n->facts[i]));
	}
	queue->stats.set_aside++;
}

void
receipt_say_delivered(const struct channel_queue *queue, const struct queue_item *item)
{
	const struct notice *n = item->notice;
	char line[FACTS_LINE_MAX];

	if (n->transient || item->form == NOTICE_BARE || channel_queue_is_rest(item) ||
	    n->channel == CHANNEL_CONSOLE)
		return;
	for (size_t i = 0; i < n->fact_count; i++)
		log_info("alert %s is delivered to %s: %s", n->facts[i].rule, queue->name,
		    facts_line(&n->facts[i], line));
}

/* The service lets us in and takes what it is told. */
static void
note_open(const struct answer *a)
{
	struct outbox_channel *stats = &a->queue->stats;

	if (stats->paused)
		log_info("channel %s is open again", a->queue->name);
	else if (a->queue->stats.failing)
		log_info("channel %s works again", a->queue->name);
	if (a->receipt->text[0] != '\0') /* one recipient of several */
		log_warn("channel %s: delivered, but %s", a->queue->name, a->receipt->text);
	stats->paused = false;
	stats->last_error[0] = '\0';
	str_copy(stats->not_all, OUTBOX_ERROR_MAX, a->receipt->text);
	a->queue->failed_in_row = a->queue->limited_in_row = 0;
	a->queue->out_since_ns = 0;
	a->queue->hastened = false;
	a->queue->stats.failing = false;
}

/* True: everybody has it. */
static bool
is_for_all(const struct answer *a, struct queue_item *item)
{
	return a->receipt->left_count == 0 || !rest_owe(a->queue, item, a->receipt, a->now);
}

/*
 * A bare one that arrives says who was to blame: the channel, if it refused that as well before;
 * then the notice itself goes once more. Else the text.
 */
static bool
on_delivered(const struct answer *a)
{
	struct queue_item *item = a->queue->flight;
	bool was_channel = item->form == NOTICE_BARE && item->bare_refused;
	bool done;

	note_open(a);
	receipt_say_delivered(a->queue, item);
	if (item->form == NOTICE_BARE && !was_channel)
		say_set_aside(a->queue, "refuses the text of a notice: it was told without");
	a->queue->stats.sent += !item->notice->transient && !channel_queue_is_rest(item);
	item->form = NOTICE_FULL;
	item->bare_refused = false;
	done = !was_channel && is_for_all(a, item);
	if (!done)
		a->queue->flight = NULL;
	return done;
}

static void
say_failing(struct channel_queue *queue)
{
	if (queue->stats.failing || queue->stats.paused ||
	    queue->failed_in_row < FAILS_WORTH_A_LINE)
		return;
	queue->stats.failing = true;
	log_warn("channel %s fails (%s); what it is to be told waits: %zu notices now", queue->name,
	    queue->stats.last_error, queue->stats.queued);
}

/* It has taken the others, so it is not down. */
static bool
put_off_rest(const struct answer *a)
{
	str_copy(a->queue->stats.not_all, OUTBOX_ERROR_MAX, delivery_reason(a->receipt->text));
	rest_put_off(a->queue->flight, a->now->boot_ns);
	channel_queue_return(a->queue);
	return false;
}

static bool
on_temporary(const struct answer *a)
{
	int64_t at_least_ms = a->queue->stats.paused ? PROBE_MS : 0;

	if (channel_queue_is_rest(a->queue->flight) && a->receipt->status != 0)
		return put_off_rest(a);
	come_back(a);
	channel_queue_back_off(a->queue, a->rng, at_least_ms, a->now->boot_ns);
	say_failing(a->queue);
	return false;
}

/*
 * A service that says when is obeyed and no worse for it; one that does not, or says so again and
 * again, is as if down.
 */
static bool
on_rate_limited(const struct answer *a)
{
	a->queue->limited_in_row += a->queue->limited_in_row <= LIMITS_OBEYED;
	if (a->receipt->retry_after_ms == 0 || a->queue->limited_in_row > LIMITS_OBEYED)
		return on_temporary(a);
	come_back(a);
	a->queue->not_before_ns = a->queue->asked_ns;
	return false;
}

/* Nothing leaves until it lets us in. */
static bool
pause_channel(const struct answer *a, const char *how)
{
	if (!a->queue->stats.paused)
		log_error("channel %s %s (%s): check its address, its secrets and the account; its "
		          "notices wait, and it is tried again every 15 min and on reload",
		    a->queue->name, how, a->queue->stats.last_error);
	a->queue->stats.paused = true;
	a->queue->stats.failing = false;
	channel_queue_wait(a->queue, PROBE_MS, a->now->boot_ns);
	return false;
}

static enum notice_form
next_form(enum notice_form form)
{
	return form == NOTICE_FULL ? NOTICE_SHORT : NOTICE_BARE;
}

static bool
on_rejected(const struct answer *a)
{
	struct queue_item *item = a->queue->flight;

	come_back(a);
	if (item->form == NOTICE_BARE && channel_queue_is_rest(item)) {
		a->queue->flight = item; /* the others have it: it is no matter of the channel */
		say_set_aside(a->queue, "refuses for some recipients what others have");
		return true;
	}
	if (item->form == NOTICE_BARE) {
		item->bare_refused = true;
		return pause_channel(a, "refuses whatever it is told");
	}
	a->queue->failed_in_row = 0;
	item->form = next_form(item->form);
	return false;
}

/* That says nothing of forms. */
static bool
on_denied(const struct answer *a)
{
	a->queue->flight->form = NOTICE_FULL;
	a->queue->flight->bare_refused = false;
	come_back(a);
	return pause_channel(a, "refuses us access");
}

/* The service has nothing to do with it: soon again, and nothing is held against it. */
static bool
on_busy(const struct answer *a)
{
	come_back(a);
	a->queue->not_before_ns = a->now->boot_ns + BUSY_RETRY_MS * NS_PER_MS;
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
	char ahead[STR_AHEAD_MAX];

	if (a->receipt->ahead_ms == 0)
		return; /* it did not answer or say, as a proxy in front of it that fails */
	outbox_channel_note_ahead(stats, a->receipt->ahead_ms, now);
	ahead_ms = stats->ahead_ms;
	if (ahead_ms != 0 && was_ms == 0)
		log_warn("this host's clock is %s that of channel %s's service: one of the two "
		         "is wrong, and times in messages with it",
		    str_ahead(ahead_ms, ahead), a->queue->name);
	else if (ahead_ms == 0 && was_ms != 0)
		log_info(
		    "this host's clock agrees with channel %s's service again", a->queue->name);
}

bool
receipt_apply(struct channel_queue *queue, const struct delivery_receipt *receipt, uint64_t *rng,
    const struct now *now)
{
	const struct answer a = {queue, receipt, rng, now};

	queue->asked_ns = now->boot_ns + asked_wait_ms(&a) * NS_PER_MS;
	compare_clocks(&a, now);
	return on_outcome[receipt->outcome](&a);
}

bool
receipt_unsendable(struct channel_queue *queue)
{
	struct queue_item *item = queue->flight;
	bool last = item->form == NOTICE_BARE;

	if (last)
		say_set_aside(queue, "cannot be told of a notice: it does not fit a message");
	item->form = next_form(item->form);
	channel_queue_return(queue);
	return last;
}
