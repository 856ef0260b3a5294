/*
 * An alert table on a fake clock: findings about places of a host go in, what channels are told
 * comes out as a short text, and what must outlive a restart is kept on a fake disk. Two channels
 * listen: a webhook to all severities but info, and discord from critical on.
 */
#ifndef TESTS_ALERT_RIG_H
#define TESTS_ALERT_RIG_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alert/alert.h"
#include "alert/silence_set.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/unit/fake_disk.h"
#include "tests/unit/notice_text.h"

#define RIG_STEP_MS 10000
#define RIG_PLACES 12
#define RIG_EVENTS 8 /* between two rounds */
#define RIG_MINUTE 6 /* steps */

struct alert_rig {
	struct conf_alert conf;
	const char *hostname;
	struct alert_channel channels[CHANNEL_COUNT];
	size_t channel_count;
	struct alert_table *table;
	struct series_table *series;
	struct series_ref refs[METRIC_COUNT][RIG_PLACES];
	struct subject subjects[RIG_EVENTS]; /* of events, until they are applied */
	size_t subject_count;
	struct findings findings;
	struct notices out;
	struct now now;
	struct fake_disk disk;
	char text[16384];
};

static inline struct alert_table *
rig_new_table(const struct alert_rig *r)
{
	return alert_new(&r->conf, r->hostname, r->channels, r->channel_count);
}

/* After a change of conf, hostname or channels. */
static inline void
rig_configure(struct alert_rig *r)
{
	alert_configure(r->table, &r->conf, r->hostname, r->channels, r->channel_count);
}

static inline void
rig_init(struct alert_rig *r)
{
	*r = (struct alert_rig){.conf = {.recovery_enabled = true},
	    .hostname = "web-01",
	    .channels = {{CHANNEL_WEBHOOK, SEV_DEFAULT_MASK, {0, false}},
	        {CHANNEL_DISCORD, SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY), {0, false}}},
	    .channel_count = 2,
	    .now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000}};
	r->table = rig_new_table(r);
	r->series = series_table_new(NULL);
	findings_init(&r->findings, 4096);
}

/* The same, with dedup windows. */
static inline void
rig_init_windows(struct alert_rig *r)
{
	rig_init(r);
	r->conf.dedup_secs[SEV_WARN] = 300;
	r->conf.dedup_secs[SEV_CRITICAL] = 60;
	rig_configure(r);
}

static inline void
rig_done(struct alert_rig *r)
{
	alert_free(r->table);
	series_table_free(r->series);
	findings_done(&r->findings);
	notices_done(&r->out);
	fake_disk_done(&r->disk);
}

static inline void
rig_save(struct alert_rig *r)
{
	alert_take_changes(r->table, fake_disk_put_alert, &r->disk);
	silence_set_take_changes(alert_silences(r->table), fake_disk_put_silence, &r->disk);
}

/* What was kept comes back. */
static inline void
rig_load(struct alert_rig *r)
{
	for (size_t i = 0; i < r->disk.used; i++) {
		const struct fake_row *row = &r->disk.rows[i];
		enum json_read read = JSON_READ_OK;

		if (row->json == NULL)
			continue;
		if (row->kind == KEPT_ALERT)
			read = alert_load(r->table, row->json, strlen(row->json), &r->now);
		else
			read = silence_set_load(
			    alert_silences(r->table), row->json, strlen(row->json), &r->now);
		assert_int_equal(read, JSON_READ_OK);
	}
}

/* Another process, on another boot, that judges before it is given what was kept. */
static inline void
rig_restart_blind(struct alert_rig *r)
{
	rig_save(r);
	alert_free(r->table);
	r->table = rig_new_table(r);
	r->now.boot_ns += 777 * NS_PER_SEC;
}

static inline void
rig_restart(struct alert_rig *r)
{
	rig_restart_blind(r);
	rig_load(r);
}

/* The JSON of the only row of its kind. */
static inline char *
rig_only_row(struct alert_rig *r, enum kept_kind kind)
{
	char *json = NULL;

	assert_int_equal(fake_disk_count(&r->disk, kind), 1);
	for (size_t i = 0; i < r->disk.used; i++) {
		if (r->disk.rows[i].json != NULL && r->disk.rows[i].kind == kind)
			json = r->disk.rows[i].json;
	}
	return json;
}

static inline struct finding *
rig_find_on(struct alert_rig *r, enum metric_id metric, int place, enum finding_state state,
    enum severity severity, double value)
{
	char where[16];
	const char *const values[METRIC_LABELS_MAX] = {where, where, "ext4"};
	struct finding *f = findings_add(&r->findings);

	snprintf(where, sizeof(where), "/%d", place);
	f->rule = metrics[metric].name;
	f->subject = subject_of_series(
	    series_at(r->series, series_get(r->series, &r->refs[metric][place], metric, values,
	                             r->now.boot_ns, RIG_STEP_MS)));
	f->state = state;
	f->severity = state == FINDING_CLEAR ? SEV_NONE : severity;
	f->value = value;
	f->limit = 80;
	f->since_ns = r->now.boot_ns;
	f->interval_ms = RIG_STEP_MS;
	return f;
}

/* It fires at this level; SEV_NONE: it is fine. */
static inline void
rig_found(
    struct alert_rig *r, enum metric_id metric, int place, enum severity severity, double value)
{
	rig_find_on(r, metric, place, severity == SEV_NONE ? FINDING_CLEAR : FINDING_FIRING,
	    severity, value);
}

/* A log line of that name was seen on that unit; it is over after quiet_ms without another. */
static inline struct finding *
rig_event(struct alert_rig *r, const char *name, const char *unit, enum severity severity,
    int64_t quiet_ms)
{
	struct subject *s = &r->subjects[r->subject_count++];
	struct finding *f = findings_add(&r->findings);

	assert_true(r->subject_count <= RIG_EVENTS);
	*s = (struct subject){.group = GROUP_LOG, .unit = UNIT_COUNT, .order = 3};
	str_copy(s->name, sizeof(s->name), name);
	label_set_add(&s->labels, "unit", unit);
	s->hash = subject_hash(s->name, &s->labels);
	f->rule = "log";
	f->subject = subject_as_is(s);
	f->state = FINDING_FIRING;
	f->severity = severity;
	f->value = 1;
	f->limit = NAN;
	f->since_ns = r->now.boot_ns;
	f->interval_ms = RIG_STEP_MS;
	f->event = true;
	f->quiet_ms = quiet_ms;
	return f;
}

/* A series of a mount that does not answer, as the host's table has it. */
static inline enum alert_quiet
rig_why_quiet(void *arg, const struct alert_facts *facts)
{
	const struct alert_rig *r = arg;
	uint32_t id = series_by_hash(r->series, facts->subject.hash);
	bool held = id != SERIES_NONE && series_life(series_at(r->series, id)) == SERIES_HELD;

	return held ? ALERT_HELD : ALERT_GONE;
}

/* What was told last, as in notice_text.h. */
static inline const char *
rig_told(struct alert_rig *r, bool places)
{
	return notice_text(&r->out, places, r->text, sizeof(r->text));
}

static inline void
rig_round(struct alert_rig *r, bool cycle)
{
	const struct alert_round round = {
	    .now = &r->now, .cycle = cycle, .why_quiet = rig_why_quiet, .why_quiet_arg = r};

	notices_done(&r->out);
	alert_apply(r->table, &r->findings, &round, &r->out);
	findings_reset(&r->findings);
	r->subject_count = 0;
	for (size_t i = 0; i < r->out.len; i++)
		assert_int_equal(r->out.items[i]->created.wall_ms, r->now.wall_ms);
}

static inline void
rig_pass(struct alert_rig *r, int64_t ms)
{
	r->now.boot_ns += ms * NS_PER_MS;
	r->now.wall_ms += ms;
}

/* A cycle with what was found; the clock then goes on. */
static inline const char *
rig_apply_for(struct alert_rig *r, int64_t ms)
{
	rig_round(r, true);
	rig_pass(r, ms);
	return rig_told(r, false);
}

static inline const char *
rig_apply(struct alert_rig *r)
{
	return rig_apply_for(r, RIG_STEP_MS);
}

/* The same, told with places. */
static inline const char *
rig_apply_places(struct alert_rig *r)
{
	rig_apply(r);
	return rig_told(r, true);
}

/* What was found between two cycles. */
static inline const char *
rig_apply_between(struct alert_rig *r)
{
	rig_round(r, false);
	return rig_told(r, false);
}

/* A finding of a mount's usage. */
static inline void
rig_usage(
    struct alert_rig *r, int place, enum finding_state state, enum severity severity, double value)
{
	rig_find_on(r, METRIC_DISK_USAGE, place, state, severity, value);
}

/* A cycle with the usage of the mount "/0". */
static inline const char *
rig_step(struct alert_rig *r, enum finding_state state, enum severity severity, double value)
{
	rig_usage(r, 0, state, severity, value);
	return rig_apply(r);
}

static inline const char *
rig_fires(struct alert_rig *r, enum severity severity)
{
	return rig_step(r, FINDING_FIRING, severity, 95);
}

static inline const char *
rig_pends(struct alert_rig *r, enum severity severity)
{
	return rig_step(r, FINDING_PENDING, severity, 95);
}

static inline const char *
rig_clears(struct alert_rig *r)
{
	return rig_step(r, FINDING_CLEAR, SEV_NONE, 45.2);
}

/* A cycle in which the CPU alone is judged, told with places. */
static inline const char *
rig_cpu(struct alert_rig *r, enum severity severity)
{
	rig_found(r, METRIC_CPU_USAGE, 0, severity, 96);
	return rig_apply_places(r);
}

/* The same for n steps, silent but for the last. */
static inline const char *
rig_cpu_for(struct alert_rig *r, enum severity severity, int n)
{
	for (; n > 1; n--)
		assert_string_equal(rig_cpu(r, severity), "");
	return rig_cpu(r, severity);
}

/* The id of a silence for so long; 0: refused. */
static inline uint32_t
rig_silence(struct alert_rig *r, const char *match, int64_t ms, bool allow_critical)
{
	struct alert_silence s = {.until = clock_at(r->now.boot_ns + ms * NS_PER_MS, &r->now),
	    .allow_critical = allow_critical};

	str_copy(s.match, sizeof(s.match), match);
	str_copy(s.comment, sizeof(s.comment), "test");
	return silence_set_add(alert_silences(r->table), &s, &r->now);
}

#endif
