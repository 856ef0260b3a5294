/*
 * What of alerts reaches the log: one line a transition, however many cycles and channels.
 */
#include "tests/unit/alert_rig.h"

#include "tests/unit/log_help.h"

#include "src/alert/alert_log.c"

static void
one_line_a_transition(void **state)
{
	FILE *log = catch_log(LOGL_INFO);
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 5; i++)
		rig_cpu(&r, SEV_WARN);
	assert_int_equal(count_logged(log, "alert "), 1);
	assert_int_equal(count_logged(log, " fires, warn: cpu.usage_percent is "), 1);
	for (int i = 0; i < 5; i++)
		rig_cpu(&r, SEV_CRITICAL);
	assert_int_equal(count_logged(log, " rises from warn to critical: cpu.usage_percent "), 1);
	rig_restart(&r);
	for (int i = 0; i < 5; i++)
		rig_cpu(&r, SEV_CRITICAL);
	rig_cpu(&r, SEV_WARN);
	assert_int_equal(count_logged(log, " falls from critical to warn: "), 1);
	for (int i = 0; i < 5; i++)
		rig_cpu(&r, SEV_NONE);
	assert_int_equal(count_logged(log, " is over, was warn: cpu.usage_percent normalized"), 1);
	assert_int_equal(count_logged(log, "alert "), 4);
	rig_done(&r);
	fclose(log);
}

static void
what_a_silence_holds_is_said_once(void **state)
{
	FILE *log = catch_log(LOGL_INFO);
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	rig_silence(&r, "*", 600000, false);
	for (int i = 0; i < 9; i++)
		assert_string_equal(rig_cpu(&r, SEV_CRITICAL), "");
	assert_int_equal(count_logged(log, " fires, critical: "), 1);
	assert_int_equal(count_logged(log, " is silenced, critical: cpu.usage_percent"), 1);
	rig_cpu(&r, SEV_NONE);
	assert_int_equal(count_logged(log, " is over, was critical"), 1);
	assert_int_equal(count_logged(log, "alert "), 3);
	rig_done(&r);
	fclose(log);
}

/* Up and down each cycle: a few lines, then one that says so. */
static void
what_flaps_fills_no_log(void **state)
{
	FILE *log = catch_log(LOGL_INFO);
	struct alert_rig r;

	(void)state;
	rig_init(&r);
	for (int i = 0; i < 200; i++)
		rig_cpu(&r, i % 2 == 0 ? SEV_CRITICAL : SEV_NONE);
	assert_int_equal(count_logged(log, " flaps, its ups and downs"), 1);
	assert_in_range(count_logged(log, "alert "), 2, 8);
	rig_done(&r);
	fclose(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_line_a_transition),
	    cmocka_unit_test(what_a_silence_holds_is_said_once),
	    cmocka_unit_test(what_flaps_fills_no_log),
	};

	return cmocka_run_group_tests_name("alert_log", tests, NULL, NULL);
}
