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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(apart_means_one_alert_a_notice),
	    cmocka_unit_test(each_group_of_metrics_is_a_notice),
	};

	return cmocka_run_group_tests_name("make_notices", tests, NULL, NULL);
}
