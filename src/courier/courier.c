/*
 * Takes jobs from the agent, has each delivered by a child process (runner.c) and answers with a
 * receipt. The agent is not trusted to keep to the wire's table: if it does not, the launcher is
 * told. A child that hangs or dies costs one attempt. No library of the network is used in this
 * process itself.
 */
#include "courier/courier.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "conf/conf.h"
#include "conf/destination.h"
#include "courier/deliver.h"
#include "courier/job.h"
#include "courier/runner.h"
#include "courier/service.h"
#include "priv/link.h"
#include "priv/sandbox.h"

#define DEADLINE_MIN_MS 100
#define DEADLINE_MAX_MS (CONF_DELIVERY_SECS_MAX * 1000 + 1000) /* and the time to report */

enum slot_state { SLOT_FREE, SLOT_RUNNING, SLOT_DONE };

/* One delivery. Done: the receipt has not found its way to the agent yet. */
struct slot {
	enum slot_state state;
	struct destination to;
	uint64_t id;
	uint32_t attempt;
	struct runner runner;
	struct delivery result;
	struct loop_timer deadline;
};

struct courier {
	struct role_ctx *ctx;
	struct conf *conf;
	struct loop *loop;
	struct link agent;
	struct wire_msg in, out;
	struct slot slots[DESTINATION_RUNNERS]; /* shared by the kinds as their rows say */
	struct loop_io agent_io, lifeline_io;
	struct loop_signal child, stop_signal;
	bool cannot_fork; /* no process could be started the last time */
};

static void on_agent(void *arg, unsigned events);

/* The delivery to this destination, or NULL. */
static struct slot *
find_slot(struct courier *c, struct destination to)
{
	for (int i = 0; i < DESTINATION_RUNNERS; i++) {
		struct slot *s = &c->slots[i];

		if (s->state != SLOT_FREE && s->to.kind == to.kind && s->to.index == to.index)
			return s;
	}
	return NULL;
}

/* NULL: the kind has as many as it may have. There are slots for all that all kinds may have. */
static struct slot *
find_free_slot(struct courier *c, enum destination_kind kind)
{
	struct slot *found = NULL;
	unsigned used = 0;

	for (int i = 0; i < DESTINATION_RUNNERS; i++) {
		struct slot *s = &c->slots[i];

		if (s->state == SLOT_FREE)
			found = s;
		else
			used += s->to.kind == kind;
	}
	return used < destination_runners(kind) ? found : NULL;
}

static void
watch_agent(struct courier *c)
{
	bool write = link_has_news(&c->agent);

	for (int i = 0; i < DESTINATION_RUNNERS && link_up(&c->agent); i++)
		write = write || c->slots[i].state == SLOT_DONE;
	loop_io_start(c->loop, &c->agent_io, link_watched(&c->agent),
	    write ? LOOP_READ | LOOP_WRITE : LOOP_READ, on_agent, c);
}

static bool
send_receipt(struct courier *c, struct destination to, uint64_t id, uint32_t attempt,
    const struct delivery *d)
{
	wire_begin(&c->out, WIRE_RECEIPT);
	wire_put_u8(&c->out, (uint8_t)to.kind);
	wire_put_u32(&c->out, to.index);
	wire_put_u64(&c->out, id);
	wire_put_u32(&c->out, attempt);
	wire_put_u8(&c->out, (uint8_t)d->outcome);
	wire_put_u32(&c->out, d->status);
	wire_put_u32(&c->out, (uint32_t)d->retry_after_ms);
	wire_put_u64(&c->out, (uint64_t)d->ahead_ms);
	wire_put_str(&c->out, d->text);
	wire_put_numbers(&c->out, d->left, d->left_count);
	return link_send(&c->agent, &c->out) == WIRE_OK;
}

/* A receipt for a job that was not begun. If it is lost, the agent's lease on the job runs out. */
static void
refuse(struct courier *c, const struct job *job, enum delivery_outcome outcome, const char *why)
{
	struct delivery d = {.outcome = outcome};

	str_copy(d.text, sizeof(d.text), why);
	if (!send_receipt(c, job->to, job->id, job->attempt, &d))
		log_debug("courier: a refusal found no room");
}

static void
send_done(struct courier *c)
{
	for (int i = 0; i < DESTINATION_RUNNERS; i++) {
		struct slot *s = &c->slots[i];

		if (s->state == SLOT_DONE && send_receipt(c, s->to, s->id, s->attempt, &s->result))
			s->state = SLOT_FREE;
	}
	watch_agent(c);
}

static void
on_child(void *arg, int signum)
{
	struct courier *c = arg;
	int status;

	(void)signum;
	for (int i = 0; i < DESTINATION_RUNNERS; i++) {
		struct slot *s = &c->slots[i];

		if (s->state != SLOT_RUNNING ||
		    waitpid(s->runner.pid, &status, WNOHANG) != s->runner.pid)
			continue;
		loop_timer_stop(c->loop, &s->deadline);
		runner_conclude(&s->runner, status, &s->result);
		s->state = SLOT_DONE;
		log_debug("courier: %s: %s %u %s", destination_name(s->to),
		    deliver_outcome_name(s->result.outcome), s->result.status, s->result.text);
	}
	send_done(c);
}

static void
on_deadline(void *arg)
{
	struct slot *s = arg;

	runner_kill(&s->runner);
}

static int64_t
deadline_of(const struct job *job)
{
	return num_clamp(job->deadline_ms, DEADLINE_MIN_MS, DEADLINE_MAX_MS);
}

static bool
start_runner(
    struct courier *c, struct slot *s, const struct conf_channel *settings, const struct job *job)
{
	int64_t deadline_ms = deadline_of(job);

	if (!runner_start(&s->runner, destination_name(job->to), settings, job, deadline_ms)) {
		if (!c->cannot_fork)
			log_warn_errno("no process can be started to deliver a message");
		c->cannot_fork = true;
		return false;
	}
	if (c->cannot_fork)
		log_info("messages are delivered again");
	c->cannot_fork = false;
	s->state = SLOT_RUNNING;
	s->to = job->to;
	s->id = job->id;
	s->attempt = job->attempt;
	loop_timer_start(c->loop, &s->deadline, deadline_ms * NS_PER_MS, on_deadline, s);
	return true;
}

static void
take_job(struct courier *c, const struct job *job)
{
	const struct conf_channel *settings = destination_settings(c->conf, job->to);
	struct slot *busy = find_slot(c, job->to), *free_slot = find_free_slot(c, job->to.kind);

	if (busy != NULL && busy->id == job->id)
		/* known: from the agent's predecessor, or the agent gave up waiting for it */
		busy->attempt = job->attempt;
	else if (service_missing(settings) != NULL)
		refuse(c, job, DELIVERY_DENIED, service_missing(settings));
	else if (busy != NULL || free_slot == NULL)
		refuse(c, job, DELIVERY_BUSY, "busy with another message");
	else if (!start_runner(c, free_slot, settings, job))
		refuse(c, job, DELIVERY_BUSY, "no process can be started");
}

static void
on_message(struct courier *c)
{
	struct job job;

	if (wire_id(&c->in) == WIRE_JOB && job_read(&c->in, &job)) {
		take_job(c, &job);
		return;
	}
	if (link_violation(&c->agent))
		role_accuse(c->ctx, ROLE_AGENT);
}

static void
on_agent(void *arg, unsigned events)
{
	struct courier *c = arg;

	(void)events;
	for (int i = 0; i < LINK_TURN_MESSAGES; i++) {
		switch (link_recv(&c->agent, &c->in)) {
		case LINK_MESSAGE:
			on_message(c);
			continue;
		case LINK_FRESH:
			continue; /* what is done is sent below, what runs will be asked for */
		case LINK_VIOLATION:
			role_accuse(c->ctx, ROLE_AGENT);
			continue;
		case LINK_NOTHING:
			break;
		}
		break;
	}
	send_done(c);
}

static void
on_lifeline(void *arg, unsigned events)
{
	struct courier *c = arg;

	(void)events;
	if (!role_read_lifeline(c->ctx))
		loop_stop(c->loop);
	if (link_take(&c->agent, role_take_wire(c->ctx, ROLE_AGENT)))
		on_agent(c, 0);
}

static void
on_stop(void *arg, int signum)
{
	struct courier *c = arg;

	(void)signum;
	loop_stop(c->loop);
}

static void
stop_runners(struct courier *c)
{
	for (int i = 0; i < DESTINATION_RUNNERS; i++) {
		struct slot *s = &c->slots[i];

		if (s->state != SLOT_RUNNING)
			continue;
		runner_stop(&s->runner, &s->result);
		s->state = SLOT_DONE;
	}
}

int
courier_main(struct role_ctx *ctx)
{
	struct courier *c = mem_zalloc(1, sizeof(*c));

	log_set_role("courier");
	c->ctx = ctx;
	c->conf = conf_decode(ctx->blob, ctx->blob_len);
	role_forget_blob(ctx);
	if (c->conf == NULL)
		die("the configuration from the launcher is damaged");
	c->loop = loop_new();
	priv_lock(ROLE_COURIER);
	link_init(&c->agent, role_take_wire(ctx, ROLE_AGENT), WIRE_AGENT_TO_COURIER);
	loop_signal_start(c->loop, &c->stop_signal, ROLE_STOP_SIGNAL, on_stop, c);
	loop_signal_start(c->loop, &c->child, SIGCHLD, on_child, c);
	loop_io_start(c->loop, &c->lifeline_io, ctx->lifeline_fd, LOOP_READ, on_lifeline, c);
	watch_agent(c);
	loop_run(c->loop);
	stop_runners(c);
	send_done(c);
	link_done(&c->agent);
	loop_free(c->loop);
	conf_free(c->conf);
	mem_free(c);
	return 0;
}
