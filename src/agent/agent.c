/*
 * Carries samples, findings and notices from module to module. Nothing here reads a clock, touches
 * a socket or waits.
 */
#include "agent/agent.h"

#include "base/mem.h"

#define SAMPLES_MAX 4096  /* a cycle: every series that the table holds, and then some */
#define FINDINGS_MAX 4096 /* a cycle: all of them wrong at once */

static size_t
list_channels(const struct conf *conf, struct alert_channel list[CHANNEL_COUNT])
{
	size_t n = 0;

	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if (conf->channels[id].enabled)
			list[n++] = (struct alert_channel){
			    .id = id, .severities = conf->channels[id].severities};
	}
	return n;
}

bool
agent_init(struct agent *a, const struct conf *conf, uint64_t seed)
{
	struct alert_channel channels[CHANNEL_COUNT];
	size_t n = list_channels(conf, channels);

	*a = (struct agent){.conf = conf, .self.reboots = -1};
	if (!host_open(&a->host, conf->agent.proc_root, conf->agent.sys_root))
		return false;
	a->series = series_table_new(NULL);
	batch_init(&a->batch, a->series, SAMPLES_MAX);
	latest_init(&a->latest, a->series);
	findings_init(&a->findings, FINDINGS_MAX);
	a->collect = collect_new(&conf->collect, &a->host);
	a->store = store_new(&(struct store_limits){
	    .series = series_capacity(a->series),
	    .capacity = (uint32_t)conf->storage.ring_buffer_size,
	});
	a->detect = detect_new(&conf->detect, a->series);
	a->alerts = alert_new(&conf->alert, channels, n);
	a->outbox = outbox_new(&conf->alert, conf->channels, seed);
	for (size_t i = 0; i < n; i++)
		a->self.channel_enabled[channels[i].id] = true;
	return true;
}

void
agent_done(struct agent *a)
{
	outbox_free(a->outbox);
	notices_done(&a->notices);
	alert_free(a->alerts);
	detect_free(a->detect);
	store_free(a->store);
	collect_free(a->collect);
	findings_done(&a->findings);
	latest_done(&a->latest);
	batch_done(&a->batch);
	series_table_free(a->series);
	host_close(&a->host);
}

static void
know_oneself(struct agent *a)
{
	a->self.samples_dropped = a->batch.dropped;
	a->self.alerts_queued = 0;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct outbox_channel *ch = outbox_channel(a->outbox, id);

		a->self.alerts_queued += ch->queued;
		a->self.channel_failures[id] = ch->failures;
	}
}

/* An alert that still fires, whose notice went into a digest of expired ones, is told anew. */
static void
tell_again(void *arg, uint64_t fingerprint, int channel)
{
	struct agent *a = arg;

	alert_again(a->alerts, fingerprint, channel, &a->batch.now, &a->notices);
}

static void
restore_detector(void *arg, const struct alert_view *view)
{
	struct agent *a = arg;

	if (view->state == ALERT_FIRING && view->restored)
		detect_restore(a->detect, view->facts);
}

/* Alerts of an earlier life, which may come late. */
static void
go_on_firing(struct agent *a)
{
	if (!a->restored)
		return;
	alert_each(a->alerts, restore_detector, a);
	alert_restored(a->alerts);
	a->restored = false;
}

void
agent_cycle(struct agent *a, const struct now *now)
{
	int64_t cpu_ns = clock_cpu_ns();

	know_oneself(a);
	batch_reset(&a->batch, now);
	findings_reset(&a->findings);
	collect_due(a->collect, &a->self, &a->batch); /* files    -> samples  */
	store_add(a->store, &a->batch);
	latest_add(&a->latest, &a->batch);
	if (a->judging) {
		go_on_firing(a);
		detect_feed(a->detect, &a->batch, &a->findings); /* samples  -> findings */
		alert_apply(a->alerts, &a->findings, a->series, now, &a->notices); /* -> notices */
		outbox_take_expired(a->outbox, tell_again, a);
		outbox_put(a->outbox, &a->notices, now);
	}
	a->self.last_cycle_cpu_ns = clock_cpu_ns() - cpu_ns;
}

bool
agent_restore(
    struct agent *a, enum wire_kind kind, const char *json, size_t len, const struct now *now)
{
	a->restored = a->restored || kind == WIRE_KIND_ALERT;
	if (kind == WIRE_KIND_ALERT)
		return alert_load(a->alerts, json, len, now);
	if (kind == WIRE_KIND_NOTICE)
		return outbox_load(a->outbox, json, len, now);
	return true; /* of a newer version, perhaps */
}

void
agent_start_judging(struct agent *a)
{
	a->judging = true;
}
