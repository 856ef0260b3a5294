/*
 * fsprobe: who answers is heard, who hangs holds up nobody, and comes back when it answers again.
 * A file system that hangs is a FIFO that nobody has opened for writing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "src/collect/fsprobe.c"

#include "base/buf.h"
#include "base/mem.h"
#include "tests/unit/log_help.h"

#define SECS NS_PER_SEC
#define MAX 40

struct world {
	char dir[64];
	char paths[MAX][96];
	struct fsprobe_target targets[MAX], *list[MAX];
	size_t n;
	struct fsprobe *probe;
};

/* In the child: "ok12" has 12 blocks and its row's id for inodes, "error" fails, anything else is a
 * FIFO to wait for. */
static int
fake_ask(
    const void *arg, int root, const char *path, const struct fsask_row *row, struct statvfs *out)
{
	const char *name = path + strlen(arg) + 1;

	(void)root;
	if (strncmp(name, "ok", 2) == 0) {
		out->f_blocks = (fsblkcnt_t)strtoul(name + 2, NULL, 10);
		out->f_files = row->id;
		return 0;
	}
	if (strcmp(name, "crash") == 0)
		abort();
	if (strcmp(name, "error") != 0) {
		close(open(path, O_RDONLY | O_CLOEXEC));
		out->f_blocks = 77;
		return 0;
	}
	return ENOTCONN;
}

static void
init(struct world *w, int64_t deadline_ms)
{
	struct fsprobe_conf conf = {
	    .fn = fake_ask, .arg = w->dir, .root = -1, .deadline_ms = deadline_ms, .wait_ms = 100};

	memset(w, 0, sizeof(*w));
	snprintf(w->dir, sizeof(w->dir), "/tmp/sysops-test-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->probe = fsprobe_new(&conf);
}

static struct fsprobe_target *
add(struct world *w, const char *name)
{
	struct fsprobe_target *t = &w->targets[w->n];
	struct buf path;

	buf_init(&path, w->paths[w->n], sizeof(w->paths[0]));
	buf_adds(&path, w->dir);
	buf_addc(&path, '/');
	buf_adds(&path, name);
	t->path = w->paths[w->n];
	w->list[w->n++] = t;
	if (name[0] == 'f')
		assert_int_equal(mkfifo(t->path, 0600), 0);
	return t;
}

/* The first of n: "ok0" and so on. */
static struct fsprobe_target *
add_many(struct world *w, const char *kind, int n)
{
	struct fsprobe_target *first = &w->targets[w->n];

	for (int i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%s%d", kind, i);
		add(w, name);
	}
	return first;
}

static size_t
count(const struct world *w, enum fsprobe_process_state state)
{
	return fsprobe_process_count(w->probe->probes, PROBES_MAX, state);
}

static void
round_at(struct world *w, int64_t secs)
{
	fsprobe_round(w->probe, w->list, w->n, secs * SECS);
}

/* More rounds, until the target is being asked: killed children take a moment to die. */
static void
until_asked(struct world *w, const struct fsprobe_target *t, int64_t secs)
{
	do
		round_at(w, secs);
	while (t->probe == 0 || w->probe->probes[t->probe - 1].state != PROBE_BUSY);
}

static void
done(struct world *w)
{
	fsprobe_free(w->probe);
	for (size_t i = 0; i < w->n; i++)
		unlink(w->paths[i]);
	rmdir(w->dir);
}

/* Lets the call that hangs on this FIFO return, and waits until the answer is there. */
static void
release(struct world *w, const struct fsprobe_target *t)
{
	uint32_t numbers[AWAIT_MAX];
	bool time_is_up;
	int fd;

	/* The child may not have come to its open() yet. */
	do
		fd = open(t->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	while (fd < 0);
	await_next(&w->probe->await, true, numbers, &time_is_up);
	close(fd);
}

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
	    cmocka_unit_test(test_more_than_lanes),
	    cmocka_unit_test(test_reserve),
	    cmocka_unit_test(test_waits_for_this_round),
	    cmocka_unit_test(test_alarm),
	    cmocka_unit_test(test_abandoned),
	    cmocka_unit_test(test_dead_children),
	    cmocka_unit_test(test_forget),
	    cmocka_unit_test(test_no_answer_yet),
	    cmocka_unit_test(test_a_path_that_is_too_long),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("fsprobe", tests, NULL, NULL);
}
