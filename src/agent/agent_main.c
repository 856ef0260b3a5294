/*
 * The agent as a process: wakes once a tick, lets agent_cycle() work, hands what changed to the
 * keeper and what may leave to the courier. Everything slow is somebody else's process.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/control_requests.h"
#include "agent/dispatch.h"
#include "agent/keeper_link.h"
#include "core/heartbeat.h"
#include "core/kept.h"
#include "show/live.h"
#include "agent/persist.h"
#include "base/log.h"
#include "base/mem.h"
#include "priv/drop.h"
#include "priv/sandbox.h"

#define LOAD_WAIT_NS (2 * NS_PER_SEC) /* for the keeper, before it is done without */
#define STOP_WAIT_NS (NS_PER_SEC)     /* for the last receipts and the keeper */

struct serve {
	struct role_ctx *ctx;
	struct conf *conf;
	struct loop *loop;
	struct agent agent;
	struct keeper_link *keeper;
	struct persist *persist;
	struct dispatch dispatch;
	struct heartbeat heartbeat;
	struct control_requests control;
	struct live live;
	int64_t tick_ns, collect_interval_ns;
	uint64_t unknown_rows;
	bool degraded; /* the last transaction failed or is overdue, and that was said */
	bool stopping;
	struct loop_timer tick, load_wait, stop_wait;
	struct loop_io lifeline_io, probe_io;
	struct loop_signal term, report, reload;
};

static void on_tick(void *arg);

static void
put(void *arg, enum kept_kind kind, const char *key, char *json)
{
	struct serve *s = arg;

	persist_put(s->persist, kind, key, json);
}

/* What is being delivered is awaited too: it would be delivered again by the next life. */
static void
stop_when_done(struct serve *s)
{
	if (s->stopping && !outbox_in_flight(s->agent.core.outbox) &&
	    (s->degraded || persist_idle(s->persist)))
		loop_stop(s->loop);
}

/* Alert states and the notices that they caused leave in one transaction. */
static void
keep_changes(void *arg, const struct now *now)
{
	struct serve *s = arg;
	uint64_t txn;

	kept_take_changes(&s->agent.core, put, s);
	txn = persist_commit(s->persist, now);
	if (txn != 0)
		outbox_written(s->agent.core.outbox, txn);
	if (s->degraded) /* known: nothing waits for the next attempt */
		outbox_unkept(s->agent.core.outbox);
	stop_when_done(s);
}

/* One loud line until the state is kept again. */
static void
report_degraded(struct serve *s, const char *why)
{
	if (!s->degraded)
		log_error("alerts cannot be kept on disk (%s): they are delivered from memory, and "
		          "would be lost with this process",
		    why);
	s->degraded = true;
}

static void
on_confirmed(void *arg, uint64_t txn)
{
	struct serve *s = arg;
	struct now now = clock_now();

	if (s->degraded)
		log_info("the state is being kept again");
	s->degraded = false;
	outbox_confirmed(s->agent.core.outbox, txn);
	dispatch_pump(&s->dispatch, &now);
	stop_when_done(s);
}

static void
on_failed(void *arg, const char *why)
{
	struct serve *s = arg;
	struct now now = clock_now();

	report_degraded(s, why);
	outbox_unkept(s->agent.core.outbox);
	dispatch_pump(&s->dispatch, &now);
	stop_when_done(s);
}

/* A newer version wrote it, and will want it back: it stays as it is. */
static void
leave_unknown(struct serve *s, const char *key)
{
	if (s->unknown_rows++ == 0)
		log_warn(
		    "the state has rows that this version does not know, like %s: they are left "
		    "as they are",
		    key);
}

static void
on_row(void *arg, enum kept_kind kind, const char *key, const char *blob, size_t len)
{
	struct serve *s = arg;
	struct now now = clock_now();

	switch (kept_load(&s->agent.core, kind, key, blob, len, &now)) {
	case JSON_READ_OK:
		break;
	case JSON_READ_UNKNOWN:
		leave_unknown(s, key);
		break;
	case JSON_READ_DAMAGED:
		log_warn(
		    "a record of the state (%d, %s) is damaged and is dropped", (int)kind, key);
		persist_put(s->persist, kind, key, NULL);
		break;
	}
}

/* The first look is a judged one: what is looked at once a minute is not told a minute late. */
static void
start_judging(struct serve *s)
{
	loop_timer_stop(s->loop, &s->load_wait);
	if (s->agent.core.judging)
		return;
	core_start_judging(&s->agent.core);
	if (!s->stopping)
		loop_timer_start(s->loop, &s->tick, 0, on_tick, s);
}

static void
on_loaded(void *arg)
{
	struct serve *s = arg;

	agent_count_boot(&s->agent);
	/* Where the disk did not serve, a write must show whether it does now. */
	if (s->degraded && s->agent.core.boot_count.reboots >= 0)
		s->agent.core.boot_count.changed = true;
	start_judging(s);
}

static void
on_load_overdue(void *arg)
{
	struct serve *s = arg;

	log_warn("the state is not loaded yet: starting without memory of earlier alerts, until it "
	         "is");
	start_judging(s);
}

/* A keeper that was replaced may have moved a damaged database aside. */
static void
on_fresh(void *arg)
{
	struct serve *s = arg;
	struct now now = clock_now();

	kept_mark_all(&s->agent.core);
	keep_changes(s, &now);
}

static void
on_gone(void *arg)
{
	struct serve *s = arg;

	loop_stop(s->loop);
}

/* How often the host is to be looked at; when nothing is to be, never. */
static int64_t
collect_interval_ns(const struct conf_collect *conf)
{
	int64_t secs = conf_collect_shortest_secs(conf);

	return secs == 0 ? INT64_MAX : secs * NS_PER_SEC;
}

static void
beat(struct serve *s, const struct now *now)
{
	struct heartbeat_health health = {
	    .collected_ns = s->agent.collected_ns,
	    .interval_ns = s->collect_interval_ns,
	    .judging = s->agent.core.judging,
	    .kept = !s->degraded,
	    .stuck = heartbeat_find_stuck(s->agent.core.outbox, now),
	};

	if (heartbeat_due(&s->heartbeat, &health, now, s->tick_ns) &&
	    !dispatch_ping(&s->dispatch, s->heartbeat.id))
		heartbeat_unsent(&s->heartbeat);
}

/* The next multiple of the tick, so that all timers of this process share its wake-up. */
static void
schedule(struct serve *s)
{
	struct now now = clock_now();

	loop_timer_start(s->loop, &s->tick, s->tick_ns - now.boot_ns % s->tick_ns, on_tick, s);
}

static void
on_tick(void *arg)
{
	struct serve *s = arg;
	struct now now = clock_now();

	agent_cycle(&s->agent, &now);
	keep_changes(s, &now);
	dispatch_pump(&s->dispatch, &now);
	if (outbox_degraded(s->agent.core.outbox))
		report_degraded(s, "the disk does not answer");
	beat(s, &now);
	s->control.kept = !s->degraded;
	live_show(
	    &s->live, &s->agent.core, s->agent.collect, (double)s->tick_ns / NS_PER_SEC, &now);
	schedule(s);
}

static void
on_lifeline(void *arg, unsigned events)
{
	struct serve *s = arg;

	(void)events;
	if (!role_answer_ping(s->ctx))
		loop_stop(s->loop);
}

static void
on_stop_overdue(void *arg)
{
	struct serve *s = arg;

	if (!s->degraded && !persist_idle(s->persist))
		log_warn("the keeper did not take the last changes in time");
	loop_stop(s->loop);
}

static void
on_term(void *arg, int signum)
{
	struct serve *s = arg;
	struct now now = clock_now();

	(void)signum;
	s->stopping = true;
	loop_timer_stop(s->loop, &s->tick);
	dispatch_close(&s->dispatch);
	loop_timer_start(s->loop, &s->stop_wait, STOP_WAIT_NS, on_stop_overdue, s);
	keep_changes(s, &now);
}

/* USR1 asks for statistics; HUP, after a reload, for a try of channels that are closed to us. */
static void
on_user_signal(void *arg, int signum)
{
	struct serve *s = arg;
	struct now now = clock_now();

	if (signum == SIGUSR1)
		control_requests_log(&s->control);
	else
		outbox_probe(s->agent.core.outbox);
	dispatch_pump(&s->dispatch, &now);
}

static void
take_configuration(struct serve *s)
{
	s->conf = conf_decode(s->ctx->blob, s->ctx->blob_len);
	role_forget_blob(s->ctx);
	if (s->conf == NULL)
		die("the configuration from the launcher is damaged");
}

/* What this process may not see, once. */
static void
log_missing_rights(const struct host *host)
{
	if (host->own_proc && !(priv_caps() & DROP_CAP_DAC_READ_SEARCH))
		log_info("without CAP_DAC_READ_SEARCH other users' open files and IO, and file "
		         "systems below closed folders, are not seen");
}

static void
open_desk(struct serve *s)
{
	struct now now = clock_now();

	s->control = (struct control_requests){.agent = &s->agent,
	    .heartbeat = &s->heartbeat,
	    .ctx = s->ctx,
	    .changed = keep_changes,
	    .arg = s,
	    .kept = true};
	control_requests_open(&s->control, s->loop, &now);
}

static void
watch(struct serve *s)
{
	loop_io_start(s->loop, &s->lifeline_io, s->ctx->lifeline_fd, LOOP_READ, on_lifeline, s);
	loop_signal_start(s->loop, &s->term, SIGTERM, on_term, s);
	loop_signal_start(s->loop, &s->report, SIGUSR1, on_user_signal, s);
	loop_signal_start(s->loop, &s->reload, SIGHUP, on_user_signal, s);
	loop_timer_start(s->loop, &s->load_wait, LOAD_WAIT_NS, on_load_overdue, s);
}

int
agent_main(struct role_ctx *ctx)
{
	static const struct persist_events events = {
	    on_row, on_loaded, on_confirmed, on_failed, on_fresh};
	struct serve *s = mem_zalloc(1, sizeof(*s));

	log_set_role("agent");
	s->ctx = ctx;
	take_configuration(s);
	if (!agent_init(&s->agent, s->conf, clock_seed()))
		die_errno(
		    "cannot open %s or %s", s->conf->agent.proc_root, s->conf->agent.sys_root);
	s->tick_ns = collect_tick_secs(&s->conf->collect) * NS_PER_SEC;
	s->collect_interval_ns = collect_interval_ns(&s->conf->collect);
	s->loop = loop_new();
	priv_lock(ROLE_AGENT);
	s->keeper = keeper_link_new(s->loop, ctx, on_gone, s);
	s->persist = persist_new(s->keeper, &events, s);
	heartbeat_init(
	    &s->heartbeat, s->conf->heartbeat.channel.enabled, s->conf->heartbeat.interval_secs);
	s->dispatch = (struct dispatch){.conf = s->conf,
	    .outbox = s->agent.core.outbox,
	    .heartbeat = &s->heartbeat,
	    .changed = keep_changes,
	    .gone = on_gone,
	    .arg = s};
	dispatch_init(&s->dispatch, s->loop, ctx);
	open_desk(s);
	live_init(&s->live, STDOUT_FILENO);
	watch(s);
	log_missing_rights(&s->agent.host);
	log_info("watching %s every %lld s", s->conf->agent.hostname,
	    (long long)(s->tick_ns / NS_PER_SEC));
	loop_run(s->loop);
	control_requests_close(&s->control);
	live_done(&s->live);
	dispatch_done(&s->dispatch);
	keeper_link_free(s->keeper);
	persist_free(s->persist);
	agent_done(&s->agent);
	loop_free(s->loop);
	conf_free(s->conf);
	mem_free(s);
	return 0;
}
