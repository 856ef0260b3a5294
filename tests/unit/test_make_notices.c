/*
 * News that passed the stages, as notices: who gets one, and of what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/make_notices.c"

#include "tests/unit/alert_rig.h"

static void
apart_means_one_alert_a_notice(void **state)
{
	struct alert_channel apart = {CHANNEL_WEBHOOK, SEV_DEFAULT_MASK, {1, false}};
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 10;
	alert_configure(r.table, &r.conf, "web-01", &apart, 1);
	for (int step = 0; step < 2; step++) {
		for (int place = 0; place < 2; place++)
			rig_found(&r, METRIC_DISK_USAGE, place, SEV_WARN, 85 + place);
		assert_string_equal(rig_apply_places(&r),
		    step == 0 ? ""
		              : "webhook fire warn: usage_percent/1; webhook fire warn: "
		                "usage_percent/0");
	}
	rig_done(&r);
}

static void
each_group_of_metrics_is_a_notice(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.group_window_secs = 10;
	rig_configure(&r);
	for (int step = 0; step < 2; step++) {
		rig_found(&r, METRIC_CPU_USAGE, 0, SEV_WARN, 85);
		rig_found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
		rig_event(&r, "oom_kill", "nginx", SEV_WARN, 60000);
		rig_event(&r, "oom_kill", "php", SEV_WARN, 60000);
		rig_apply_places(&r);
	}
	assert_string_equal(r.text,
	    "webhook fire warn: usage_percent; webhook fire warn: usage_percent; webhook fire "
	    "warn: oom_killphp oom_killnginx");
	rig_done(&r);
}

/* Of what is bad when it is low, the lowest is worst; of all else the highest. */
static void
the_worst_value_comes_first(void **state)
{
	static const struct {
		enum rule_op op;
		const char *told;
	} cases[] = {
	    {OP_GE, "webhook fire warn: usage_percent/2 usage_percent/1 usage_percent/0"},
	    {OP_GT, "webhook fire warn: usage_percent/2 usage_percent/1 usage_percent/0"},
	    {OP_NE, "webhook fire warn: usage_percent/2 usage_percent/1 usage_percent/0"},
	    {OP_LE, "webhook fire warn: usage_percent/0 usage_percent/1 usage_percent/2"},
	    {OP_LT, "webhook fire warn: usage_percent/0 usage_percent/1 usage_percent/2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct alert_rig r;

		rig_init(&r);
		r.conf.group_window_secs = 10;
		rig_configure(&r);
		for (int step = 0; step < 2; step++) {
			for (int place = 0; place < 3; place++)
				rig_find_on(&r, METRIC_DISK_USAGE, place, FINDING_FIRING, SEV_WARN,
				    20 + place)
				    ->op = cases[i].op;
			rig_apply_places(&r);
		}
		assert_string_equal(r.text, cases[i].told);
		rig_done(&r);
	}
}

/* Bad news before good, severe before mild, and by the order of groups. */
static void
what_leaves_at_once_leaves_by_weight(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_found(&r, METRIC_DISK_USAGE, 0, SEV_EMERGENCY, 99);
	rig_apply(&r);
	rig_found(&r, METRIC_DISK_USAGE, 0, SEV_NONE, 1);
	rig_found(&r, METRIC_DISK_USAGE, 1, SEV_WARN, 85);
	rig_found(&r, METRIC_DISK_USAGE, 2, SEV_CRITICAL, 92);
	rig_found(&r, METRIC_MEM_USAGE, 0, SEV_WARN, 85);
	rig_found(&r, METRIC_CPU_USAGE, 0, SEV_EMERGENCY, 99);
	assert_string_equal(rig_apply_places(&r),
	    "webhook fire emergency: usage_percent; discord fire emergency: usage_percent; "
	    "webhook fire critical: usage_percent/2; discord fire critical: usage_percent/2; "
	    "webhook fire warn: usage_percent; webhook fire warn: usage_percent/1; "
	    "webhook resolve emergency: usage_percent/0; discord resolve emergency: "
	    "usage_percent/0");
	rig_done(&r);
}

/* Whatever its number, a channel hears of the severities that it takes, and of their ends. */
static void
each_channel_hears_its_severities(void **state)
{
	(void)state;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		struct alert_channel channels[] = {
		    {(id + 1) % CHANNEL_COUNT, SEV_BIT(SEV_WARN), {0, false}},
		    {id, SEV_BIT(SEV_CRITICAL), {0, false}}};

		for (int severity = SEV_INFO; severity <= SEV_CRITICAL; severity++) {
			struct alert_rig r;

			rig_init(&r);
			alert_configure(r.table, &r.conf, "web-01", channels, 2);
			for (int over = 0; over < 2; over++) {
				rig_step(&r, over ? FINDING_CLEAR : FINDING_FIRING,
				    (enum severity)severity, 95);
				assert_int_equal(r.out.len, severity > SEV_INFO);
				if (severity > SEV_INFO)
					assert_int_equal(r.out.items[0]->channel,
					    channels[severity == SEV_CRITICAL].id);
			}
			rig_done(&r);
		}
	}
}

static void
find_many(struct alert_rig *r, int count, enum finding_state state)
{
	static const enum metric_id kinds[] = {METRIC_DISK_USAGE, METRIC_DISK_AWAIT,
	    METRIC_DISK_IO_TIME, METRIC_DISK_INODE_USAGE, METRIC_DISK_AVAILABLE};

	for (int i = 0; i < count; i++)
		rig_find_on(r, kinds[i / 12], i % 12, state, SEV_WARN, 85);
	rig_round(r, true);
	rig_pass(r, RIG_STEP_MS);
}

/* Twice, after which the group's window is over. */
static void
find_group(struct alert_rig *r, int count, enum finding_state state)
{
	find_many(r, count, state);
	find_many(r, count, state);
}

/* More than a message holds are counted. */
static void
past_fifty_only_the_number_is_told(void **state)
{
	for (int count = NOTICE_FACTS_MAX - 1; count <= NOTICE_FACTS_MAX + 1; count++) {
		struct alert_rig r;

		(void)state;
		rig_init(&r);
		r.conf.group_window_secs = 10;
		rig_configure(&r);
		find_group(&r, count, FINDING_FIRING);
		assert_int_equal(r.out.len, 1);
		assert_int_equal(r.out.items[0]->total, count);
		assert_int_equal(r.out.items[0]->fact_count,
		    count < NOTICE_FACTS_MAX ? count : NOTICE_FACTS_MAX);
		assert_int_equal(r.out.items[0]->severity, SEV_WARN);
		rig_done(&r);
	}
}

static uint64_t
note_alert(uint64_t seen[], size_t n, uint64_t fingerprint)
{
	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(seen[i], fingerprint);
	return seen[n] = fingerprint;
}

/* A program hears of each, of its beginning and its end, in as many messages as it takes. */
static void
programs_are_told_of_each_by_name(void **state)
{
	static const struct {
		unsigned alerts_max;
		int count;
		size_t notices;
	} cases[] = {{20, 1, 1}, {20, 20, 1}, {20, 21, 2}, {20, 60, 3}, {7, 60, 9}};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct alert_rig r;

		rig_init(&r);
		r.conf.group_window_secs = 10;
		r.channels[0].traits.alerts_max = cases[k].alerts_max;
		rig_configure(&r);
		for (int over = 0; over < 2; over++) {
			uint64_t seen[60];
			size_t told = 0;

			find_group(&r, cases[k].count, over ? FINDING_CLEAR : FINDING_FIRING);
			assert_int_equal(r.out.len, cases[k].notices);
			for (size_t i = 0; i < r.out.len; i++) {
				const struct notice *n = r.out.items[i];

				assert_int_equal(n->kind, over ? NOTICE_RESOLVE : NOTICE_FIRE);
				assert_int_equal(n->fact_count, n->total);
				assert_true(n->fact_count <= cases[k].alerts_max);
				for (size_t f = 0; f < n->fact_count; f++)
					note_alert(seen, told++, n->facts[f].fingerprint);
			}
			assert_int_equal(told, cases[k].count);
		}
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(apart_means_one_alert_a_notice),
	    cmocka_unit_test(each_group_of_metrics_is_a_notice),
	    cmocka_unit_test(the_worst_value_comes_first),
	    cmocka_unit_test(what_leaves_at_once_leaves_by_weight),
	    cmocka_unit_test(each_channel_hears_its_severities),
	    cmocka_unit_test(past_fifty_only_the_number_is_told),
	    cmocka_unit_test(programs_are_told_of_each_by_name),
	};

	return cmocka_run_group_tests_name("make_notices", tests, NULL, NULL);
}
