/*
 * Configurations: a bad one is refused whatever is bad about it, a good one replaces only those
 * whom it concerns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/launch_rig.h"

static void
a_bad_configuration_is_not_reloaded(void **state)
{
	static const enum loading bad[] = {
	    REFUSES, HANGS, SITS_IN_THE_KERNEL, FLOODS, DIES, NO_SETTINGS};

	(void)state;
	launch();
	expect_all_started();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		board->loading = bad[i];
		kill(out.pid, SIGHUP);
		expect("configuration not reloaded: the old one stays");
	}
	stop_and_expect_success();
	assert_null(strstr(out.text, "gen=4"));
	assert_null(strstr(out.text, "ended (s"));
}

static void
a_good_configuration_is_reloaded_in_place(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	board->version = 7;
	kill(out.pid, SIGHUP);
	expect("configuration reloaded");
	rewind_to_start();
	expect("agent follows blob=agent-v7");
	rewind_to_start();
	expect("blob=keeper-v7");
	rewind_to_start();
	expect("blob=courier-v7");
	rewind_to_start();
	expect("agent meets courier gen=5");
	stop_and_expect_success();
	assert_null(strstr(out.text, "starts again"));
}

static void
a_reload_without_a_change_disturbs_nobody(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	board->more[LAUNCH_BLOB_SELF] = 1;
	for (int i = 0; i < 3; i++) {
		kill(out.pid, SIGHUP);
		expect("configuration reloaded: nobody's part has changed");
	}
	assert_null(strstr(out.text, "gen=4"));
	assert_null(strstr(out.text, "-agent\n"));
	stop_and_expect_success();
}

/* What it cannot follow while it runs, it begins anew with; that is no failure. */
static void
an_agent_that_cannot_follow_begins_anew(void **state)
{
	(void)state;
	board->mood[ROLE_AGENT] = RIGID;
	launch();
	expect_all_started();
	board->more[ROLE_AGENT] = 5;
	kill(out.pid, SIGHUP);
	expect("agent follows blob=agent-v5");
	rewind_to_start();
	expect("agent begins anew, as its configuration asks");
	rewind_to_start();
	assert_non_null(strstr(expect("+agent gen=4"), "blob=agent-v5"));
	stop_and_expect_success();
	assert_null(strstr(out.text, "starts again"));
}

static void
a_reload_replaces_only_those_whose_part_has_changed(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++) {
		char line[64];

		memset((void *)(uintptr_t)board->more, 0, sizeof(board->more));
		launch();
		expect_all_started();
		board->more[role] = 5;
		kill(out.pid, SIGHUP);
		expect("configuration reloaded\n");
		rewind_to_start();
		if (role == ROLE_AGENT)
			snprintf(line, sizeof(line), "agent follows blob=");
		else
			snprintf(line, sizeof(line), "+%s gen=4", role_name((enum role)role));
		assert_non_null(strstr(expect(line), "-v5"));
		for (int other = 0; other < ROLE_COUNT; other++) {
			snprintf(line, sizeof(line), "-%s\n", role_name((enum role)other));
			assert_true((strstr(out.text, line) != NULL) ==
			            (other == role && role != ROLE_AGENT));
		}
		stop_and_expect_success();
		assert_null(strstr(out.text, role == ROLE_AGENT ? "gen=4" : "gen=5"));
	}
}

static void
a_restart_gets_the_accepted_configuration_not_a_newer_file(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	board->version = 8;
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGKILL);
	assert_non_null(strstr(expect("+agent gen=4"), "blob=agent-v0"));
	stop_and_expect_success();
}

static void
a_bad_configuration_at_start_is_the_exit_status(void **state)
{
	static const struct {
		enum loading loading;
		int status;
	} cases[] = {{REFUSES, 2}, {HANGS, 2}, {FLOODS, 2}, {DIES, 1}, {NO_SETTINGS, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		board->loading = cases[i].loading;
		launch();
		assert_int_equal(wait_for_exit(), cases[i].status);
		assert_null(strstr(out.text, "+agent"));
		assert_true(access(board->data_dir, F_OK) != 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    LAUNCH_TEST(a_bad_configuration_is_not_reloaded),
	    LAUNCH_TEST(a_good_configuration_is_reloaded_in_place),
	    LAUNCH_TEST(a_reload_without_a_change_disturbs_nobody),
	    LAUNCH_TEST(an_agent_that_cannot_follow_begins_anew),
	    LAUNCH_TEST(a_reload_replaces_only_those_whose_part_has_changed),
	    LAUNCH_TEST(a_restart_gets_the_accepted_configuration_not_a_newer_file),
	    LAUNCH_TEST(a_bad_configuration_at_start_is_the_exit_status),
	};

	return cmocka_run_group_tests_name("loader", tests, make_board, NULL);
}
