/*
 * Kernel files to the core, once a cycle. The host's files are not trusted: collectors leave out
 * what makes no sense. Nothing here reads a clock, touches a socket or waits.
 */
#include "agent/agent.h"

#define JUST_NOW_NS (60 * NS_PER_SEC) /* a life that failed so long ago was the one before */

static void
look(void *arg, const struct findings *findings, const struct now *now)
{
	cause_look(arg, findings, now);
}

static void
explain(void *arg, struct notices *notices, const struct now *now)
{
	cause_fill(arg, notices, now);
}

static void
note_channels(struct agent *a, const struct conf *conf)
{
	for (int id = 0; id < CHANNEL_COUNT; id++)
		a->self.channel_enabled[id] = conf->channels[id].enabled;
}

bool
agent_init(struct agent *a, const struct conf *conf, uint64_t seed)
{
	const struct core_host host = {.arg = &a->cause, .look = look, .explain = explain};

	*a = (struct agent){.self.reboots = -1};
	if (!host_open(&a->host, conf->agent.proc_root, conf->agent.sys_root))
		return false;
	core_init(&a->core, conf, seed, &host);
	a->collect = collect_new(&conf->collect, &a->host);
	cause_init(&a->cause, &a->host, a->collect, &a->core.latest);
	note_channels(a, conf);
	return true;
}

void
agent_configure(struct agent *a, const struct conf *conf, bool collectors_anew)
{
	core_configure(&a->core, conf);
	note_channels(a, conf);
	if (!collectors_anew)
		return;
	collect_free(a->collect);
	a->collect = collect_new(&conf->collect, &a->host);
	a->cause.collect = a->collect;
}

void
agent_done(struct agent *a)
{
	cause_done(&a->cause);
	collect_free(a->collect);
	core_done(&a->core);
	host_close(&a->host);
}

/* What the agent knows of itself. */
static void
fill_self(struct agent *a)
{
	a->self.reboots = a->core.boot_count.reboots;
	a->self.samples_dropped = a->core.batch.dropped;
	a->self.alerts_queued = 0;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct outbox_channel *ch = outbox_channel(a->core.outbox, id);

		a->self.alerts_queued += ch->queued;
		a->self.channel_failures[id] = ch->failures;
	}
}

/* Samples about ourselves do not count: they come even from a host that says nothing. */
static void
note_collected(struct agent *a)
{
	const struct batch *batch = &a->core.batch;

	for (size_t i = 0; i < batch->len; i++) {
		const struct series *s = series_at(batch->series, batch->samples[i].series);

		if (metrics[s->metric].group != GROUP_AGENT) {
			a->collected_ns = batch->now.boot_ns;
			return;
		}
	}
}

void
agent_cycle(struct agent *a, const struct now *now)
{
	int64_t cpu_ns = clock_cpu_ns();

	fill_self(a);
	core_begin(&a->core, now);
	collect_due(a->collect, &a->self, &a->core.batch);
	note_collected(a);
	core_judge(&a->core, &a->core.batch, NULL, now);
	a->self.last_cycle_cpu_ns = clock_cpu_ns() - cpu_ns;
}

bool
agent_follows_failure(const struct agent *a, const struct now *now)
{
	int64_t failed_ns = a->self.failed_ns[0];

	return failed_ns != 0 && now->boot_ns - failed_ns < JUST_NOW_NS;
}

void
agent_look_back(struct agent *a, const struct now *now)
{
	core_begin(&a->core, now);
	collect_restarts(&a->self, &a->core.batch);
	core_judge(&a->core, &a->core.batch, NULL, now);
}

bool
agent_is_telling(const struct agent *a)
{
	for (int id = 0; id < CHANNEL_COUNT; id++)
		if (outbox_channel(a->core.outbox, id)->queued > 0)
			return true;
	return outbox_in_flight(a->core.outbox);
}

void
agent_count_boot(struct agent *a)
{
	if (host_read_path(&a->host, false, "sys/kernel/random/boot_id") > 1)
		boot_count_look(&a->core.boot_count, a->host.text);
}
