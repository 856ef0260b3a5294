/*
 * The children that fsprobe asks through: how many there may be, and what becomes of one that
 * hangs, dies or cannot be killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/prctl.h>

#include "tests/unit/fsprobe_rig.h"
#include "tests/unit/log_help.h"

/* More dead servers than probes: those that answer still are heard. */
static void
test_more_than_lanes(void **state)
{
	struct world w;
	struct fsprobe_target *fine;

	(void)state;
	init(&w, 5000);
	fine = add(&w, "ok1");
	add_many(&w, "f", 30);
	for (int round = 1; round <= 6; round++) {
		round_at(&w, round * 10);
		assert_true(fine->fresh);
		/* The alarm that has long gone off by the next round. */
		for (int i = 0; i < PROBES_MAX; i++)
			if (w.probe->probes[i].state == PROBE_DYING)
				waitid(
				    P_PID, (id_t)w.probe->probes[i].pid, NULL, WEXITED | WNOWAIT);
	}
	for (size_t i = 1; i < w.n; i++)
		assert_true(w.targets[i].stale);
	done(&w);
}

/* What hangs never takes the last probes, also when it comes bit by bit: they are for the others.
 */
static void
test_reserve(void **state)
{
	struct world w;
	struct fsprobe_target *fine;

	(void)state;
	init(&w, 5000);
	fine = add(&w, "ok1");
	add_many(&w, "f", PROBES_MAX - PROBES_RESERVED - 2);
	round_at(&w, 10);
	assert_int_equal(count(&w, PROBE_BUSY), PROBES_MAX - PROBES_RESERVED - 2);
	add_many(&w, "fx", 5);
	round_at(&w, 12);
	assert_int_equal(count(&w, PROBE_BUSY), PROBES_MAX - PROBES_RESERVED);
	assert_true(fine->fresh);
	done(&w);
}

/* The child's own alarm ends a call that can be interrupted. */
static void
test_alarm(void **state)
{
	struct world w;
	struct fsprobe_target *stuck;

	(void)state;
	init(&w, 20);
	stuck = add(&w, "f1");
	round_at(&w, 10);     /* it waits for longer than the alarm takes */
	while (!stuck->stale) /* or the whole program's time is up */
		round_at(&w, 10);
	done(&w);
}

/* A child that cannot be killed: its file system is not asked again until the child is gone. */
static void
test_abandoned(void **state)
{
	struct world w;
	struct fsprobe_target *stuck, *fine;
	struct fsprobe_process *probe;
	pid_t sleeper;

	(void)state;
	init(&w, 5000);
	stuck = add(&w, "f1");
	fine = add(&w, "ok1");
	round_at(&w, 10);
	round_at(&w, 20);
	assert_true(stuck->stale);
	probe = &w.probe->probes[stuck->probe - 1];
	assert_int_equal(probe->state, PROBE_DYING);
	/* Another process plays the part of one in uninterruptible sleep. */
	waitpid(probe->pid, NULL, 0);
	sleeper = fork();
	if (sleeper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	probe->pid = sleeper;
	for (int i = 3; i < 6; i++) {
		round_at(&w, i * 10);
		assert_true(stuck->stale && fine->fresh);
		assert_ptr_equal(&w.probe->probes[stuck->probe - 1], probe);
		assert_int_equal(count(&w, PROBE_BUSY), 0);
	}
	kill(sleeper, SIGKILL);
	waitid(P_PID, (id_t)sleeper, NULL, WEXITED | WNOWAIT);
	until_asked(&w, stuck, 60);
	release(&w, stuck);
	round_at(&w, 62);
	assert_true(stuck->fresh && !stuck->stale);
	done(&w);
}

/* Dead children, by crash or by another's hand, are replaced. */
static void
test_dead_children(void **state)
{
	struct world w;
	struct fsprobe_target *crash, *fine;

	(void)state;
	init(&w, 5000);
	crash = add(&w, "crash");
	fine = add(&w, "ok3");
	for (int i = 1; i <= 3; i++) {
		round_at(&w, i);
		assert_true(fine->fresh);
		assert_false(crash->fresh || crash->stale);
	}
	w.list[0] = fine;
	w.n = 1;
	round_at(&w, 40);
	assert_non_null(fsprobe_process_find(w.probe->probes, PROBES_MAX, PROBE_IDLE));
	kill(fsprobe_process_find(w.probe->probes, PROBES_MAX, PROBE_IDLE)->pid, SIGKILL);
	waitid(P_PID, (id_t)fsprobe_process_find(w.probe->probes, PROBES_MAX, PROBE_IDLE)->pid,
	    NULL, WEXITED | WNOWAIT);
	round_at(&w, 50);
	assert_true(fine->fresh);
	done(&w);
}

/* Nothing to read yet is no reason to give a child up. */
static void
test_no_answer_yet(void **state)
{
	struct world w;
	struct fsprobe_target *stuck;
	struct fsprobe_process *probe;

	(void)state;
	init(&w, 5000);
	stuck = add(&w, "fifo");
	until_asked(&w, stuck, 10);
	probe = &w.probe->probes[stuck->probe - 1];
	read_probe(w.probe, probe);
	assert_int_equal(probe->state, PROBE_BUSY);
	assert_ptr_equal(probe->target, stuck);
	done(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_more_than_lanes),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_alarm),
	    cmocka_unit_test(test_abandoned),
	    cmocka_unit_test(test_dead_children),
	    cmocka_unit_test(test_no_answer_yet),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("fsprobe_process", tests, NULL, NULL);
}
