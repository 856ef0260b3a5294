/*
 * Thresholds on a fake clock: when a level fires and what it takes to clear. A model that looks at
 * the whole history checks random runs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/threshold.c"

#include "tests/unit/random.h"
#include "tests/unit/threshold_rig.h"

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
	rig_init_for(&r, 80, 95, 30);
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
	rig_init_for(&r, NAN, 90, 30);
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
	rig_reopen(&r);
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
	rig_reopen(&r);
	assert_string_equal(sample(&r, 85), "firing warn");
	assert_int_equal(strlen(r.findings.items[0].words), 255);
	assert_string_equal(r.findings.items[0].words, message);
	rig_done(&r);
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
	random_start();
	for (int run = 0; run < 60; run++) {
		int need = 1 + (int)draw(4);
		struct model m = {.n = 0};
		double value = 70;
		struct rig r;

		rig_init_for(&r, 80, 90, (need - 1) * STEP_MS / 1000);
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
	    cmocka_unit_test(a_transition_fires_only_after_the_opposite),
	    cmocka_unit_test(the_longest_message_arrives_whole),
	    cmocka_unit_test(random_runs_agree_with_the_definition),
	};

	return cmocka_run_group_tests_name("threshold", tests, NULL, NULL);
}
