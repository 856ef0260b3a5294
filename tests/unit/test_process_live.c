/* process on this machine's /proc: who is there, and how many descriptors are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "src/collect/process.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

/* Kept descriptors leave room for whatever else the program has open. */
static void
test_kept_descriptors(void **state)
{
	(void)state;
	assert_int_equal(kept_of(256), 0);
	assert_int_equal(kept_of(1024), 512);
	assert_int_equal(kept_of(65536), KEPT_FDS_MAX);
}

/* The real thing: this machine's /proc. */
static void
open_live(struct fake *f)
{
	fake_init(f);
	host_close(&f->host);
	assert_true(host_open(&f->host, "/proc", "/sys"));
	fake_open(f, &collector_process);
}

static struct process *
find_pid(struct processes *s, int pid)
{
	for (size_t i = 0; i < s->table.now.len; i++)
		if (s->table.now.items[i].pid == pid)
			return proctable_listed(&s->table, i);
	return NULL;
}

static size_t
fds_kept(struct processes *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->table.now.len; i++)
		n += proctable_listed(&s->table, i) != NULL &&
		     proctable_listed(&s->table, i)->fd >= 0;
	return n;
}

/* A child that ends with us at the latest, also when an assertion fails. */
static pid_t
fork_sleeper(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void
test_live(void **state)
{
	struct processes *s;
	struct fake f;
	pid_t child;

	(void)state;
	open_live(&f);
	s = f.state;
	child = fork_sleeper();
	fake_collect(&f, 10);
	assert_non_null(find_pid(s, getpid()));
	assert_non_null(find_pid(s, child));
	/* On a crowded host those that came before it may have used up the room. */
	assert_true(find_pid(s, child)->fd >= 0 || s->table.fds == s->table.fds_max);
	assert_int_equal(fds_kept(s), s->table.fds);
	kill(child, SIGKILL);
	waitid(P_PID, (id_t)child, NULL, WEXITED | WNOWAIT);
	fake_collect(&f, 20);
	assert_int_equal(find_pid(s, child)->state, 'Z');
	assert_true(fake_value(&f, METRIC_PROC_ZOMBIES, NULL) >= 1);
	waitpid(child, NULL, 0);
	fake_collect(&f, 30);
	assert_null(find_pid(s, child));
	assert_int_equal(fds_kept(s), s->table.fds);
	fake_done(&f);
}

/* Every kept descriptor is closed again. */
static void
test_leaves_no_descriptor(void **state)
{
	struct fake f;
	int before = dup(0), after;

	(void)state;
	close(before);
	open_live(&f);
	fake_collect(&f, 10);
	fake_collect(&f, 20);
	fake_done(&f);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

static void
test_kept_descriptors_at_the_bounds(void **state)
{
	(void)state;
	assert_int_equal(kept_of(OTHER_FDS), 0);
	assert_int_equal(kept_of(OTHER_FDS + 1), 1);
	assert_int_equal(kept_of(OTHER_FDS + KEPT_FDS_MAX - 1), KEPT_FDS_MAX - 1);
	assert_int_equal(kept_of(OTHER_FDS + KEPT_FDS_MAX), KEPT_FDS_MAX);
	assert_int_equal(kept_of(OTHER_FDS + KEPT_FDS_MAX + 1), KEPT_FDS_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kept_descriptors),
	    cmocka_unit_test(test_live),
	    cmocka_unit_test(test_leaves_no_descriptor),
	    cmocka_unit_test(test_kept_descriptors_at_the_bounds),
	};

	return cmocka_run_group_tests_name("process_live", tests, NULL, NULL);
}
