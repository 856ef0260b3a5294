/*
 * The log file: everybody writes to it, and all follow when it is rotated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/launch_rig.h"

/* Is this the process's stderr? Where we may not look, it is taken to be. */
static bool
has_as_stderr(int pid, const char *path)
{
	char name[32], target[96] = "";

	snprintf(name, sizeof(name), "/proc/%d/fd/2", pid);
	return readlink(name, target, sizeof(target) - 1) < 0 || strcmp(target, path) == 0;
}

static bool
has_all(const char *text, const char *const words[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, words[i]) == NULL)
			return false;
	return true;
}

static void
the_log_file_is_everyones_stderr_and_can_be_rotated(void **state)
{
	static const char *const starts[] = {"+agent", "+keeper", "+courier"};
	static char text[1 << 14];
	int pids[ROLE_COUNT];
	char moved[96];

	(void)state;
	snprintf(board->log_file, sizeof(board->log_file), "%s.log", board->data_dir);
	snprintf(moved, sizeof(moved), "%s.1", board->log_file);
	launch();
	while (hear_more()) /* all let go of the old stderr */
		continue;
	while (io_read_at(AT_FDCWD, board->log_file, text, sizeof(text)) < 0 ||
	       strstr(text, "courier meets agent") == NULL)
		sched_yield();
	assert_int_equal(rename(board->log_file, moved), 0);
	assert_int_equal(symlink("/dev/null", board->log_file), 0); /* not followed */
	kill(out.pid, SIGHUP);
	while (io_read_at(AT_FDCWD, moved, text, sizeof(text)) < 0 ||
	       strstr(text, "the old one stays") == NULL || !has_all(text, starts, ROLE_COUNT))
		sched_yield();
	for (int r = 0; r < ROLE_COUNT; r++)
		pids[r] = number_after(strstr(text, starts[r]), "pid=");
	assert_int_equal(unlink(board->log_file), 0);
	kill(out.pid, SIGHUP);
	while (io_read_at(AT_FDCWD, board->log_file, text, sizeof(text)) < 0 ||
	       strstr(text, "configuration reloaded") == NULL)
		sched_yield();
	for (int r = 0; r < ROLE_COUNT; r++)
		while (!has_as_stderr(pids[r], board->log_file))
			sched_yield();
	kill(out.pid, SIGTERM);
	assert_int_equal(wait_for_exit(), 0);
	assert_true(io_read_at(AT_FDCWD, board->log_file, text, sizeof(text)) > 0);
	for (int r = 0; r < ROLE_COUNT; r++) { /* the workers follow, though none was replaced */
		assert_non_null(strstr(text, (const char *[]){"-agent", "-keeper", "-courier"}[r]));
		assert_null(strstr(text, starts[r]));
	}
	unlink(moved);
}

static void
wait_for_logged(const char *path, const char *words)
{
	static char text[1 << 14];

	while (io_read_at(AT_FDCWD, path, text, sizeof(text)) < 0 || strstr(text, words) == NULL)
		sched_yield();
}

/* From stderr to a file, and back: stderr is gone then, and that is said in the file. */
static void
a_log_file_that_is_taken_away_stays_and_it_is_said(void **state)
{
	char path[96];

	(void)state;
	launch();
	expect("courier meets agent");
	snprintf(path, sizeof(path), "%s.log", board->data_dir);
	str_copy(board->log_file, sizeof(board->log_file), path);
	kill(out.pid, SIGHUP);
	wait_for_logged(path, "configuration reloaded");
	board->log_file[0] = '\0';
	kill(out.pid, SIGHUP);
	wait_for_logged(path, "agent.log_file has changed: it takes a restart to follow");
	kill(out.pid, SIGTERM);
	assert_int_equal(wait_for_exit(), 0);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    LAUNCH_TEST(the_log_file_is_everyones_stderr_and_can_be_rotated),
	    LAUNCH_TEST(a_log_file_that_is_taken_away_stays_and_it_is_said),
	};

	return cmocka_run_group_tests_name("logfile", tests, make_board, NULL);
}
