/*
 * The launcher: what it starts and in which order, what its workers are left with, and that it
 * leaves nothing behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/launch_rig.h"

static void
starts_and_stops_in_order(void **state)
{
	const char *agent, *keeper, *courier;

	(void)state;
	launch();
	expect_all_started();
	stop_and_expect_success();
	agent = strstr(out.text, "-agent");
	keeper = strstr(out.text, "-keeper");
	courier = strstr(out.text, "-courier");
	assert_non_null(agent);
	assert_true(keeper > agent && courier > agent);
	assert_null(strstr(out.text, "killing"));
}

static void
workers_have_only_what_is_theirs(void **state)
{
	const char *agent, *keeper, *courier;
	bool root = geteuid() == 0;

	(void)state;
	launch();
	expect_all_started();
	agent = strstr(out.text, "+agent");
	keeper = strstr(out.text, "+keeper");
	courier = strstr(out.text, "+courier");
	assert_true(
	    str_starts(strstr(agent, "blob="), "blob=agent-v0 fds=5 dir=0 ctl=1 secret=0 nnp=1"));
	assert_true(
	    str_starts(strstr(keeper, "blob="), "blob=keeper-v0 fds=6 dir=1 ctl=0 secret=0 nnp=1"));
	assert_true(str_starts(
	    strstr(courier, "blob="), "blob=courier-v0 fds=5 dir=0 ctl=0 secret=0 nnp=1"));
	assert_true(str_starts(strstr(keeper, "eff="), "eff=0000000000000000"));
	assert_true(str_starts(strstr(courier, "eff="), "eff=0000000000000000"));
	assert_int_equal(number_after(agent, "dump="), 0);
	if (root) {
		assert_int_not_equal(number_after(agent, "uid="), 0);
		assert_int_equal(strtoull(strstr(agent, "eff=") + 4, NULL, 16) &
		                     ~(DROP_CAP_DAC_READ_SEARCH | DROP_CAP_SYSLOG),
		    0);
		assert_int_equal(strtoull(strstr(agent, "bnd=") + 4, NULL, 16) &
		                     ~(DROP_CAP_DAC_READ_SEARCH | DROP_CAP_SYSLOG),
		    0);
	}
	stop_and_expect_success();
	if (!root) {
		print_message("skip: all but the dropping of rights, which takes root\n");
		skip();
	}
}

static void
signals_reach_whom_they_are_for(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	kill(out.pid, SIGUSR1);
	expect("agent reports");
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGINT); /* the terminal's Ctrl-C */
	kill(out.pid, SIGINT);
	assert_int_equal(wait_for_exit(), 0);
	assert_null(strstr(out.text, "ended (s"));
}

static void
stubborn_workers_do_not_hold_up_the_end(void **state)
{
	(void)state;
	for (int r = 0; r < ROLE_COUNT; r++)
		board->mood[r] = STUBBORN;
	launch();
	expect_all_started();
	stop_and_expect_success();
	assert_non_null(strstr(out.text, "agent does not stop: killing it"));
	assert_true(LAUNCH_STOP_ALL_MS < 2000);
}

static void
nothing_outlives_a_killed_launcher(void **state)
{
	int status, ended = 0;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int r = 0; r < ROLE_COUNT; r++)
		board->mood[r] = HUNG; /* the lifeline's end is not seen either */
	launch();
	for (int r = 0; r < ROLE_COUNT; r++) {
		rewind_to_start();
		expect((const char *[]){"+agent", "+keeper", "+courier"}[r]);
	}
	expect_no_child_but_workers();
	kill(out.pid, SIGKILL);
	alarm(PATIENCE_MS / 1000);
	while (waitpid(-1, &status, 0) > 0)
		ended++;
	out.pid = 0;
	alarm(0);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	assert_int_equal(ended, 1 + ROLE_COUNT); /* the launcher and its workers */
	assert_int_equal(errno, ECHILD);
	close(out.fd);
}

static void
only_one_launcher_has_the_data_directory(void **state)
{
	char pid_text[32];
	pid_t first;
	int first_fd;

	(void)state;
	launch();
	expect_all_started();
	first = out.pid;
	first_fd = out.fd;
	launch();
	assert_int_equal(wait_for_exit(), 1);
	assert_int_equal(
	    number_after(out.text, "is in use: another sysops-agent, process "), first);
	assert_null(strstr(out.text, "+agent"));
	assert_true(io_read_at(AT_FDCWD, board->pid_file, pid_text, sizeof(pid_text)) > 0);
	assert_int_equal(strtol(pid_text, NULL, 10), first);
	out.pid = first;
	out.fd = first_fd;
	stop_and_expect_success();
	if (io_read_at(AT_FDCWD, board->pid_file, pid_text, sizeof(pid_text)) >= 0)
		assert_string_equal(pid_text, ""); /* its folder may not be the user's */
}

static void
no_data_directory_is_no_reason_to_stay_down(void **state)
{
	char path[64];

	(void)state;
	memcpy(path, board->data_dir, sizeof(path));
	str_copy(board->data_dir, sizeof(board->data_dir), "/proc/no/such/place");
	launch();
	expect("cannot use data_dir /proc/no/such/place");
	assert_non_null(strstr(expect("+keeper"), "dir=0"));
	stop_and_expect_success();
	memcpy(board->data_dir, path, sizeof(path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    LAUNCH_TEST(starts_and_stops_in_order),
	    LAUNCH_TEST(workers_have_only_what_is_theirs),
	    LAUNCH_TEST(signals_reach_whom_they_are_for),
	    LAUNCH_TEST(stubborn_workers_do_not_hold_up_the_end),
	    LAUNCH_TEST(nothing_outlives_a_killed_launcher),
	    LAUNCH_TEST(only_one_launcher_has_the_data_directory),
	    LAUNCH_TEST(no_data_directory_is_no_reason_to_stay_down),
	};

	return cmocka_run_group_tests_name("launch", tests, make_board, NULL);
}
