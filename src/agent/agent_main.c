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
#include "agent/memory.h"
#include "agent/screen.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/changes.h"
#include "core/heartbeat.h"
#include "priv/drop.h"
#include "priv/sandbox.h"

#define LOAD_WAIT_NS (2 * NS_PER_SEC) /* for the keeper, before it is done without */
#define STOP_WAIT_NS (NS_PER_SEC)     /* for the last receipts and the keeper */
/* For what that life had raised to leave, with its receipts, before the host is looked at. */
#define LOOK_BACK_NS (3 * NS_PER_SEC)

_Static_assert(ROLE_FAILURES_MAX == COLLECT_FAILURES_MAX, "each is told of by the other");

struct serve {
	struct role_ctx *ctx;
	struct conf *conf;
	struct conf *collect_conf; /* what the collectors go by; may be an older one */
	struct loop *loop;
	struct agent agent;
	struct keeper_link *keeper;
	struct memory memory;
	struct dispatch dispatch;
	struct heartbeat heartbeat;
	struct control_requests control;
	struct screen screen;
	int64_t tick_ns, collect_interval_ns;
	bool stopping;
	bool looking_back; /* before the first look at the host, till what the last life raised has
	                      left */
	int status;        /* to end with */
	struct loop_timer tick, load_wait, stop_wait;
	struct loop_io lifeline_io;
	struct loop_signal stop_signal, report, reload;
};

static void on_tick(void *arg);

/* The first look is a judged one: what is looked at once a minute is not told a minute late. */
static void
on_ready(void *arg)
{
	struct serve *s = arg;
	struct now now = clock_now();

	loop_timer_stop(s->loop, &s->load_wait);
	if (s->agent.core.judging)
		return;
	core_start_judging(&s->agent.core);
	if (s->stopping)
		return;
	s->looking_back = agent_follows_failure(&s->agent, &now);
	if (s->looking_back) {
		agent_look_back(&s->agent, &now);
		loop_timer_start(s->loop, &s->tick, LOOK_BACK_NS, on_tick, s);
		memory_keep(&s->memory, &now);
	} else {
		loop_timer_start(s->loop, &s->tick, 0, on_tick, s);
	}
}

static void
on_load_overdue(void *arg)
{
	struct serve *s = arg;

	memory_stop_waiting(&s->memory);
	on_ready(s);
}

/* What is being delivered is awaited too: it would be delivered again by the next life. */
static void
stop_when_done(struct serve *s)
{
	if (s->stopping && !outbox_in_flight(s->agent.core.outbox) && memory_idle(&s->memory))
		loop_stop(s->loop);
}

static void
on_progress(void *arg)
{
	struct serve *s = arg;
	struct now now = clock_now();

	dispatch_pump(&s->dispatch, &now);
	if (s->looking_back && !agent_is_telling(&s->agent)) {
		s->looking_back = false;
		loop_timer_start(s->loop, &s->tick, 0, on_tick, s);
	}
	stop_when_done(s);
}

static void
keep_changes(void *arg, const struct now *now)
{
	struct serve *s = arg;

	memory_keep(&s->memory, now);
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
	    .kept = !s->memory.degraded,
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

	s->looking_back = false;
	agent_cycle(&s->agent, &now);
	memory_tick(&s->memory, &now);
	beat(s, &now);
	s->control.kept = !s->memory.degraded;
	screen_show(&s->screen, &now);
	schedule(s);
}

static void
on_stop_overdue(void *arg)
{
	struct serve *s = arg;

	if (!memory_idle(&s->memory))
		log_warn("the keeper did not take the last changes in time");
	loop_stop(s->loop);
}

/* Nothing more leaves; what there is goes to disk. */
static void
stop(struct serve *s)
{
	struct now now = clock_now();

	if (s->stopping)
		return;
	s->stopping = true;
	loop_timer_stop(s->loop, &s->tick);
	dispatch_close(&s->dispatch);
	loop_timer_start(s->loop, &s->stop_wait, STOP_WAIT_NS, on_stop_overdue, s);
	memory_save(&s->memory, &now);
	memory_keep(&s->memory, &now);
}

static void
on_stop(void *arg, int signum)
{
	(void)signum;
	stop(arg);
}

/* The interval of ticks, and what goes by it. */
static void
set_pace(struct serve *s)
{
	s->tick_ns = collect_tick_secs(&s->conf->collect) * NS_PER_SEC;
	s->collect_interval_ns = collect_interval_ns(&s->conf->collect);
}

/* Follows a new configuration where it stands: what was learnt stays. */
static void
follow(struct serve *s, struct conf *conf, bool collectors_anew)
{
	struct conf *before = s->conf;

	s->conf = conf;
	log_init(STDERR_FILENO, conf->agent.log_level, conf->agent.log_json, "agent");
	agent_configure(&s->agent, conf, collectors_anew);
	heartbeat_configure(
	    &s->heartbeat, conf->heartbeat.channel.enabled, conf->heartbeat.interval_secs);
	s->dispatch.conf = conf;
	set_pace(s);
	if (collectors_anew) {
		if (s->collect_conf != before)
			conf_free(s->collect_conf);
		s->collect_conf = conf;
	}
	if (before != s->collect_conf)
		conf_free(before);
	if (s->agent.core.judging && !s->stopping)
		schedule(s);
}

static void
reconfigure(struct serve *s)
{
	struct conf *conf = conf_decode(s->ctx->blob, s->ctx->blob_len);
	enum key_reload change = conf == NULL ? RELOAD_KINDS : changes_find(s->conf, conf);

	role_forget_blob(s->ctx);
	switch (change) {
	case RELOAD_AT_ONCE:
	case RELOAD_COLLECTORS:
		follow(s, conf, change == RELOAD_COLLECTORS);
		log_info("the new configuration is followed%s",
		    change == RELOAD_COLLECTORS ? "; the collectors begin anew" : "");
		return;
	case RELOAD_AGENT:
	case RELOAD_BY_HAND:
		conf_free(conf);
		s->status = ROLE_STATUS_AGAIN;
		stop(s);
		return;
	case RELOAD_KINDS:
		log_error("the new configuration from the launcher is damaged");
		s->status = ROLE_STATUS_AGAIN;
		stop(s);
		return;
	}
}

static void
on_lifeline(void *arg, unsigned events)
{
	struct serve *s = arg;

	(void)events;
	if (!role_read_lifeline(s->ctx)) {
		loop_stop(s->loop);
		return;
	}
	keeper_link_take_wire(s->keeper);
	dispatch_take_wire(&s->dispatch);
	clients_listen(&s->control.clients, s->ctx->control_fd);
	if (s->ctx->configured)
		reconfigure(s);
}

/*
 * USR1 asks for statistics; HUP, after a reload that was accepted, whether our part has changed or
 * not, for a try of channels that wait after a failure.
 */
static void
on_user_signal(void *arg, int signum)
{
	struct serve *s = arg;
	struct now now = clock_now();

	if (signum == SIGUSR1) {
		control_requests_log(&s->control);
	} else {
		s->ctx->configured_at = now;
		outbox_try_all(s->agent.core.outbox);
	}
	dispatch_pump(&s->dispatch, &now);
}

static void
take_configuration(struct serve *s)
{
	s->conf = s->collect_conf = conf_decode(s->ctx->blob, s->ctx->blob_len);
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
open_control(struct serve *s)
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
	loop_signal_start(s->loop, &s->stop_signal, ROLE_STOP_SIGNAL, on_stop, s);
	loop_signal_start(s->loop, &s->report, SIGUSR1, on_user_signal, s);
	loop_signal_start(s->loop, &s->reload, SIGHUP, on_user_signal, s);
	loop_timer_start(s->loop, &s->load_wait, LOAD_WAIT_NS, on_load_overdue, s);
}

/* After the lock: what speaks to the other processes, to clients and to the terminal. */
static void
open_links(struct serve *s)
{
	static const struct memory_events events = {on_ready, on_progress};

	s->keeper = keeper_link_new(s->loop, s->ctx);
	memory_init(&s->memory, s->keeper, &s->agent, &events, s);
	heartbeat_init(
	    &s->heartbeat, s->conf->heartbeat.channel.enabled, s->conf->heartbeat.interval_secs);
	s->dispatch = (struct dispatch){.conf = s->conf,
	    .outbox = s->agent.core.outbox,
	    .heartbeat = &s->heartbeat,
	    .changed = keep_changes,
	    .arg = s};
	dispatch_init(&s->dispatch, s->loop, s->ctx);
	open_control(s);
	screen_open(&s->screen, s->loop, &s->agent, &s->tick_ns, s->ctx->failed_ns[0] != 0);
	watch(s);
}

static void
close_links(struct serve *s)
{
	control_requests_close(&s->control);
	screen_close(&s->screen);
	dispatch_done(&s->dispatch);
	keeper_link_free(s->keeper);
	memory_done(&s->memory);
}

int
agent_main(struct role_ctx *ctx)
{
	struct serve *s = mem_zalloc(1, sizeof(*s));
	int status;

	log_set_role("agent");
	s->ctx = ctx;
	take_configuration(s);
	if (!agent_init(&s->agent, s->conf, clock_seed()))
		die_errno(
		    "cannot open %s or %s", s->conf->agent.proc_root, s->conf->agent.sys_root);
	memcpy(s->agent.self.failed_ns, ctx->failed_ns, sizeof(ctx->failed_ns));
	set_pace(s);
	s->loop = loop_new();
	priv_lock(ROLE_AGENT);
	open_links(s);
	log_missing_rights(&s->agent.host);
	log_info("watching %s every %lld s", s->conf->agent.hostname,
	    (long long)(s->tick_ns / NS_PER_SEC));
	loop_run(s->loop);
	close_links(s);
	agent_done(&s->agent);
	loop_free(s->loop);
	if (s->collect_conf != s->conf)
		conf_free(s->collect_conf);
	conf_free(s->conf);
	status = s->status;
	mem_free(s);
	return status;
}
