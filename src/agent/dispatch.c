/*
 * Renders what the outbox lets go and hands it over. A job that the courier's socket has no room
 * for stays in flight in the outbox and is sent when there is room; a new courier is told
 * everything again. Receipts are the courier's words: their fields are checked by the wire, their
 * numbers here.
 */
#include "agent/dispatch.h"

#include <string.h>
#include <unistd.h>

#include "base/term.h"
#include "core/resend.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"

/* The courier keeps so much of a job's deadline for a runner to report; the rest is the service's.
 */
#define REPORT_MS 500

static void on_courier(void *arg, unsigned events);

static void
watch_courier(struct dispatch *d)
{
	bool owed = d->courier.greeting_owed || d->courier.answer_owed != 0;

	loop_io_start(
	    d->loop, &d->io, d->courier.fd, LOOP_READ | (owed ? LOOP_WRITE : 0), on_courier, d);
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
	    .now_wall_ms = now->wall_ms,
	    .repeat_secs = d->conf->alert.repeat_secs,
	    .lease_ms = resend_lease_ms(d->conf),
	    .minimal = job->minimal,
	    .colour = d->colour,
	};

	d->body.len = 0;
	d->body.full = false;
	return notify_render(n, &ctx, &d->body);
}

/*
 * A job that finds no courier, or its socket full, counts as in flight all the same: a courier that
 * greets is told again, and otherwise the job's lease ends.
 */
static void
hand_over(struct dispatch *d, const struct outbox_job *job, const struct now *now)
{
	uint64_t id = job->id;

	wire_begin(&d->out, WIRE_JOB);
	wire_put_u64(&d->out, id);
	wire_put_u32(&d->out, job->attempt);
	wire_put_u32(&d->out, job->timeout_ms + REPORT_MS);
	wire_put_str(&d->out, channel_name((enum channel_id)job->notice->channel));
	wire_put_str(&d->out, notify_channel(job->notice->channel)->content_type);
	wire_put_str(&d->out, "");
	wire_put_bytes(&d->out, d->body.data, d->body.len);
	if (link_send(&d->courier, &d->out) == WIRE_VIOLATION)
		outbox_unsendable(d->outbox, id, now);
}

/* The console: written here, and that is its receipt. */
static void
write_out(struct dispatch *d, const struct outbox_job *job, const struct now *now)
{
	struct delivery_receipt receipt = {
	    .id = job->id, .attempt = job->attempt, .outcome = DELIVERY_DELIVERED, .text = ""};

	if (io_write_all(STDERR_FILENO, d->body.data, d->body.len) != 0) {
		receipt.outcome = DELIVERY_TEMPORARY;
		receipt.text = "stderr cannot be written";
	}
	outbox_receipt(d->outbox, &receipt, now);
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
		} else if (notify_channel(job.notice->channel)->transport == NOTIFY_LOCAL) {
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
on_receipt(struct dispatch *d, const struct now *now)
{
	struct delivery_receipt receipt = {
	    .id = wire_get_u64(&d->in),
	    .attempt = wire_get_u32(&d->in),
	    .outcome = (enum delivery_outcome)wire_get_u8(&d->in),
	    .status = wire_get_u32(&d->in),
	    .retry_after_ms = wire_get_u32(&d->in),
	    .text = wire_get_str(&d->in),
	};

	if (!wire_end(&d->in) || !delivery_outcome_is_valid(receipt.outcome)) {
		link_violation(&d->courier);
		role_accuse(d->ctx, ROLE_COURIER);
		return;
	}
	if ((receipt.id & HEARTBEAT_ID_BIT) != 0)
		heartbeat_receipt(d->heartbeat, &receipt, now);
	else
		outbox_receipt(d->outbox, &receipt, now);
}

bool
dispatch_ping(struct dispatch *d, uint64_t id)
{
	wire_begin(&d->out, WIRE_JOB);
	wire_put_u64(&d->out, id);
	wire_put_u32(&d->out, 1);
	wire_put_u32(&d->out, HEARTBEAT_TIMEOUT_MS);
	wire_put_str(&d->out, "heartbeat");
	wire_put_str(&d->out, "");
	wire_put_str(&d->out, "");
	wire_put_bytes(&d->out, "", 0);
	return link_send(&d->courier, &d->out) == WIRE_OK;
}

static void
on_courier(void *arg, unsigned events)
{
	struct dispatch *d = arg;
	struct now now = clock_now();
	enum link_event event;

	if (events & LOOP_WRITE)
		link_flush(&d->courier);
	while ((event = link_recv(&d->courier, &d->in)) != LINK_NOTHING) {
		if (event == LINK_GONE) {
			loop_io_stop(d->loop, &d->io);
			d->gone(d->arg);
			return;
		}
		if (event == LINK_FRESH) {
			outbox_hello(d->outbox);
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
	d->colour = term_wants_colour(STDERR_FILENO);
	buf_init(&d->body, mem_zalloc(1, NOTIFY_BODY_MAX + 1), NOTIFY_BODY_MAX + 1);
	link_init(&d->courier, ctx->peer_fd[ROLE_COURIER], WIRE_COURIER_TO_AGENT, ctx->generation);
	watch_courier(d);
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
	mem_free(d->body.data);
}
