/*
 * Carries samples, findings and notices from module to module. Nothing here reads a clock, touches
 * a socket or waits.
 */
#include "agent/agent.h"

#include "base/mem.h"
#include "notify/notify.h"

#define SAMPLES_MAX 4096  /* a cycle: every series that the table holds, and then some */
#define FINDINGS_MAX 4096 /* a cycle: all of them wrong at once */

static size_t
list_channels(const struct conf *conf, struct alert_channel list[CHANNEL_COUNT])
{
	size_t n = 0;

	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if (conf->channels[id].enabled)
			list[n++] = (struct alert_channel){.id = id,
			    .severities = conf->channels[id].severities,
			    .apart = notify_channel(id)->apart};
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
	cause_init(&a->cause, &a->host, a->collect, &a->latest, a->series);
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
	cause_done(&a->cause);
	resend_done(&a->resend);
	collect_free(a->collect);
	findings_done(&a->findings);
	latest_done(&a->latest);
	batch_done(&a->batch);
	series_table_free(a->series);
	host_close(&a->host);
}

static void
fill_self(struct agent *a)
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

/* Samples about ourselves do not count: they come even from a host that says nothing. */
static void
note_collected(struct agent *a)
{
	for (size_t i = 0; i < a->batch.len; i++) {
		const struct series *s = series_at(a->series, a->batch.samples[i].series);

		if (metrics[s->metric].group != GROUP_AGENT) {
			a->collected_ns = a->batch.now.boot_ns;
			return;
		}
	}
}

static void
restore_detector(void *arg, const struct alert_view *view)
{
	struct agent *a = arg;
	struct alert_facts facts;

	if (view->state != ALERT_FIRING || !view->restored)
		return;
	facts = *view->facts;
	facts.severity = view->found; /* as the detector left it, without escalation */
	detect_restore(a->detect, &facts);
}

/* Alerts of an earlier life, which may come late. */
static void
restore_firing(struct agent *a)
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

	fill_self(a);
	batch_reset(&a->batch, now);
	findings_reset(&a->findings);
	collect_due(a->collect, &a->self, &a->batch); /* files    -> samples  */
	note_collected(a);
	store_add(a->store, &a->batch);
	latest_add(&a->latest, &a->batch);
	if (a->judging) {
		restore_firing(a);
		detect_feed(a->detect, &a->batch, &a->findings); /* samples  -> findings */
		alert_apply(a->alerts, &a->findings, a->series, now, &a->notices); /* -> notices */
		cause_look(&a->cause, &a->findings, now);
		outbox_take_expired(a->outbox, tell_again, a);
		cause_fill(&a->cause, &a->notices, now);
		resend_learn(&a->resend, &a->notices);
		outbox_put(a->outbox, &a->notices, now);
		resend_round(&a->resend, a->alerts, a->outbox, a->conf, now);
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
	if (kind == WIRE_KIND_SILENCE)
		return alert_silence_load(a->alerts, json, len);
	return true; /* of a newer version, perhaps */
}

void
agent_start_judging(struct agent *a)
{
	a->judging = true;
}
