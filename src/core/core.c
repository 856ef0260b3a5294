/*
 * Carries samples, findings and notices from module to module. A batch is trusted to be of live
 * series; findings from outside to name subjects that live for the call.
 */
#include "core/core.h"

#include "base/mem.h"
#include "conf/changes.h"
#include "core/space.h"
#include "notify/notify.h"

/* Of a call: as many a place of the series table as thresholds watch it, all of them passed. */
#define FINDINGS_A_SERIES 2

static size_t
list_channels(const struct conf *conf, struct alert_channel list[CHANNEL_COUNT])
{
	size_t n = 0;

	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct notify_channel *row = notify_channel(id);

		if (conf->channels[id].enabled)
			list[n++] = (struct alert_channel){.id = id,
			    .severities = conf->channels[id].severities,
			    .traits = row->traits};
	}
	return n;
}

static void
list_traits(struct channel_traits traits[CHANNEL_COUNT])
{
	for (int id = 0; id < CHANNEL_COUNT; id++)
		traits[id] = notify_channel(id)->traits;
}

static bool
find_firing(void *arg, uint64_t fingerprint, struct detect_firing *out)
{
	const struct core *core = arg;
	struct alert_view view;

	if (!alert_find_firing(core->alerts, fingerprint, &view))
		return false;
	/* as the detector left it, without escalation */
	*out = (struct detect_firing){view.found, view.facts->since};
	return true;
}

void
core_init(struct core *core, const struct conf *conf, uint64_t seed, const struct core_host *host)
{
	struct alert_channel channels[CHANNEL_COUNT];
	size_t n = list_channels(conf, channels);
	struct channel_traits traits[CHANNEL_COUNT];
	struct detect_windows windows;
	const struct detect_alerts alerts = {core, find_firing};
	*core = (struct core){.conf = conf, .boot_count.reboots = -1};
	if (host != NULL)
		core->host = *host;
	core->series = series_table_new(NULL);
	batch_init(&core->batch, core->series, series_capacity(core->series));
	latest_init(&core->latest, core->series);
	findings_init(&core->findings, (size_t)series_capacity(core->series) * FINDINGS_A_SERIES);
	core->store = store_new(&(struct store_limits){
	    .series = series_capacity(core->series),
	    .capacity = (uint32_t)conf->storage.ring_buffer_size,
	});
	core->rollup = rollup_new(core->series);
	core->windows = (struct windows){core->store, core->series};
	windows = windows_for_detect(&core->windows);
	core->detect = detect_new(&conf->detect, core->series, &windows, &alerts);
	core->alerts = alert_new(&conf->alert, conf->agent.hostname, channels, n);
	list_traits(traits);
	core->outbox = outbox_new(&conf->alert, conf->channels, traits, seed);
}

void
core_done(struct core *core)
{
	outbox_free(core->outbox);
	notices_done(&core->notices);
	alert_free(core->alerts);
	detect_free(core->detect);
	rollup_free(core->rollup);
	store_free(core->store);
	resend_done(&core->resend);
	findings_done(&core->findings);
	latest_done(&core->latest);
	batch_done(&core->batch);
	series_table_free(core->series);
}

/* Two rules that became one name: the second finds the first's alerts there. */
static void
rename_alerts(struct core *core, const struct conf_detect *from, const struct conf_detect *to)
{
	for (size_t i = 0; i < from->rule_count; i++) {
		const char *name = changes_rule_name(from, to, &from->rules[i]);

		if (name != NULL)
			alert_rename(core->alerts, from->rules[i].name, name);
	}
}

void
core_configure(struct core *core, const struct conf *conf)
{
	struct alert_channel channels[CHANNEL_COUNT];
	struct channel_traits traits[CHANNEL_COUNT];
	size_t n = list_channels(conf, channels);

	rename_alerts(core, &core->conf->detect, &conf->detect);
	core->conf = conf;
	core->detect = detect_reconfigure(core->detect, &conf->detect);
	core->restored = false;
	alert_configure(core->alerts, &conf->alert, conf->agent.hostname, channels, n);
	list_traits(traits);
	outbox_configure(core->outbox, &conf->alert, conf->channels, traits);
}

void
core_begin(struct core *core, const struct now *now)
{
	batch_reset(&core->batch, now);
}

/* Alerts of an earlier life, which may come late. */
static void
restore_firing(struct core *core)
{
	if (core->restored)
		detect_recall(core->detect);
	core->restored = false;
}

/* Samples to the history, and to findings. */
static void
take_samples(struct core *core, const struct batch *batch, const struct now *now)
{
	bool minute = rollup_add(core->rollup, batch);

	store_add(core->store, batch);
	latest_add(&core->latest, batch);
	if (!core->judging)
		return;
	detect_feed(core->detect, batch, &core->findings);
	if (minute)
		detect_minute(core->detect, core->rollup, now, &core->findings);
}

static void
take_outside(struct core *core, const struct findings *outside)
{
	for (size_t i = 0; i < outside->len; i++) {
		struct finding *f = findings_add(&core->findings);

		if (f != NULL)
			*f = outside->items[i];
	}
}

static bool
is_collected(const struct core *core, enum metric_group group)
{
	return group >= (enum metric_group)COLLECTOR_COUNT ||
	       core->conf->collect.each[group].enabled;
}

/* Of a mount that does not answer, what is known of it stands. */
static enum alert_quiet
why_quiet(void *arg, const struct alert_facts *facts)
{
	const struct core *core = arg;
	uint32_t id = series_by_hash(core->series, facts->subject.hash);
	enum series_life life =
	    id == SERIES_NONE ? SERIES_ENDED : series_life(series_at(core->series, id));

	if (!is_collected(core, facts->subject.group))
		return ALERT_UNWATCHED;
	if (life == SERIES_ENDED)
		return ALERT_GONE;
	if (!detect_watches(core->detect, id, facts->rule))
		return ALERT_UNWATCHED;
	return life == SERIES_HELD ? ALERT_HELD : ALERT_GONE;
}

/* An alert that still fires, whose notice went into a digest of what is too old, is told anew. */
static void
tell_again(void *arg, uint64_t case_key, int channel, const struct now *now)
{
	struct core *core = arg;

	alert_again(core->alerts, case_key, channel, now, &core->notices);
}

static void
note_refused(void *arg, uint64_t case_key, int channel, const struct now *now)
{
	struct core *core = arg;

	(void)now;
	alert_note_refused(core->alerts, case_key, channel);
}

/* Findings to notices, and those into the outbox. */
static void
tell(struct core *core, bool cycle, const struct now *now)
{
	const struct alert_round round = {
	    .now = now, .cycle = cycle, .why_quiet = why_quiet, .why_quiet_arg = core};

	outbox_take_refused(core->outbox, note_refused, core, now);
	alert_apply(core->alerts, &core->findings, &round, &core->notices);
	if (core->host.look != NULL)
		core->host.look(core->host.arg, &core->findings, now);
	outbox_take_expired(core->outbox, tell_again, core, now);
	space_fill(&core->latest, core->store, &core->notices, now);
	if (core->host.explain != NULL)
		core->host.explain(core->host.arg, &core->notices, now);
	alert_note_causes(core->alerts, &core->notices);
	outbox_put(core->outbox, &core->notices, now);
	if (cycle)
		resend_round(&core->resend, core->alerts, core->outbox, core->conf, now);
}

void
core_judge(struct core *core, const struct batch *batch, const struct findings *outside,
    const struct now *now)
{
	findings_reset(&core->findings);
	if (core->judging)
		restore_firing(core);
	if (batch != NULL)
		take_samples(core, batch, now);
	if (!core->judging)
		return;
	if (outside != NULL)
		take_outside(core, outside);
	tell(core, batch != NULL, now);
}

void
core_start_judging(struct core *core)
{
	core->judging = true;
}
