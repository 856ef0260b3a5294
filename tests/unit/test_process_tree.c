/*
 * What all processes of the program cost, on a made-up /proc, and on this machine's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/process_tree.c"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char root[64];
static int root_fd;
static const struct now now = {.boot_ns = 1000 * NS_PER_SEC};

static int
set_up(void **state)
{
	(void)state;
	snprintf(root, sizeof(root), "/tmp/test_process_tree.XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -1 : 0;
}

static int
tear_down(void **state)
{
	char command[96];
	pid_t pid = fork();

	(void)state;
	close(root_fd);
	snprintf(command, sizeof(command), "rm -rf %s", root);
	if (pid == 0)
		_exit(execl("/bin/sh", "sh", "-c", command, NULL));
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static void
put(int pid, const char *name, const char *text)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%d", pid);
	mkdirat(root_fd, path, 0755);
	snprintf(path, sizeof(path), "%d/task", pid);
	mkdirat(root_fd, path, 0755);
	snprintf(path, sizeof(path), "%d/task/%d", pid, pid);
	mkdirat(root_fd, path, 0755);
	snprintf(path, sizeof(path), "%d/%s", pid, name);
	f = fdopen(openat(root_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* Times in ticks; pages; wakeups. */
static void
make_process(int pid, int own, int reaped, int start, int resident, int shared, int wakeups)
{
	char text[512];

	snprintf(text, sizeof(text),
	    "%d (sysops (x) agent) S 1 1 1 0 -1 4194304 0 0 0 0 %d 0 %d 0 20 0 1 0 %d 1000 %d 1 "
	    "1\n",
	    pid, own, reaped, start, resident);
	put(pid, "stat", text);
	snprintf(text, sizeof(text), "9999 %d %d 1 0 50 0\n", resident, shared);
	put(pid, "statm", text);
	snprintf(text, sizeof(text),
	    "Name:\tx\nvoluntary_ctxt_switches:\t%d\nnonvoluntary_ctxt_switches:\t7\n", wakeups);
	put(pid, "status", text);
}

static struct process_tree
look(int launcher)
{
	struct process_tree f;

	process_tree_look(root_fd, launcher, &now, &f);
	return f;
}

/* Workers that have ended count as well, and what all share of files only once. */
static void
all_processes_count(void **state)
{
	double hz = (double)sysconf(_SC_CLK_TCK), page = (double)sysconf(_SC_PAGESIZE);
	struct process_tree f;

	(void)state;
	/* The launcher came up 900 s ago, the workers 500 s ago. */
	make_process(10, 100, 200, (int)(100 * hz), 1000, 800, 900);
	make_process(11, 300, 0, (int)(500 * hz), 1500, 900, 500);
	make_process(12, 50, 250, (int)(500 * hz), 1200, 700, 1000);
	put(10, "task/10/children", "11 12 ");
	f = look(10);
	assert_int_equal(f.processes, 3);
	assert_true(
	    f.cpu_percent > 99.9 * 900 / hz / 900 && f.cpu_percent < 100.1 * 900 / hz / 900);
	assert_true(f.rss_bytes > (1300 + 900 - 1) * page && f.rss_bytes < (1300 + 900 + 1) * page);
	assert_true(f.wakeups_rate > 3.99 && f.wakeups_rate < 4.01);
	put(10, "task/10/children", "11 12 13 "); /* one has ended meanwhile */
	assert_int_equal(look(10).processes, 3);
}

static void
what_is_not_known_is_not_told(void **state)
{
	double hz = (double)sysconf(_SC_CLK_TCK);
	struct process_tree f = look(10);

	(void)state;
	assert_int_equal(f.processes, 0);
	assert_true(isnan(f.cpu_percent) && isnan(f.rss_bytes) && isnan(f.wakeups_rate));
	make_process(10, 100, 0, (int)(995 * hz), 1000, 800, 9); /* 5 s old */
	make_process(getpid(), 1, 0, (int)(995 * hz), 1000, 800, 9);
	f = look(10);
	assert_int_equal(f.processes, 2); /* this one, where the list of children is hidden */
	assert_true(isnan(f.cpu_percent) && isnan(f.wakeups_rate) && f.rss_bytes > 0);
	put(10, "stat", "10 (x) S 1 1");
	put(10, "statm", "");
	put(10, "task/10/children", "x\n");
	assert_int_equal(look(10).processes, 0);
}

static void
this_machine(void **state)
{
	int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC), ends[2];
	struct now real = clock_now();
	struct process_tree f;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		_exit((int)read(ends[0], ends, 1)); /* until this test is over, whatever ends it */
	}
	process_tree_look(fd, getpid(), &real, &f);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(f.processes, 2);
	assert_true(f.rss_bytes > 100000);
	close(fd);
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ROW(all_processes_count),
	    ROW(what_is_not_known_is_not_told),
	    ROW(this_machine),
	};

	alarm(20);
	return cmocka_run_group_tests_name("process_tree", tests, NULL, NULL);
}
