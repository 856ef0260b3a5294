/*
 * Thresholds on a fake clock: when a level fires, what it takes to clear, what a gap, a restart or
 * a recycled series does. A model that looks at the whole history checks random runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "src/detect/threshold.c"

#include "base/str.h"
#include "detect/detect.h"

#define STEP_MS 10000

struct rig {
	struct conf_detect conf;
	struct conf_rule rule;
	const char *name; /* of the rule whose findings come */
	struct series_table *table;
	struct batch batch;
	struct findings findings;
	struct detect *detect;
	struct series_ref ref;
	struct now now;
};

static void
rig_open(struct rig *r)
{
	r->detect = detect_new(&r->conf, r->table, NULL);
}

static char no_message[] = "";

/* One user's rule on cpu.usage_percent, or any other metric. */
static void
rig_init(struct rig *r, enum metric_id metric, enum rule_op op, double warn, double critical)
{
	*r = (struct rig){.conf = {.for_secs = -1, .clear_percent = 5}};
	r->name = "mine";
	r->rule = (struct conf_rule){.name = (char *)(uintptr_t)r->name,
	    .metric = metric,
	    .op = op,
	    .warn = warn,
	    .critical = critical,
	    .message = no_message};
	for (int i = 0; i < LIMIT_COUNT; i++)
		r->conf.warn[i] = r->conf.critical[i] = NAN;
	r->conf.rules = &r->rule;
	r->conf.rule_count = 1;
	r->table = series_table_new(NULL);
	batch_init(&r->batch, r->table, 16);
	findings_init(&r->findings, 16);
	r->now = (struct now){.boot_ns = 1000 * NS_PER_SEC, .wall_ms = 1790000000000};
	rig_open(r);
}

/* No user's rule: the built-in one, which is about a transition. */
static void
rig_init_read_only(struct rig *r)
{
	rig_init(r, METRIC_DISK_READ_ONLY, OP_GE, NAN, 1);
	r->name = "disk_read_only";
	r->conf.rule_count = 0;
	detect_free(r->detect);
	rig_open(r);
}

static void
rig_done(struct rig *r)
{
	detect_free(r->detect);
	findings_done(&r->findings);
	batch_done(&r->batch);
	series_table_free(r->table);
}

static void
pass(struct rig *r, int64_t ms)
{
	r->now.boot_ns += ms * NS_PER_MS;
	r->now.wall_ms += ms;
}

/* The agent lives on, the series has no samples. */
static void
cycles_without_it(struct rig *r, int n)
{
	for (int i = 0; i < n; i++) {
		pass(r, STEP_MS);
		batch_reset(&r->batch, &r->now);
		findings_reset(&r->findings);
		batch_add(&r->batch, METRIC_CPU_LOAD_1M, 1, NAN);
		detect_feed(r->detect, &r->batch, &r->findings);
	}
}

/* A sample after ms; "-", "pending warn", "firing critical", "clear". */
static const char *
sample_after(struct rig *r, int64_t ms, double value)
{
	static const char *const states[] = {"clear", "pending", "firing"};
	const char *const values[METRIC_LABELS_MAX] = {"a", "b", "c"};
	static char text[40];
	const struct finding *f = r->findings.items;

	pass(r, ms);
	batch_reset(&r->batch, &r->now);
	findings_reset(&r->findings);
	batch_add_labelled(&r->batch, &r->ref, r->rule.metric, values, value, NAN);
	detect_feed(r->detect, &r->batch, &r->findings);
	assert_true(r->findings.len <= 1);
	if (r->findings.len == 0)
		return "-";
	assert_string_equal(f->rule, r->name);
	assert_true(f->value == value);
	snprintf(text, sizeof(text), "%s%s%s", states[f->state],
	    f->state == FINDING_CLEAR ? "" : " ",
	    f->state == FINDING_CLEAR ? "" : severity_name(f->severity));
	return text;
}

static const char *
sample(struct rig *r, double value)
{
	return sample_after(r, STEP_MS, value);
}

static void
fires_at_the_first_sample_without_a_for(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 95);
	assert_string_equal(sample(&r, 79.9), "-");
	assert_string_equal(sample(&r, 80), "firing warn");
	assert_true(r.findings.items[0].limit == 80);
	assert_int_equal(r.findings.items[0].since_ns, r.now.boot_ns);
	assert_int_equal(r.findings.items[0].interval_ms, STEP_MS);
	assert_string_equal(sample(&r, 96), "firing critical");
	assert_true(r.findings.items[0].limit == 95);
	assert_int_equal(r.findings.items[0].since_ns, r.now.boot_ns - STEP_MS * NS_PER_MS);
	rig_done(&r);
}

static void
each_level_has_its_own_timer(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 95);
	r.rule.for_secs = 30;
	detect_free(r.detect);
	rig_open(&r);
	assert_string_equal(sample(&r, 85), "pending warn");
	assert_string_equal(sample(&r, 97), "pending critical");
	assert_string_equal(sample(&r, 85), "pending warn");
	assert_string_equal(sample(&r, 97), "firing warn");
	assert_string_equal(sample(&r, 97), "firing warn");
	assert_string_equal(sample(&r, 97), "firing warn");
	assert_string_equal(sample(&r, 97), "firing critical");
	rig_done(&r);
}

static void
one_fine_sample_restarts_a_pending_level(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, NAN, 90);
	r.rule.for_secs = 30;
	detect_free(r.detect);
	rig_open(&r);
	for (int i = 0; i < 3; i++)
		assert_string_equal(sample(&r, 91), "pending critical");
	assert_string_equal(sample(&r, 89), "clear");
	assert_string_equal(sample(&r, 89), "-");
	for (int i = 0; i < 3; i++)
		assert_string_equal(sample(&r, 91), "pending critical");
	assert_string_equal(sample(&r, 91), "firing critical");
	rig_done(&r);
}

/* With disks read once a minute, 30 s are over at the second sample. */
static void
two_samples_far_enough_apart_suffice(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, NAN, 90);
	r.rule.for_secs = 30;
	r.batch.interval_ms = 60000;
	detect_free(r.detect);
	rig_open(&r);
	assert_string_equal(sample_after(&r, 60000, 91), "pending critical");
	assert_string_equal(sample_after(&r, 60000, 91), "firing critical");
	rig_done(&r);
}

static void
clears_only_past_the_band(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	sample(&r, 91);
	assert_string_equal(sample(&r, 85.5), "firing critical");
	assert_string_equal(sample(&r, 85.4), "firing warn");
	assert_string_equal(sample(&r, 89), "firing warn");
	assert_string_equal(sample(&r, 90), "firing critical");
	assert_string_equal(sample(&r, 76), "firing warn");
	assert_string_equal(sample(&r, 75.9), "clear");
	assert_string_equal(sample(&r, 79), "-");
	rig_done(&r);
}

static void
bands_are_mirrored_and_go_by_magnitude(void **state)
{
	static const struct {
		enum metric_id metric;
		enum rule_op op;
		double limit, bad, still, fine;
	} cases[] = {
	    {METRIC_MEM_AVAILABLE, OP_LT, 1000, 999, 1049, 1050},
	    {METRIC_MEM_AVAILABLE, OP_LE, 1000, 1000, 1050, 1051},
	    {METRIC_MEM_AVAILABLE, OP_GT, 1000, 1001, 951, 950},
	    {METRIC_MEM_AVAILABLE, OP_GE, -100, -100, -105, -105.1},
	    {METRIC_MEM_AVAILABLE, OP_LT, -100, -101, -95.1, -95},
	    {METRIC_MEM_AVAILABLE, OP_EQ, 100, 100, 100, 99},
	    {METRIC_MEM_AVAILABLE, OP_NE, 100, 99, 101, 100},
	    {METRIC_MEM_AVAILABLE, OP_GT, 0, 0.1, 0.1, 0},
	    /* Without care nothing would ever be past these bands. */
	    {METRIC_NET_LINK_UP, OP_LT, 1, 0, 0, 1},
	    {METRIC_PROC_THREAD_COUNT, OP_LT, 1, 0, 0, 1},
	    {METRIC_PROC_THREAD_COUNT, OP_LT, 100, 99, 104, 105},
	    {METRIC_CPU_USAGE, OP_LT, 99, 98, 99.9, 100},
	};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_init(&r, cases[i].metric, cases[i].op, NAN, cases[i].limit);
		assert_string_equal(sample(&r, cases[i].fine), "-");
		assert_string_equal(sample(&r, cases[i].bad), "firing critical");
		assert_string_equal(sample(&r, cases[i].still), "firing critical");
		assert_string_equal(sample(&r, cases[i].fine), "clear");
		rig_done(&r);
	}
}

static void
a_gap_restarts_what_is_pending_and_nothing_else(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 95);
	r.rule.for_secs = 30;
	detect_free(r.detect);
	rig_open(&r);
	sample(&r, 85);
	assert_string_equal(sample_after(&r, 25000, 85), "pending warn");
	assert_string_equal(sample_after(&r, 25001, 85), "pending warn");
	assert_string_equal(sample_after(&r, 20000, 85), "pending warn");
	assert_string_equal(sample(&r, 85), "firing warn");
	sample(&r, 96);
	assert_string_equal(sample_after(&r, 600000, 96), "firing warn");
	assert_string_equal(sample_after(&r, 20000, 96), "firing warn");
	assert_string_equal(sample(&r, 96), "firing critical");
	assert_string_equal(sample_after(&r, 600000, 96), "firing critical");
	rig_done(&r);
}

static void
who_was_gone_starts_afresh(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 95);
	r.rule.for_secs = 30;
	detect_free(r.detect);
	rig_open(&r);
	for (int i = 0; i < 4; i++)
		sample(&r, 85);
	cycles_without_it(&r, GONE_INTERVALS - 2);
	assert_string_equal(sample(&r, 78), "firing warn");
	cycles_without_it(&r, GONE_INTERVALS);
	assert_string_equal(sample(&r, 85), "pending warn");
	assert_int_equal(r.findings.items[0].since_ns, r.now.boot_ns);
	sample(&r, 85);
	sample(&r, 85);
	assert_string_equal(sample(&r, 85), "firing warn");
	cycles_without_it(&r, GONE_INTERVALS);
	/* In the band, which is for those that fire. Should its alert live, it ends here. */
	assert_string_equal(sample(&r, 78), "clear");
	assert_string_equal(sample(&r, 78), "-");
	rig_done(&r);
}

/* As mounts say it: no usage while stale; the answer comes with the first that is not. */
static const char *
mount_sample(struct rig *r, struct series_ref *stale_ref, bool stale, double usage)
{
	const char *const values[] = {"/mnt", "nfs:/x", "nfs"};

	pass(r, STEP_MS);
	batch_reset(&r->batch, &r->now);
	findings_reset(&r->findings);
	batch_add(&r->batch, METRIC_CPU_LOAD_1M, 1, NAN);
	batch_add_labelled(&r->batch, stale_ref, METRIC_DISK_STALE, values, stale, NAN);
	if (!isnan(usage))
		batch_add_labelled(&r->batch, &r->ref, METRIC_DISK_USAGE, values, usage, NAN);
	else if (stale)
		batch_hold(&r->batch, &r->ref, METRIC_DISK_USAGE, values);
	detect_feed(r->detect, &r->batch, &r->findings);
	for (size_t i = 0; i < r->findings.len; i++) {
		if (r->ref.gen != 0 &&
		    r->findings.items[i].subject.hash == series_at(r->table, r->ref.id)->hash)
			return r->findings.items[i].state == FINDING_FIRING ? "firing" : "other";
	}
	return "-";
}

static void
who_is_known_not_to_answer_is_not_gone(void **state)
{
	struct series_ref stale_ref = {0};
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_DISK_USAGE, OP_GE, 80, NAN);
	assert_string_equal(mount_sample(&r, &stale_ref, false, 85), "firing");
	for (int i = 0; i < 20; i++)
		mount_sample(&r, &stale_ref, true, NAN);
	assert_string_equal(mount_sample(&r, &stale_ref, false, 78), "firing");
	/* It answers, but not that question: its alert ends. */
	for (int i = 0; i < 20; i++)
		mount_sample(&r, &stale_ref, false, NAN);
	assert_string_equal(mount_sample(&r, &stale_ref, false, 78), "other");
	rig_done(&r);
}

static void
a_clock_step_after_the_start_ages_nobody(void **state)
{
	struct alert_facts facts;
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	sample(&r, 50);
	facts = (struct alert_facts){.severity = SEV_CRITICAL,
	    .fingerprint = fingerprint_of("mine", series_at(r.table, r.ref.id)->hash),
	    .since_wall_ms = r.now.wall_ms - 90000};
	detect_free(r.detect);
	rig_open(&r);
	detect_restore(r.detect, &facts);
	cycles_without_it(&r, 1);
	r.now.wall_ms += 86400000;
	assert_string_equal(sample(&r, 91), "firing critical");
	assert_int_equal(
	    r.findings.items[0].since_ns, r.now.boot_ns - (90000 + 2 * STEP_MS) * NS_PER_MS);
	rig_done(&r);
}

static void
a_transition_fires_only_after_the_opposite(void **state)
{
	struct rig r;

	(void)state;
	rig_init_read_only(&r);
	for (int i = 0; i < 5; i++)
		assert_string_equal(sample(&r, 1), "-");
	assert_string_equal(sample(&r, 0), "-");
	assert_string_equal(sample(&r, 1), "firing critical");
	assert_string_equal(sample(&r, 1), "firing critical");
	assert_string_equal(sample(&r, 0), "clear");
	rig_done(&r);
}

static struct alert_facts
facts_now(const struct rig *r, enum severity severity)
{
	const struct series *s = series_at(r->table, r->ref.id);

	return (struct alert_facts){.fingerprint = fingerprint_of(r->name, s->hash),
	    .severity = severity,
	    .since_wall_ms = r->now.wall_ms - 90000};
}

static void
a_restored_alert_goes_on_firing_in_its_band(void **state)
{
	struct alert_facts facts;
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	r.rule.for_secs = 30;
	sample(&r, 50);
	facts = facts_now(&r, SEV_CRITICAL);
	for (int restart = 0; restart < 2; restart++) {
		detect_free(r.detect);
		rig_open(&r);
		detect_restore(r.detect, &facts);
		if (restart == 1)
			break;
		assert_string_equal(sample(&r, 86), "firing critical");
		assert_int_equal(
		    r.findings.items[0].since_ns, r.now.boot_ns - (90000 + STEP_MS) * NS_PER_MS);
		assert_string_equal(sample(&r, 84), "firing warn");
	}
	assert_string_equal(sample(&r, 20), "clear");
	assert_string_equal(sample(&r, 86), "pending warn");
	rig_done(&r);
}

static void
a_restored_transition_needs_no_opposite(void **state)
{
	struct alert_facts facts;
	struct rig r;

	(void)state;
	rig_init_read_only(&r);
	sample(&r, 0);
	facts = facts_now(&r, SEV_CRITICAL);
	detect_free(r.detect);
	rig_open(&r);
	detect_restore(r.detect, &facts);
	assert_string_equal(sample(&r, 1), "firing critical");
	assert_string_equal(sample(&r, 0), "clear");
	rig_done(&r);
}

/* All that a configuration may hold arrives. */
static void
the_longest_message_arrives_whole(void **state)
{
	char message[RULE_MESSAGE_MAX];
	struct rig r;

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	message[sizeof(message) - 2] = '!';
	message[sizeof(message) - 1] = '\0';
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	r.rule.message = message;
	detect_free(r.detect);
	rig_open(&r);
	assert_string_equal(sample(&r, 85), "firing warn");
	assert_int_equal(strlen(r.findings.items[0].words), 255);
	assert_string_equal(r.findings.items[0].words, message);
	rig_done(&r);
}

static void
a_recycled_place_starts_afresh(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	assert_string_equal(sample(&r, 91), "firing critical");
	((struct series *)(uintptr_t)series_at(r.table, r.ref.id))->gen++;
	r.ref.gen++;
	assert_string_equal(sample(&r, 86), "firing warn");
	((struct series *)(uintptr_t)series_at(r.table, r.ref.id))->gen++;
	r.ref.gen++;
	assert_string_equal(sample(&r, 78), "-");
	rig_done(&r);
}

static void
a_clear_that_found_no_room_comes_again(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	sample(&r, 91);
	r.findings.cap = 0;
	assert_string_equal(sample(&r, 1), "-");
	r.findings.cap = 16;
	assert_string_equal(sample(&r, 1), "clear");
	assert_string_equal(sample(&r, 1), "-");
	rig_done(&r);
}

static void
states_are_given_back(void **state)
{
	struct rig r;
	size_t bytes;

	(void)state;
	rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
	sample(&r, 95);
	bytes = detect_bytes(r.detect);
	for (uint32_t i = 0; i < 3 * series_capacity(r.table); i++) {
		((struct series *)(uintptr_t)series_at(r.table, r.ref.id))->gen++;
		r.ref.gen++;
		assert_string_equal(sample(&r, 95), "firing critical");
	}
	assert_int_equal(detect_bytes(r.detect), bytes);
	rig_done(&r);
}

static uint64_t rng;

static uint64_t
draw(uint64_t below)
{
	rng = rng * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rng >> 33) % below;
}

/* The level by definition: every sample of the last for_ms was past it, or held in its band. */
struct model {
	double values[512];
	int n, level;
};

static int
model_step(struct model *m, double value, int need)
{
	static const double limit[] = {80, 90};
	int level = 0;

	m->values[m->n++] = value;
	for (int k = 0; k < 2; k++) {
		bool all = m->n >= need;

		for (int i = 0; all && i < need; i++)
			all = m->values[m->n - 1 - i] >= limit[k];
		if (all || (m->level > k && value >= limit[k] * 0.95))
			level = k + 1;
	}
	m->level = level;
	return level;
}

static void
random_runs_agree_with_the_definition(void **state)
{
	static const char *const texts[] = {"", "firing warn", "firing critical"};

	(void)state;
	rng = (uint64_t)clock_seed();
	print_message("seed %llu\n", (unsigned long long)rng);
	for (int run = 0; run < 60; run++) {
		int need = 1 + (int)draw(4);
		struct model m = {.n = 0};
		double value = 70;
		struct rig r;

		rig_init(&r, METRIC_CPU_USAGE, OP_GE, 80, 90);
		r.rule.for_secs = (need - 1) * STEP_MS / 1000;
		detect_free(r.detect);
		rig_open(&r);
		for (int i = 0; i < 300; i++) {
			int before = m.level, level;
			const char *text;

			value = fmin(100, fmax(60, value + (double)draw(1700) / 100 - 8.5));
			level = model_step(&m, value, need);
			text = sample(&r, value);
			if (level > 0)
				assert_string_equal(text, texts[level]);
			else if (before > 0)
				assert_true(str_eq(text, "clear") || str_starts(text, "pending"));
			else
				assert_false(str_starts(text, "firing"));
		}
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fires_at_the_first_sample_without_a_for),
	    cmocka_unit_test(each_level_has_its_own_timer),
	    cmocka_unit_test(one_fine_sample_restarts_a_pending_level),
	    cmocka_unit_test(two_samples_far_enough_apart_suffice),
	    cmocka_unit_test(clears_only_past_the_band),
	    cmocka_unit_test(bands_are_mirrored_and_go_by_magnitude),
	    cmocka_unit_test(a_gap_restarts_what_is_pending_and_nothing_else),
	    cmocka_unit_test(who_was_gone_starts_afresh),
	    cmocka_unit_test(who_is_known_not_to_answer_is_not_gone),
	    cmocka_unit_test(a_clock_step_after_the_start_ages_nobody),
	    cmocka_unit_test(a_transition_fires_only_after_the_opposite),
	    cmocka_unit_test(a_restored_alert_goes_on_firing_in_its_band),
	    cmocka_unit_test(a_restored_transition_needs_no_opposite),
	    cmocka_unit_test(the_longest_message_arrives_whole),
	    cmocka_unit_test(a_recycled_place_starts_afresh),
	    cmocka_unit_test(a_clear_that_found_no_room_comes_again),
	    cmocka_unit_test(states_are_given_back),
	    cmocka_unit_test(random_runs_agree_with_the_definition),
	};

	return cmocka_run_group_tests_name("threshold", tests, NULL, NULL);
}
