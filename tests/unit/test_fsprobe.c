/*
 * fsprobe: who answers is heard, who hangs holds up nobody, and comes back when it answers again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/fsprobe_rig.h"
#include "tests/unit/log_help.h"

static void
test_all_well(void **state)
{
	struct world w;
	struct fsprobe_target *t, *bad;

	(void)state;
	init(&w, 5000);
	t = add_many(&w, "ok", 10);
	bad = add(&w, "error");
	for (int round = 1; round <= 3; round++) {
		round_at(&w, round * 10);
		for (int i = 0; i < 10; i++) {
			assert_true(t[i].fresh && t[i].err == 0 && !t[i].stale);
			assert_int_equal(t[i].value.f_blocks, i);
			assert_int_equal(t[i].value.f_files, t[i].row.id);
			t[i].row.id += 7; /* it was mounted anew */
		}
		assert_true(bad->fresh && !bad->stale);
		assert_int_equal(bad->err, ENOTCONN);
		/* One child did it all. */
		assert_int_equal(count(&w, PROBE_IDLE), 1);
		assert_int_equal(count(&w, PROBE_FREE), PROBES_MAX - 1);
	}
	/* Nothing to ask any more: it leaves. */
	w.n = 0;
	round_at(&w, 40);
	assert_int_equal(count(&w, PROBE_IDLE), 0);
	done(&w);
}

static void
test_hang_and_recover(void **state)
{
	struct world w;
	struct fsprobe_target *stuck, *fine;

	(void)state;
	init(&w, 5000);
	stuck = add(&w, "f1");
	fine = add(&w, "ok1");
	round_at(&w, 10);
	assert_true(fine->fresh);
	assert_false(stuck->fresh || stuck->stale);
	round_at(&w, 12); /* not late yet, and not asked twice */
	assert_true(fine->fresh);
	assert_false(stuck->fresh || stuck->stale);
	assert_int_equal(count(&w, PROBE_BUSY), 1);
	round_at(&w, 16);
	assert_true(stuck->stale);
	assert_true(fine->fresh);
	until_asked(&w, stuck, 20);
	assert_true(stuck->stale);
	release(&w, stuck);
	round_at(&w, 24);
	assert_true(stuck->fresh && stuck->err == 0 && !stuck->stale);
	assert_int_equal(stuck->value.f_blocks, 77);
	done(&w);
}

/* A late answer within the deadline is taken in by the next round. */
static void
test_slow(void **state)
{
	struct world w;
	struct fsprobe_target *slow;

	(void)state;
	init(&w, 5000);
	slow = add(&w, "f1");
	round_at(&w, 10);
	assert_false(slow->fresh || slow->stale);
	release(&w, slow);
	round_at(&w, 13);
	assert_true(slow->fresh && !slow->stale);
	assert_int_equal(slow->value.f_blocks, 77);
	done(&w);
}

/* An answer between two rounds counts in the next, whatever becomes of the question then. */
static void
test_between_rounds(void **state)
{
	struct world w;
	struct fsprobe_target *slow, *fine;

	(void)state;
	init(&w, 5000);
	fine = add(&w, "ok1");
	slow = add(&w, "f1");
	round_at(&w, 60);
	assert_true(fine->fresh);
	release(&w, slow);
	/* It is asked again, and hangs; the answer of before counts. */
	round_at(&w, 120);
	assert_true(slow->fresh && slow->err == 0 && !slow->stale);
	assert_int_equal(slow->value.f_blocks, 77);
	round_at(&w, 180);
	assert_true(slow->stale && !slow->fresh);
	until_asked(&w, slow, 180);
	assert_true(slow->stale);
	release(&w, slow);
	round_at(&w, 240);
	assert_true(slow->fresh && slow->err == 0 && !slow->stale);
	done(&w);
}

/* Ten dead servers are found as fast as one, and the others are heard all along. */
static void
test_many_hang(void **state)
{
	struct world w;
	struct fsprobe_target *stuck, *fine;

	(void)state;
	init(&w, 5000);
	w.probe->conf.wait_ms = 1000; /* ten children start in half of it, on a busy machine too */
	stuck = add_many(&w, "f", 10);
	fine = add_many(&w, "ok", 5);
	for (int round = 1; round <= 4; round++) {
		int64_t before = clock_monotonic_ns();

		round_at(&w, round * 10);
		/* One second is what it may wait; the rest is the machine's. */
		assert_true(clock_monotonic_ns() - before < 3 * SECS);
		for (int i = 0; i < 5; i++)
			assert_true(fine[i].fresh);
		for (int i = 0; i < 10; i++)
			assert_int_equal(stuck[i].stale, round > 1);
	}
	done(&w);
}

/* A round ends with the last answer: what hangs since an earlier one takes no time of it. */
static void
test_waits_for_this_round(void **state)
{
	struct world w;
	struct fsprobe_target *fine;
	int64_t before;

	(void)state;
	init(&w, 5000);
	add(&w, "f1");
	add(&w, "crash");
	fine = add(&w, "ok1");
	round_at(&w, 10);
	w.probe->conf.wait_ms = 60000;
	before = clock_monotonic_ns();
	round_at(&w, 12);
	assert_true(fine->fresh);
	assert_true(clock_monotonic_ns() - before < 10 * SECS);
	done(&w);
}

static void
test_forget(void **state)
{
	struct world w;
	struct fsprobe_target *stuck, *again;

	(void)state;
	init(&w, 5000);
	stuck = add(&w, "f1");
	add(&w, "ok1");
	round_at(&w, 10);
	fsprobe_forget(w.probe, stuck);
	assert_int_equal(count(&w, PROBE_BUSY), 0);
	memset(stuck, 0xee, sizeof(*stuck)); /* its memory is gone */
	again = &w.targets[5];
	again->path = w.paths[0];
	w.list[0] = again;
	round_at(&w, 20);
	assert_false(again->fresh || again->stale);
	release(&w, again);
	round_at(&w, 24);
	assert_true(again->fresh);
	done(&w);
}

/* It is not asked, and those behind it are. */
static void
test_a_path_that_is_too_long(void **state)
{
	char *path = mem_zalloc(FSPROBE_PATH_MAX + 1, 1);
	struct fsprobe_target *far, *fine;
	struct world w;

	(void)state;
	init(&w, 5000);
	far = add(&w, "ok1");
	fine = add(&w, "ok2");
	memset(path, '/', FSPROBE_PATH_MAX);
	far->path = path;
	for (int round = 1; round <= 2; round++) {
		round_at(&w, round * 10);
		assert_true(far->fresh);
		assert_int_equal(far->err, ENAMETOOLONG);
		assert_true(fine->fresh && fine->err == 0);
	}
	mem_free(path);
	done(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all_well),
	    cmocka_unit_test(test_hang_and_recover),
	    cmocka_unit_test(test_slow),
	    cmocka_unit_test(test_between_rounds),
	    cmocka_unit_test(test_many_hang),
	    cmocka_unit_test(test_waits_for_this_round),
	    cmocka_unit_test(test_forget),
	    cmocka_unit_test(test_a_path_that_is_too_long),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("fsprobe", tests, NULL, NULL);
}
