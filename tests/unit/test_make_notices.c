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
	struct alert_channel apart = {CHANNEL_WEBHOOK, SEV_DEFAULT_MASK, true, false};
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
		    {(id + 1) % CHANNEL_COUNT, SEV_BIT(SEV_WARN), false, false},
		    {id, SEV_BIT(SEV_CRITICAL), false, false}};

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

/* More than a message holds are counted. */
static void
past_fifty_only_the_number_is_told(void **state)
{
	for (int count = FACTS_MAX - 1; count <= FACTS_MAX + 1; count++) {
		struct alert_rig r;

		(void)state;
		rig_init(&r);
		r.conf.group_window_secs = 10;
		rig_configure(&r);
		for (int step = 0; step < 2; step++) {
			for (int i = 0; i < count; i++)
				rig_find_on(&r,
				    (enum metric_id[]){METRIC_DISK_USAGE, METRIC_DISK_AWAIT,
				        METRIC_DISK_IO_TIME, METRIC_DISK_INODE_USAGE,
				        METRIC_DISK_AVAILABLE}[i / 12],
				    i % 12, FINDING_FIRING, SEV_WARN, 85);
			rig_round(&r, true);
			rig_pass(&r, RIG_STEP_MS);
		}
		assert_int_equal(r.out.len, 1);
		assert_int_equal(r.out.items[0]->total, count);
		assert_int_equal(r.out.items[0]->fact_count, count < FACTS_MAX ? count : FACTS_MAX);
		assert_int_equal(r.out.items[0]->severity, SEV_WARN);
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
	};

	return cmocka_run_group_tests_name("make_notices", tests, NULL, NULL);
}
