/*
 * What lasts goes up a level, where the operator asked for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/alert/escalate.c"

#include "tests/unit/alert_rig.h"

static void
escalation_is_off_unless_asked_for(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(rig_cpu(&r, SEV_CRITICAL),
	    "webhook fire critical: usage_percent; discord fire critical: usage_percent");
	assert_string_equal(rig_cpu_for(&r, SEV_CRITICAL, 2000), "");
	rig_done(&r);
}

static void
what_lasts_is_raised(void **state)
{
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	r.conf.escalate_warn_after = 5;
	r.conf.escalate_critical_mins = 2;
	rig_configure(&r);
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 3), "");
	rig_restart(&r);
	assert_string_equal(rig_cpu(&r, SEV_WARN),
	    "webhook fire critical: usage_percent from warn; "
	    "discord fire critical: usage_percent from warn");
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 6), "");
	rig_restart(&r);
	assert_string_equal(rig_cpu_for(&r, SEV_WARN, 5), "");
	assert_string_equal(rig_cpu(&r, SEV_WARN),
	    "webhook fire emergency: usage_percent from warn; "
	    "discord fire emergency: usage_percent from warn");
	assert_string_equal(rig_cpu(&r, SEV_NONE),
	    "webhook resolve emergency: usage_percent from warn; discord resolve emergency: "
	    "usage_percent from warn");
	assert_string_equal(rig_cpu(&r, SEV_WARN), "webhook fire warn: usage_percent");
	rig_done(&r);
}

/* Evaluations are written as they are counted, where they are. */
static void
what_is_not_escalated_is_kept_once(void **state)
{
	struct alert_rig r;

	(void)state;
	for (int severity = SEV_INFO; severity <= SEV_EMERGENCY; severity++) {
		rig_init(&r);
		for (int step = 0; step < 4; step++) {
			rig_cpu(&r, (enum severity)severity);
			r.disk.writes = 0;
			rig_save(&r);
			assert_int_equal(r.disk.writes, step == 0);
		}
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escalation_is_off_unless_asked_for),
	    cmocka_unit_test(what_lasts_is_raised),
	    cmocka_unit_test(what_is_not_escalated_is_kept_once),
	};

	return cmocka_run_group_tests_name("escalate", tests, NULL, NULL);
}
