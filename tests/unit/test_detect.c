/*
 * The frame of detectors, with a detector of the test's own in the place of the threshold: which
 * states there are, what they are told and in which order, and what becomes of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/detect.c"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"

#define STEP_MS 10000
#define VARIANTS_MAX 300

/* How the fake behaves, and what it was told since the last look. */
static struct {
	uint16_t variants[VARIANTS_MAX];
	size_t variant_count;
	uint32_t window;
	bool refuses; /* every kept state */
	size_t wanted, started;
	int opened, closed;
	char text[4096];
	struct buf said;
} fake;

struct fake_state {
	uint32_t series;
	uint32_t fed;
	int64_t shifted_ns;
	enum severity firing;
};

static size_t
wants(
    const struct detector_setup *setup, const struct series *s, uint16_t out[DETECTOR_VARIANTS_MAX])
{
	(void)setup;
	(void)s;
	fake.wanted++;
	for (size_t i = 0; i < fake.variant_count; i++)
		out[i] = fake.variants[i];
	return fake.variant_count;
}

static const char *
rule_name(const struct detector_setup *setup, uint16_t variant)
{
	static char names[VARIANTS_MAX][8];

	(void)setup;
	snprintf(names[variant], sizeof(names[variant]), "r%u", variant);
	return names[variant];
}

static uint32_t
window(const struct detector_setup *setup)
{
	(void)setup;
	return fake.window;
}

static void
say(const char *what, const struct detector_input *in)
{
	buf_addf(&fake.said, "%s%s %s/%u", fake.said.len > 0 ? "; " : "", what,
	    series_label(in->series, 0), in->variant);
}

static void
start(void *state, const struct detector_input *in)
{
	static const struct fake_state nothing;
	struct fake_state *f = state;

	assert_memory_equal(f, &nothing, sizeof(nothing));
	f->series = (uint32_t)in->series->hash;
	fake.started++;
	say("start", in);
}

static void
resume_fake(void *state, const struct detector_input *in, const struct detector_alert *alert)
{
	struct fake_state *f = state;

	f->firing = alert->severity;
	say("resume", in);
	buf_addf(&fake.said, " %s since %lld s", severity_name(alert->severity),
	    (long long)((in->now.boot_ns - alert->since_ns) / NS_PER_SEC));
}

static void
gone(void *state)
{
	((struct fake_state *)state)->fed = 0;
	buf_adds(&fake.said, fake.said.len > 0 ? "; gone" : "gone");
}

static void
feed(void *state, const struct detector_input *in, struct findings *out)
{
	struct fake_state *f = state;

	(void)out;
	assert_int_equal(f->series, (uint32_t)in->series->hash);
	f->fed++;
	say("feed", in);
	buf_addf(&fake.said, " %g", in->value);
	if (in->window != NULL)
		buf_addf(&fake.said, "%s", in->window->restarted ? " anew" : " on");
}

static void
minute(void *state, const struct detector_input *in, const struct rollup_row *row,
    struct findings *out)
{
	(void)out;
	assert_int_equal(((struct fake_state *)state)->series, (uint32_t)in->series->hash);
	assert_true(in->value == row->mean);
	say("minute", in);
	buf_addf(&fake.said, " %g of %u", row->mean, row->count);
}

static void
cycle_end(void *shared, const struct detector_input *in, struct findings *out)
{
	(void)out;
	assert_null(in->series);
	assert_ptr_equal(shared, in->shared);
	++*(uint32_t *)shared;
	buf_addf(&fake.said, "%send %u", fake.said.len > 0 ? "; " : "", *(uint32_t *)shared);
}

static bool
load(void *state, int64_t shift_ns)
{
	((struct fake_state *)state)->shifted_ns = shift_ns;
	((struct fake_state *)state)->fed += 100;
	return !fake.refuses;
}

static bool
load_shared(void *shared, int64_t shift_ns)
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
    .wants = wants,
    .rule_name = rule_name,
    .window = window,
    .start = start,
    .resume = resume_fake,
    .gone = gone,
    .feed = feed,
    .minute = minute,
    .cycle_end = cycle_end,
    .load = load,
    .load_shared = load_shared};

static void *
open_window(void *arg, uint32_t series, uint32_t samples)
{
	(void)series;
	assert_ptr_equal(arg, &fake);
	assert_int_equal(samples, fake.window);
	fake.opened++;
	return mem_zalloc(1, sizeof(int));
}

static void
follow(void *arg, void *cursor, struct detector_window *out)
{
	(void)arg;
	*out = (struct detector_window){.restarted = (*(int *)cursor)++ == 0};
}

static void
close_window(void *arg, void *cursor)
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
};

static const struct detect_windows windows = {&fake, open_window, follow, close_window};

static void
rig_init(struct rig *r)
{
	memset(&fake, 0, sizeof(fake));
	buf_init(&fake.said, fake.text, sizeof(fake.text));
	fake.variant_count = 1;
	*r = (struct rig){.now = {.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000}};
	r->table = series_table_new(NULL);
	batch_init(&r->batch, r->table, series_capacity(r->table));
	findings_init(&r->findings, 16);
	r->detect = detect_new(&r->conf, r->table, &windows);
}

static void
rig_done(struct rig *r)
{
	detect_free(r->detect);
	findings_done(&r->findings);
	batch_done(&r->batch);
	series_table_free(r->table);
	assert_int_equal(fake.closed, fake.opened);
}

static void
sample(struct rig *r, int i, double value)
{
	const char *const values[] = {(const char *[]){"a", "b", "c"}[i], "x", "ext4"};

	batch_add_labelled(&r->batch, &r->refs[i], METRIC_DISK_USAGE, values, value, NAN);
}

/* What the fake was told since then. */
static const char *
said(void)
{
	static char text[4096];

	assert_false(fake.said.full);
	memcpy(text, fake.text, fake.said.len + 1);
	fake.said.len = 0;
	fake.text[0] = '\0';
	return text;
}

static void
begin_cycle_of(struct rig *r)
{
	r->now.boot_ns += STEP_MS * NS_PER_MS;
	r->now.wall_ms += STEP_MS;
	batch_reset(&r->batch, &r->now);
}

/* A cycle with a sample of each of the first n. */
static const char *
cycle(struct rig *r, int n)
{
	begin_cycle_of(r);
	for (int i = 0; i < n; i++)
		sample(r, i, i + 1);
	detect_feed(r->detect, &r->batch, &r->findings);
	return said();
}

static void
recycle(struct rig *r, int i)
{
	((struct series *)(uintptr_t)series_at(r->table, r->refs[i].id))->gen++;
	r->refs[i].gen++;
}

static struct alert_facts
alert_on(const struct rig *r, int i, const char *rule)
{
	const struct series *s = series_at(r->table, r->refs[i].id);

	return (struct alert_facts){.fingerprint = fingerprint_of(rule, s->hash),
	    .severity = SEV_CRITICAL,
	    .since_wall_ms = r->now.wall_ms - 90000};
}

static void
each_sample_is_fed_once_and_then_the_cycle_ends(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(cycle(&r, 2), "start a/0; feed a/0 1; start b/0; feed b/0 2; end 1");
	assert_string_equal(cycle(&r, 2), "feed a/0 1; feed b/0 2; end 2");
	assert_string_equal(cycle(&r, 0), "end 3");
	assert_int_equal(fake.wanted, 2);
	rig_done(&r);
}

static void
variants_of_a_series_are_states_of_their_own(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.variant_count = 3;
	memcpy(fake.variants, (const uint16_t[]){4, 9, 200}, 3 * sizeof(uint16_t));
	assert_string_equal(cycle(&r, 1), "start a/200; start a/9; start a/4; feed a/4 1; feed a/9 "
	                                  "1; feed a/200 1; end 1");
	assert_string_equal(cycle(&r, 1), "feed a/4 1; feed a/9 1; feed a/200 1; end 2");
	fake.variant_count = 0; /* of one that it does not want */
	assert_string_equal(cycle(&r, 2), "feed a/4 1; feed a/9 1; feed a/200 1; end 3");
	assert_int_equal(fake.wanted, 2);
	rig_done(&r);
}

static void
states_are_given_back_with_their_windows(void **state)
{
	struct rig r;
	size_t bytes;

	(void)state;
	rig_init(&r);
	fake.variant_count = 2;
	fake.variants[1] = 1;
	fake.window = 60;
	cycle(&r, 1);
	bytes = detect_bytes(r.detect);
	for (uint32_t i = 0; i < 2 * series_capacity(r.table); i++) {
		recycle(&r, 0);
		assert_true(str_starts(
		    cycle(&r, 1), "start a/1; start a/0; feed a/0 1 anew; feed a/1 1 anew; end "));
		assert_int_equal(fake.opened - fake.closed, 2);
	}
	assert_int_equal(detect_bytes(r.detect), bytes);
	rig_done(&r);
}

static void
a_window_is_opened_once_and_followed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.window = 6;
	assert_string_equal(cycle(&r, 1), "start a/0; feed a/0 1 anew; end 1");
	assert_string_equal(cycle(&r, 1), "feed a/0 1 on; end 2");
	assert_int_equal(fake.opened, 1);
	rig_done(&r);
}

/* Its run has grown: it had ended, by the series table, and has samples again. */
static void
a_series_that_comes_back_is_said_to_have_been_gone(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.window = 6;
	cycle(&r, 2);
	for (int i = 0; i < GONE_INTERVALS - 1; i++)
		cycle(&r, 1);
	assert_string_equal(cycle(&r, 2), "feed a/0 1 on; feed b/0 2 on; end 4");
	for (int i = 0; i < GONE_INTERVALS; i++)
		cycle(&r, 1);
	assert_string_equal(cycle(&r, 2), "feed a/0 1 on; gone; feed b/0 2 anew; end 8");
	assert_string_equal(cycle(&r, 2), "feed a/0 1 on; feed b/0 2 on; end 9");
	assert_int_equal(fake.wanted, 2);
	assert_int_equal(fake.opened, 3);
	rig_done(&r);
}

static void
an_alert_that_fired_is_resumed_when_its_series_appears(void **state)
{
	struct alert_facts facts;
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.variant_count = 2;
	fake.variants[1] = 1;
	cycle(&r, 2);
	facts = alert_on(&r, 1, "r1");
	detect_free(r.detect);
	r.detect = detect_new(&r.conf, r.table, &windows);
	detect_restore(r.detect, &facts);
	cycle(&r, 1);
	assert_string_equal(cycle(&r, 2),
	    "feed a/0 1; feed a/1 1; start b/1; start b/0; resume b/1 critical since 110 s; feed "
	    "b/0 2; feed b/1 2; end 2");
	recycle(&r, 1);
	assert_string_equal(cycle(&r, 2),
	    "feed a/0 1; feed a/1 1; start b/1; start b/0; feed b/0 2; feed b/1 2; "
	    "end 3");
	rig_done(&r);
}

/* The keeper's rows came after the first samples. */
static void
an_alert_that_comes_late_is_resumed_all_the_same(void **state)
{
	struct alert_facts facts, other;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 2);
	cycle(&r, 2);
	r.now.boot_ns += 2 * 3600 * NS_PER_SEC; /* the hour counts from here */
	cycle(&r, 2);
	facts = alert_on(&r, 0, "r0");
	other = alert_on(&r, 0, "a rule that is no more");
	detect_restore(r.detect, &other);
	detect_restore(r.detect, &facts);
	facts = alert_on(&r, 1, "r0");
	facts.severity = SEV_NONE;
	detect_restore(r.detect, &facts); /* none that fires */
	assert_string_equal(
	    cycle(&r, 2), "resume a/0 critical since 100 s; feed a/0 1; feed b/0 2; end 4");
	assert_string_equal(cycle(&r, 2), "feed a/0 1; feed b/0 2; end 5");
	rig_done(&r);
}

/* By then another thing goes by its name. */
static void
an_hour_after_the_start_nothing_is_resumed(void **state)
{
	struct alert_facts facts;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 2);
	facts = alert_on(&r, 1, "r0");
	detect_free(r.detect);
	r.detect = detect_new(&r.conf, r.table, &windows);
	detect_restore(r.detect, &facts);
	cycle(&r, 1);
	r.now.boot_ns += 3600 * NS_PER_SEC;
	assert_string_equal(cycle(&r, 2), "feed a/0 1; start b/0; feed b/0 2; end 2");
	rig_done(&r);
}

static void
minutes_go_to_the_states_of_their_series(void **state)
{
	struct rollup *rollup;
	struct rig r;

	(void)state;
	rig_init(&r);
	rollup = rollup_new(r.table);
	for (int i = 0; i < 3; i++) {
		cycle(&r, 2);
		rollup_add(rollup, &r.batch);
	}
	recycle(&r, 1);
	r.now.boot_ns += 60 * NS_PER_SEC;
	cycle(&r, 2);
	assert_true(rollup_add(rollup, &r.batch));
	detect_minute(r.detect, rollup, &r.now, &r.findings);
	/* Not to the successor of the one that it is about. */
	assert_string_equal(said(), "minute a/0 1 of 2");
	rollup_free(rollup);
	rig_done(&r);
}

/* What a log line says goes to a file, where it is counted. */
static int
count_warnings(FILE *log)
{
	char line[512];
	int n = 0;

	rewind(log);
	while (fgets(line, sizeof(line), log) != NULL)
		n += strstr(line, "states of detector fake") != NULL;
	return n;
}

static void
too_many_states_are_said_once(void **state)
{
	FILE *log = tmpfile();
	uint32_t quota[GROUP_COUNT];
	struct rig r;
	size_t bytes;

	(void)state;
	assert_non_null(log);
	rig_init(&r);
	detect_free(r.detect);
	series_table_free(r.table);
	batch_done(&r.batch);
	for (int g = 0; g < GROUP_COUNT; g++)
		quota[g] = 4;
	r.table = series_table_new(quota);
	batch_init(&r.batch, r.table, 16);
	fake.variant_count = series_capacity(r.table) / 2;
	assert_true(fake.variant_count < VARIANTS_MAX);
	for (size_t i = 0; i < fake.variant_count; i++)
		fake.variants[i] = (uint16_t)i;
	r.detect = detect_new(&r.conf, r.table, NULL);
	log_init(fileno(log), LOGL_WARN, false, "test");
	cycle(&r, 2);
	assert_int_equal(count_warnings(log), 0);
	bytes = detect_bytes(r.detect);
	assert_int_equal(fake.started, 2 * fake.variant_count);
	for (int i = 0; i < 5; i++) {
		cycle(&r, 3);
		recycle(&r, 2);
	}
	assert_int_equal(count_warnings(log), 1);
	assert_true(fake.started <= series_capacity(r.table));
	/* What is given back goes to the next that asks. */
	fake.started = 0;
	recycle(&r, 0);
	recycle(&r, 1);
	cycle(&r, 3);
	assert_int_equal(fake.started, series_capacity(r.table));
	assert_true(detect_bytes(r.detect) <= bytes + STATE_CHUNK * 256);
	log_init(2, LOGL_ERROR, false, "test");
	fclose(log);
	rig_done(&r);
}

static const struct fake_state *
state_of(const struct rig *r, int i, uint16_t variant)
{
	struct state *s = states_first(&r->detect->states, 0, r->refs[i].id);

	while (s != NULL && s->variant != variant)
		s = states_next(&r->detect->states, 0, s);
	return s == NULL ? NULL : (const struct fake_state *)(const void *)s->data;
}

/* They find their places by the names of their rules, not by number. */
static void
states_move_to_another_configuration(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.variant_count = 2;
	fake.variants[0] = 5;
	fake.variants[1] = 6;
	for (int i = 0; i < 3; i++)
		cycle(&r, 2);
	fake.variants[0] = 6;
	fake.variants[1] = 8;
	r.detect = detect_reconfigure(r.detect, &r.conf);
	assert_null(state_of(&r, 0, 5));
	assert_int_equal(state_of(&r, 0, 6)->fed, 103);
	assert_int_equal(state_of(&r, 1, 6)->fed, 103);
	assert_int_equal(state_of(&r, 0, 6)->shifted_ns, 0);
	assert_int_equal(state_of(&r, 0, 8)->fed, 0);
	said();
	assert_string_equal(cycle(&r, 2), "feed a/6 1; feed a/8 1; feed b/6 2; feed b/8 2; end 4");
	/* Those that make no sense to their detector start afresh. */
	fake.refuses = true;
	r.detect = detect_reconfigure(r.detect, &r.conf);
	assert_int_equal(state_of(&r, 0, 6)->fed, 0);
	assert_int_equal(
	    state_of(&r, 0, 6)->series, (uint32_t)series_at(r.table, r.refs[0].id)->hash);
	said();
	assert_string_equal(cycle(&r, 2), "feed a/6 1; feed a/8 1; feed b/6 2; feed b/8 2; end 1");
	rig_done(&r);
}

static void
states_of_another_version_or_size_are_dropped(void **state)
{
	uint8_t bytes[512];
	struct bytes_out out;
	struct bytes_in in;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 1);
	bytes_out_init(&out, bytes, sizeof(bytes));
	detect_save_series(r.detect, r.refs[0].id, &out);
	assert_true(out.len > sizeof(struct fake_state) && !out.full);
	for (size_t cut = 0; cut <= out.len; cut++) {
		detect_free(r.detect);
		r.detect = detect_new(&r.conf, r.table, &windows);
		bytes_in_init(&in, bytes, cut);
		detect_load_series(r.detect, r.refs[0].id, &in, 55);
		assert_int_equal(state_of(&r, 0, 0)->fed, cut == out.len ? 101 : 0);
		assert_int_equal(state_of(&r, 0, 0)->shifted_ns, cut == out.len ? 55 : 0);
	}
	for (size_t i = 0; i < out.len; i++) {
		bytes[i] ^= 0x40;
		detect_free(r.detect);
		r.detect = detect_new(&r.conf, r.table, &windows);
		bytes_in_init(&in, bytes, out.len);
		detect_load_series(r.detect, r.refs[0].id, &in, 55);
		/* Names, version, key and length come first; the state is at the end. */
		if (i < out.len - sizeof(struct fake_state))
			assert_int_equal(state_of(&r, 0, 0)->fed, 0);
		bytes[i] ^= 0x40;
	}
	rig_done(&r);
}

static void
a_state_of_another_length_is_dropped(void **state)
{
	static const uint8_t data[sizeof(struct fake_state) + 8];
	uint8_t bytes[512];
	struct bytes_out out;
	struct bytes_in in;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 1);
	for (size_t len = 0; len <= sizeof(data); len++) {
		bytes_out_init(&out, bytes, sizeof(bytes));
		bytes_put_text(&out, "fake");
		bytes_put_u16(&out, 7);
		bytes_put_u64(&out, str_hash(STR_HASH_SEED, "r0", 2));
		bytes_put_raw(&out, data, len);
		detect_free(r.detect);
		r.detect = detect_new(&r.conf, r.table, &windows);
		bytes_in_init(&in, bytes, out.len);
		detect_load_series(r.detect, r.refs[0].id, &in, 0);
		assert_int_equal(
		    state_of(&r, 0, 0)->fed, len == sizeof(struct fake_state) ? 100 : 0);
		fake.said.len = 0;
	}
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_sample_is_fed_once_and_then_the_cycle_ends),
	    cmocka_unit_test(variants_of_a_series_are_states_of_their_own),
	    cmocka_unit_test(states_are_given_back_with_their_windows),
	    cmocka_unit_test(a_window_is_opened_once_and_followed),
	    cmocka_unit_test(a_series_that_comes_back_is_said_to_have_been_gone),
	    cmocka_unit_test(an_alert_that_fired_is_resumed_when_its_series_appears),
	    cmocka_unit_test(an_alert_that_comes_late_is_resumed_all_the_same),
	    cmocka_unit_test(an_hour_after_the_start_nothing_is_resumed),
	    cmocka_unit_test(minutes_go_to_the_states_of_their_series),
	    cmocka_unit_test(too_many_states_are_said_once),
	    cmocka_unit_test(states_move_to_another_configuration),
	    cmocka_unit_test(states_of_another_version_or_size_are_dropped),
	    cmocka_unit_test(a_state_of_another_length_is_dropped),
	};

	return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
