/*
 * The frame of detectors with a detector of the test's own, in the place of the threshold: it says
 * what it was told, and in which order.
 */
#ifndef TESTS_FAKE_DETECTOR_H
#define TESTS_FAKE_DETECTOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/one_alert.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/log.h"
#include "base/str.h"
#include "detect/detect.h"

#define RIG_STEP_MS 10000
#define VARIANTS_MAX 300

/* How the fake behaves, and what it was told since the last look. */
static struct {
	uint16_t variants[VARIANTS_MAX];
	size_t variant_count;
	uint32_t window;
	bool refuses; /* every kept state */
	size_t wanted, started;
	int opened, closed;
	struct now now; /* what it is to be told */
	char text[4096];
	struct buf said;
} fake;

struct fake_state {
	uint32_t series;
	uint32_t fed;
	int64_t shifted_ns;
	enum severity firing;
};

static inline size_t
fake_wants(
    const struct detector_setup *setup, const struct series *s, uint16_t out[DETECTOR_VARIANTS_MAX])
{
	(void)setup;
	(void)s;
	fake.wanted++;
	for (size_t i = 0; i < fake.variant_count; i++)
		out[i] = fake.variants[i];
	return fake.variant_count;
}

static inline const char *
fake_rule_name(const struct detector_setup *setup, uint16_t variant)
{
	static char names[VARIANTS_MAX][8];

	(void)setup;
	snprintf(names[variant], sizeof(names[variant]), "r%u", variant);
	return names[variant];
}

static inline uint32_t
fake_window(const struct detector_setup *setup)
{
	(void)setup;
	return fake.window;
}

static inline void
fake_say(const char *what, const struct detector_input *in)
{
	buf_addf(&fake.said, "%s%s %s/%u", fake.said.len > 0 ? "; " : "", what,
	    series_label(in->series, 0), in->variant);
}

static inline void
fake_start(void *state, const struct detector_input *in)
{
	static const struct fake_state nothing;
	struct fake_state *f = state;

	assert_memory_equal(f, &nothing, sizeof(nothing));
	f->series = (uint32_t)in->series->hash;
	fake.started++;
	fake_say("start", in);
}

static inline void
fake_resume(void *state, const struct detector_input *in, const struct detector_alert *alert)
{
	struct fake_state *f = state;

	f->firing = alert->severity;
	fake_say("resume", in);
	buf_addf(&fake.said, " %s since %lld s", severity_name(alert->severity),
	    (long long)((in->now.boot_ns - alert->since_ns) / NS_PER_SEC));
}

static inline void
fake_gone(void *state)
{
	((struct fake_state *)state)->fed = 0;
	buf_adds(&fake.said, fake.said.len > 0 ? "; gone" : "gone");
}

static inline void
fake_feed(void *state, const struct detector_input *in, struct findings *out)
{
	struct fake_state *f = state;

	(void)out;
	assert_int_equal(f->series, (uint32_t)in->series->hash);
	f->fed++;
	assert_memory_equal(&in->now, &fake.now, sizeof(fake.now));
	fake_say("feed", in);
	buf_addf(&fake.said, " %g", in->value);
	if (in->window != NULL)
		buf_addf(&fake.said, "%s", in->window->restarted ? " anew" : " on");
}

static inline void
fake_minute(void *state, const struct detector_input *in, const struct rollup_row *row,
    struct findings *out)
{
	(void)out;
	assert_int_equal(((struct fake_state *)state)->series, (uint32_t)in->series->hash);
	assert_true(in->value == row->mean);
	assert_memory_equal(&in->now, &fake.now, sizeof(fake.now));
	fake_say("minute", in);
	buf_addf(&fake.said, " %g of %u", row->mean, row->count);
}

static inline void
fake_cycle_end(void *shared, const struct detector_input *in, struct findings *out)
{
	(void)out;
	assert_null(in->series);
	assert_memory_equal(&in->now, &fake.now, sizeof(fake.now));
	assert_ptr_equal(shared, in->shared);
	++*(uint32_t *)shared;
	buf_addf(&fake.said, "%send %u", fake.said.len > 0 ? "; " : "", *(uint32_t *)shared);
}

static inline bool
fake_load(void *state, int64_t shift_ns)
{
	((struct fake_state *)state)->shifted_ns = shift_ns;
	((struct fake_state *)state)->fed += 100;
	return !fake.refuses;
}

static inline bool
fake_load_shared(void *shared, int64_t shift_ns)
{
	(void)shared;
	(void)shift_ns;
	return !fake.refuses;
}

const struct detector threshold_detector = {.name = "fake",
    .version = 7,
    .state_bytes = sizeof(struct fake_state),
    .shared_bytes = sizeof(uint32_t),
    .states_a_series = 1,
    .wants = fake_wants,
    .rule_name = fake_rule_name,
    .window = fake_window,
    .start = fake_start,
    .resume = fake_resume,
    .gone = fake_gone,
    .feed = fake_feed,
    .minute = fake_minute,
    .cycle_end = fake_cycle_end,
    .load = fake_load,
    .load_shared = fake_load_shared};

static inline void *
fake_open(void *arg, uint32_t series, uint32_t samples)
{
	(void)series;
	assert_ptr_equal(arg, &fake);
	assert_int_equal(samples, fake.window);
	fake.opened++;
	return mem_zalloc(1, sizeof(int));
}

static inline void
fake_follow(void *arg, void *cursor, struct detector_window *out)
{
	(void)arg;
	*out = (struct detector_window){.restarted = (*(int *)cursor)++ == 0};
}

static inline void
fake_close(void *arg, void *cursor)
{
	(void)arg;
	fake.closed++;
	mem_free(cursor);
}

struct rig {
	struct conf_detect conf;
	struct series_table *table;
	struct batch batch;
	struct series_ref refs[3];
	struct findings findings;
	struct detect *detect;
	struct now now;
	struct one_alert alert;
};

static const struct detect_windows windows = {&fake, fake_open, fake_follow, fake_close};

static inline void
rig_open(struct rig *r)
{
	const struct detect_alerts alerts = one_alert_for_detect(&r->alert);

	r->detect = detect_new(&r->conf, r->table, &windows, &alerts);
}

static inline void
rig_reopen(struct rig *r)
{
	detect_free(r->detect);
	rig_open(r);
}

static inline void
rig_init(struct rig *r)
{
	memset(&fake, 0, sizeof(fake));
	buf_init(&fake.said, fake.text, sizeof(fake.text));
	fake.variant_count = 1;
	*r = (struct rig){.now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000}};
	r->table = series_table_new(NULL);
	batch_init(&r->batch, r->table, series_capacity(r->table));
	findings_init(&r->findings, 16);
	rig_open(r);
}

static inline void
rig_done(struct rig *r)
{
	detect_free(r->detect);
	findings_done(&r->findings);
	batch_done(&r->batch);
	series_table_free(r->table);
	assert_int_equal(fake.closed, fake.opened);
}

static inline void
sample(struct rig *r, int i, double value)
{
	const char *const values[] = {(const char *[]){"a", "b", "c"}[i], "x", "ext4"};

	batch_add_labelled(&r->batch, &r->refs[i], METRIC_DISK_USAGE, values, value, NAN);
}

/* What the fake was told since then. */
static inline const char *
said(void)
{
	static char text[4096];

	assert_false(fake.said.full);
	memcpy(text, fake.text, fake.said.len + 1);
	fake.said.len = 0;
	fake.text[0] = '\0';
	return text;
}

static inline void
begin_cycle_of(struct rig *r)
{
	r->now.boot_ns += RIG_STEP_MS * NS_PER_MS;
	r->now.wall_ms += RIG_STEP_MS;
	fake.now = r->now;
	batch_reset(&r->batch, &r->now);
}

/* A cycle with a sample of each of the first n. */
static inline const char *
cycle(struct rig *r, int n)
{
	begin_cycle_of(r);
	for (int i = 0; i < n; i++)
		sample(r, i, i + 1);
	detect_feed(r->detect, &r->batch, &r->findings);
	return said();
}

static inline void
recycle(struct rig *r, int i)
{
	((struct series *)(uintptr_t)series_at(r->table, r->refs[i].id))->gen++;
	r->refs[i].gen++;
}

/* An alert of that rule fires on the i-th, since a minute and a half. */
static inline void
fire(struct rig *r, int i, const char *rule)
{
	const struct series *s = series_at(r->table, r->refs[i].id);

	r->alert = (struct one_alert){
	    fingerprint_of(rule, s->hash), {SEV_CRITICAL, {.wall_ms = r->now.wall_ms - 90000}}};
}

#endif
