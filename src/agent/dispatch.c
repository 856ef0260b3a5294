/*
 * Renders what the outbox lets go, hands it to the courier, and brings each receipt to the owner of
 * its destination. A job that the courier's socket has no room for stays in flight in the outbox
 * until its lease ends, and leaves anew; a new courier is told everything again. Receipts are the
 * courier's words: their fields are checked by the wire, their numbers here.
 */
#include "agent/dispatch.h"

#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/term.h"
#include "conf/destination.h"
#include "core/resend.h"

/* The courier keeps so much of a job's deadline for a runner to report; the rest is the service's.
 */
#define REPORT_MS 500

static void on_courier(void *arg, unsigned events);

static void
watch_courier(struct dispatch *d)
{
	loop_io_start(d->loop, &d->io, link_watched(&d->courier),
	    LOOP_READ | (link_has_news(&d->courier) ? LOOP_WRITE : 0), on_courier, d);
}

static bool
render(struct dispatch *d, const struct outbox_job *job, const struct now *now)
{
	const struct notice *n = job->notice;
	struct notify_context ctx = {
	    .hostname = d->conf->agent.hostname,
	    .version = SYSOPS_VERSION,
	    .channel = &d->conf->channels[n->channel],
	    .username = d->conf->channels[n->channel].username,
	    .labels = d->conf->agent.labels,
	    .now = *now,
	    .ahead_ms = outbox_channel_ahead_ms(outbox_channel(d->outbox, n->channel), now),
	    .minimal = job->form != NOTICE_FULL,
	    .bare = job->form == NOTICE_BARE,
	    .colour = term_wants_colour(STDERR_FILENO), /* a reload may have given it a log file */
	};

	buf_clear(&d->body);
	return notify_render(n, &ctx, &d->body);
}

struct courier_job {
	struct destination to;
	uint64_t id;
	uint32_t attempt, deadline_ms;
	const char *content_type;
	const void *body;
	size_t body_len;
	const uint64_t *owed; /* recipients; none: all */
	size_t owed_count;
};

static enum wire_io
send_job(struct dispatch *d, const struct courier_job *job)
{
	wire_begin(&d->out, WIRE_JOB);
	wire_put_u8(&d->out, (uint8_t)job->to.kind);
	wire_put_u32(&d->out, job->to.index);
	wire_put_u64(&d->out, job->id);
	wire_put_u32(&d->out, job->attempt);
	wire_put_u32(&d->out, job->deadline_ms);
	wire_put_str(&d->out, job->content_type);
	wire_put_bytes(&d->out, job->body, job->body_len);
	wire_put_numbers(&d->out, job->owed, job->owed_count);
	return link_send(&d->courier, &d->out);
}

/*
 * A job that finds no courier, or its socket full, counts as in flight all the same: a courier that
 * comes is told again, and otherwise the job's lease ends.
 */
static void
hand_over(struct dispatch *d, const struct outbox_job *job, const struct now *now)
{
	const struct courier_job out = {
	    .to = {DESTINATION_CHANNEL, (uint32_t)job->channel},
	    .id = job->id,
	    .attempt = job->attempt,
	    .deadline_ms = job->timeout_ms + REPORT_MS,
	    .content_type = notify_channel(job->channel)->content_type,
	    .body = d->body.data,
	    .body_len = d->body.len,
	    .owed = job->notice->owed,
	    .owed_count = job->notice->owed_count,
	};

	if (send_job(d, &out) == WIRE_VIOLATION)
		outbox_unsendable(d->outbox, out.id, now);
}

/* The console: written here, and that is its receipt. Nothing waits for who does not read it. */
static void
write_out(struct dispatch *d, const struct outbox_job *job, const struct now *now)
{
	struct delivery_receipt receipt = {
	    .id = job->id, .attempt = job->attempt, .outcome = DELIVERY_DELIVERED, .text = ""};

	if (!log_alert(d->body.data, d->body.len)) {
		receipt.outcome = DELIVERY_TEMPORARY;
		receipt.text = "stderr takes no more text";
	}
	outbox_receipt(d->outbox, job->channel, &receipt, now);
}

static void
on_wake(void *arg)
{
	struct now now = clock_now();

	dispatch_pump(arg, &now);
}

void
dispatch_pump(struct dispatch *d, const struct now *now)
{
	struct outbox_job job;
	bool delivered = false;
	int64_t due;

	while (!d->closed && outbox_next(d->outbox, now, &job)) {
		if (!render(d, &job, now)) {
			outbox_unsendable(d->outbox, job.id, now);
		} else if (notify_channel(job.channel)->transport == NOTIFY_LOCAL) {
			write_out(d, &job, now);
			delivered = true;
		} else {
			hand_over(d, &job, now);
		}
	}
	if (delivered)
		d->changed(d->arg, now);
	due = d->closed ? INT64_MAX : outbox_deadline(d->outbox, now);
	if (due == INT64_MAX)
		loop_timer_stop(d->loop, &d->wake);
	else
		loop_timer_start(d->loop, &d->wake, due - now->boot_ns, on_wake, d);
	watch_courier(d);
}

static void
take_channel_receipt(struct dispatch *d, uint32_t index, const struct delivery_receipt *receipt,
    const struct now *now)
{
	outbox_receipt(d->outbox, (int)index, receipt, now);
}

static void
take_heartbeat_receipt(struct dispatch *d, uint32_t index, const struct delivery_receipt *receipt,
    const struct now *now)
{
	bool was_out = d->heartbeat->last_error[0] != '\0';

	(void)index;
	heartbeat_receipt(d->heartbeat, receipt, now);
	if (receipt->outcome == DELIVERY_DELIVERED)
		outbox_note_reached(d->outbox, was_out, now);
}

/* Whose jobs go to the destinations of a kind. */
static void (*const owners[DESTINATION_KINDS])(struct dispatch *d, uint32_t index,
    const struct delivery_receipt *receipt, const struct now *now) = {
#define X(id, name, count, runners) [DESTINATION_##id] = take_##name##_receipt,
    DESTINATIONS(X)
#undef X
};

/* False: a violation. */
static bool
read_receipt(struct wire_msg *msg, struct destination *to, struct delivery_receipt *receipt,
    uint64_t left[DELIVERY_RECIPIENTS_MAX])
{
	unsigned kind = wire_get_u8(msg), outcome;
	uint32_t index = wire_get_u32(msg);

	receipt->id = wire_get_u64(msg);
	receipt->attempt = wire_get_u32(msg);
	outcome = wire_get_u8(msg);
	receipt->outcome = (enum delivery_outcome)outcome;
	receipt->status = wire_get_u32(msg);
	receipt->retry_after_ms = wire_get_u32(msg);
	receipt->ahead_ms = (int64_t)wire_get_u64(msg);
	receipt->text = wire_get_str(msg);
	receipt->left = left;
	receipt->left_count = wire_get_numbers(msg, left, DELIVERY_RECIPIENTS_MAX);
	return wire_end(msg) && destination_read(kind, index, to) &&
	       delivery_outcome_is_valid(outcome) && receipt->ahead_ms >= -DELIVERY_AHEAD_MAX_MS &&
	       receipt->ahead_ms <= DELIVERY_AHEAD_MAX_MS;
}

static void
on_receipt(struct dispatch *d, const struct now *now)
{
	struct delivery_receipt receipt;
	uint64_t left[DELIVERY_RECIPIENTS_MAX];
	struct destination to;

	if (!read_receipt(&d->in, &to, &receipt, left)) {
		if (link_violation(&d->courier))
			role_accuse(d->ctx, ROLE_COURIER);
		return;
	}
	owners[to.kind](d, to.index, &receipt, now);
}

bool
dispatch_ping(struct dispatch *d, uint64_t id)
{
	const struct courier_job ping = {
	    .to = {DESTINATION_HEARTBEAT, 0},
	    .id = id,
	    .attempt = 1,
	    .deadline_ms = HEARTBEAT_TIMEOUT_MS,
	    .content_type = "",
	    .body = "",
	};

	return send_job(d, &ping) == WIRE_OK;
}

static void
on_courier(void *arg, unsigned events)
{
	struct dispatch *d = arg;
	struct now now = clock_now();
	enum link_event event;

	(void)events;
	for (int i = 0; i < LINK_TURN_MESSAGES; i++) {
		event = link_recv(&d->courier, &d->in);
		if (event == LINK_NOTHING)
			break;
		if (event == LINK_FRESH) {
			outbox_new_courier(d->outbox);
		} else if (event == LINK_VIOLATION) {
			role_accuse(d->ctx, ROLE_COURIER);
		} else {
			on_receipt(d, &now);
		}
	}
	d->changed(d->arg, &now);
	dispatch_pump(d, &now);
}

void
dispatch_init(struct dispatch *d, struct loop *loop, struct role_ctx *ctx)
{
	d->loop = loop;
	d->ctx = ctx;
	buf_init(&d->body, mem_zalloc(1, NOTIFY_BODY_MAX + 1), NOTIFY_BODY_MAX + 1);
	link_init(&d->courier, role_take_wire(ctx, ROLE_COURIER), WIRE_COURIER_TO_AGENT);
	watch_courier(d);
}

void
dispatch_take_wire(struct dispatch *d)
{
	if (link_take(&d->courier, role_take_wire(d->ctx, ROLE_COURIER)))
		on_courier(d, 0);
}

void
dispatch_close(struct dispatch *d)
{
	d->closed = true;
	loop_timer_stop(d->loop, &d->wake);
}

void
dispatch_done(struct dispatch *d)
{
	loop_io_stop(d->loop, &d->io);
	loop_timer_stop(d->loop, &d->wake);
	link_done(&d->courier);
	mem_free(d->body.data);
}
