/*
 * The launcher with fake roles, as real processes. Roles and launcher report on stderr, which is a
 * pipe to the test: what is expected there is what an operator would see.
 */
#ifndef TESTS_LAUNCH_RIG_H
#define TESTS_LAUNCH_RIG_H

#include <ctype.h>

#include "tests/unit/fake_roles.h"

#define PATIENCE_MS 10000 /* a test that waits this long has failed */

static struct {
	pid_t pid;
	int fd;
	char text[1 << 16]; /* all it said so far */
	size_t len, seen;
} out;

static inline void
launch(void)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	memset(&out, 0, sizeof(out));
	out.fd = ends[0];
	out.pid = fork();
	assert_true(out.pid >= 0);
	if (out.pid == 0) {
		dup2(ends[1], 2);
		close(ends[0]);
		close(ends[1]);
		setenv("A_SECRET", "hunter2", 1);
		_exit(launch_run(&fakes));
	}
	close(ends[1]);
}

/* Reads more of what was said; false at its end. */
static bool
hear_more(void)
{
	struct pollfd p = {.fd = out.fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, PATIENCE_MS) <= 0)
		fail_msg("nothing more was said after:\n%s", out.text);
	n = read(out.fd, out.text + out.len, sizeof(out.text) - 1 - out.len);
	if (n > 0)
		out.len += (size_t)n;
	return n > 0;
}

/* Waits for a line with words after those found before; returns its start. */
static inline const char *
expect(const char *words)
{
	const char *at;

	while ((at = strstr(out.text + out.seen, words)) == NULL || strchr(at, '\n') == NULL)
		if (!hear_more())
			fail_msg("not said: \"%s\", but:\n%s", words, out.text);
	out.seen = (size_t)(at - out.text) + strlen(words);
	return at;
}

/* Forgets the place: the next expectation may be anywhere. */
static inline void
rewind_to_start(void)
{
	out.seen = 0;
}

static inline void
expect_all_started(void)
{
	static const char *const lines[] = {"+agent gen=1", "+keeper gen=2", "+courier gen=3",
	    "agent meets keeper gen=2", "agent meets courier gen=3", "keeper meets agent gen=1",
	    "courier meets agent gen=1"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		rewind_to_start();
		expect(lines[i]);
	}
	out.seen = out.len;
}

static inline int
number_after(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	assert_non_null(at);
	return (int)strtol(at + strlen(name), NULL, 10);
}

/* How many children a process has, those among them that it has not reaped yet. */
static inline int
count_children(pid_t parent)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	int n = 0;

	assert_non_null(proc);
	while ((entry = readdir(proc)) != NULL) {
		char path[300], text[512];
		const char *end;
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		len =
		    isdigit(entry->d_name[0]) ? io_read_at(AT_FDCWD, path, text, sizeof(text)) : -1;
		end = len > 0 ? strrchr(text, ')') : NULL;
		n += end != NULL && strtol(end + 4, NULL, 10) == parent; /* ") S PPID" */
	}
	closedir(proc);
	return n;
}

/* Until the launcher has its workers and no short-lived child besides. */
static inline void
expect_no_child_but_workers(void)
{
	for (int ms = 0; count_children(out.pid) != ROLE_COUNT; ms++) {
		if (ms == PATIENCE_MS)
			fail_msg("children besides the workers after:\n%s", out.text);
		poll(NULL, 0, 1);
	}
}

/* The exit status; all that was said until the end is in out. */
static inline int
wait_for_exit(void)
{
	int status;

	while (hear_more())
		continue;
	assert_int_equal(waitpid(out.pid, &status, 0), out.pid);
	out.pid = 0;
	assert_true(WIFEXITED(status));
	close(out.fd);
	return WEXITSTATUS(status);
}

static inline void
stop_and_expect_success(void)
{
	kill(out.pid, SIGTERM);
	assert_int_equal(wait_for_exit(), 0);
}

static int
set_up(void **state)
{
	(void)state;
	memset(board, 0, sizeof(*board));
	str_copy(board->data_dir, sizeof(board->data_dir), "/tmp/test_launch.XXXXXX");
	if (mkdtemp(board->data_dir) == NULL)
		return -1;
	snprintf(board->pid_file, sizeof(board->pid_file), "%s.pid", board->data_dir);
	return rmdir(board->data_dir);
}

static int
tear_down(void **state)
{
	char path[96];

	(void)state;
	if (out.pid > 0) { /* a test that failed */
		kill(out.pid, SIGKILL);
		waitpid(out.pid, NULL, 0);
		out.pid = 0;
	}
	snprintf(path, sizeof(path), "%s/lock", board->data_dir);
	unlink(path);
	rmdir(board->data_dir);
	unlink(board->pid_file);
	unlink(board->log_file);
	return 0;
}

static void
on_alarm(int signum)
{
	static const char text[] = "a process outlived its launcher\n";

	(void)signum;
	if (write(2, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

/* One test, with a board and a data directory of its own. */
#define LAUNCH_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

/* For all tests of a program. */
static int
make_board(void **state)
{
	(void)state;
	signal(SIGALRM, on_alarm);
	board =
	    mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return board == MAP_FAILED ? -1 : 0;
}

#endif
