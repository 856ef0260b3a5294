/*
 * fsprobe_child: the alarm that ends a call that hangs, and a child's answers from one pipe to the
 * other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "src/collect/fsprobe_child.c"

static void
test_alarm(void **state)
{
	static const int64_t spans_ms[] = {999, 1000, 1500, 5000, 61001};
	struct itimerval left;

	(void)state;
	for (size_t i = 0; i < sizeof(spans_ms) / sizeof(spans_ms[0]); i++) {
		int64_t ms;

		signal(SIGALRM, SIG_IGN);
		set_alarm(spans_ms[i]);
		assert_int_equal(getitimer(ITIMER_REAL, &left), 0);
		ms = left.it_value.tv_sec * 1000 + (left.it_value.tv_usec + 999) / 1000;
		/* However busy the machine is: not more, and not seconds less. */
		assert_true(ms <= spans_ms[i] + 1 && ms > spans_ms[i] - 900);
		assert_int_equal(left.it_interval.tv_sec + left.it_interval.tv_usec, 0);
	}
	set_alarm(0);
	assert_int_equal(getitimer(ITIMER_REAL, &left), 0);
	assert_int_equal(left.it_value.tv_sec + left.it_value.tv_usec, 0);
	signal(SIGALRM, SIG_DFL);
}

/*
 * "bad" fails with the error that the row has for an id; else the length of the path is the number
 * of blocks, and of inodes the signal that ends the child with its parent; free ones are
 * descriptors beside those that it needs, and of these an unprivileged user's say whether the root
 * is one.
 */
static int
by_length(
    const void *arg, int root, const char *path, const struct fsask_row *row, struct statvfs *out)
{
	int with_parent = 0;

	(void)arg;
	prctl(PR_GET_PDEATHSIG, &with_parent);
	out->f_blocks = strlen(path);
	out->f_files = (fsfilcnt_t)with_parent;
	out->f_bavail = faccessat(root, "self", F_OK, 0) == 0;
	for (int fd = 3; fd < 1024; fd++)
		out->f_ffree += fcntl(fd, F_GETFD) >= 0;
	return strcmp(path, "bad") == 0 ? (int)row->id : 0;
}

static void
ask(int request, int answer, const char *path, struct fsprobe_answer *got)
{
	struct fsprobe_question question = {.row = {.id = EIO}};
	ssize_t len = (ssize_t)(offsetof(struct fsprobe_question, path) + strlen(path) + 1);

	memcpy(question.path, path, strlen(path) + 1);
	assert_int_equal(write(request, &question, (size_t)len), len);
	assert_int_equal(read(answer, got, sizeof(*got)), sizeof(*got));
}

static void
test_questions_and_answers(void **state)
{
	int root = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct fsprobe_conf conf = {.fn = by_length, .root = root, .deadline_ms = 60000};
	struct fsprobe_answer got;
	int request[2], answer[2], status = -1;
	pid_t parent = getpid(), pid;

	(void)state;
	assert_int_equal(pipe2(request, O_CLOEXEC), 0);
	assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
	signal(SIGUSR1, SIG_IGN); /* the parent's business */
	pid = fork();
	if (pid == 0)
		fsprobe_child(&conf, request[0], answer[1], NULL, parent);
	assert_true(pid > 0);
	close(request[0]);
	close(answer[1]);
	ask(request[1], answer[0], "/", &got);
	assert_true(got.err == 0 && got.value.f_blocks == 1);
	assert_int_equal(got.value.f_bavail, 1);
	assert_int_equal(got.value.f_files, SIGKILL);
	assert_int_equal(got.value.f_ffree, 0);
	ask(request[1], answer[0], "bad", &got);
	assert_int_equal(got.err, EIO);
	ask(request[1], answer[0], "/mnt/long/path", &got);
	assert_true(got.err == 0 && got.value.f_blocks == 14);
	/* The terminal's signal is not for it; others end it, whatever the parent does with them.
	 */
	kill(pid, SIGINT);
	ask(request[1], answer[0], "/a", &got);
	assert_true(got.err == 0 && got.value.f_blocks == 2);
	kill(pid, SIGUSR1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1);
	signal(SIGUSR1, SIG_DFL);
	close(request[1]);
	close(answer[0]);
	close(root);
}

/* One whose parent has gone meanwhile, or whose pipes cannot be had, asks nothing. */
static void
test_who_leaves_at_once(void **state)
{
	static const struct {
		int parent, fd, status;
	} cases[] = {{1 << 30, 0, 0}, {0, -1, 1}, {0, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct fsprobe_conf conf = {
		    .fn = by_length, .root = -1, .deadline_ms = 60000};
		int request[2], answer[2], status = -1;
		pid_t parent = getpid(), pid;

		assert_int_equal(pipe2(request, O_CLOEXEC), 0);
		assert_int_equal(pipe2(answer, O_CLOEXEC), 0);
		close(request[1]); /* no question will come */
		pid = fork();
		if (pid == 0)
			fsprobe_child(&conf, request[0], cases[i].fd < 0 ? -1 : answer[1], NULL,
			    cases[i].parent != 0 ? cases[i].parent : parent);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), cases[i].status);
		close(request[0]);
		close(answer[0]);
		close(answer[1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_alarm),
	    cmocka_unit_test(test_questions_and_answers),
	    cmocka_unit_test(test_who_leaves_at_once),
	};

	return cmocka_run_group_tests_name("fsprobe_child", tests, NULL, NULL);
}
