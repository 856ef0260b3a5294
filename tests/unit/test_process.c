/* process: who is there, who is new, who is another; on made-up folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/process.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

struct person {
	int pid;
	const char *name;
	char state;
	unsigned flags;
	unsigned ticks, threads, start, rss;
};

static void
write_stat(const struct fake *f, const struct person *p)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "proc/%d/stat", p->pid);
	snprintf(text, sizeof(text),
	    "%d (%s) %c 1 1 1 0 -1 %u 0 0 0 0 %u 0 0 0 20 0 %u 0 %u 4096 %u 18446744073709551615\n",
	    p->pid, p->name, p->state, p->flags, p->ticks, p->threads, p->start, p->rss);
	fake_write(f, path, text);
}

#define WRITE(f, ...) write_stat(f, &(struct person){__VA_ARGS__})

static void
remove_process(const struct fake *f, int pid)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/proc/%d", f->dir, pid);
	nftw(path, fake_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static void
test_counts(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_process);
	fake_collect(&f, 5);
	assert_int_equal(f.batch.len, 0);
	WRITE(&f, 1, "init", 'S', 0, 5, 1, 10, 100);
	WRITE(&f, 2, "kthreadd", 'S', PIDSTAT_PF_KTHREAD, 0, 1, 10, 0);
	WRITE(&f, 70, "java", 'S', 0, 5, 40, 10, 9000);
	WRITE(&f, 71, "gone", 'Z', 0, 5, 1, 10, 0);
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_PROC_COUNT, NULL), 4);
	assert_near(fake_value(&f, METRIC_PROC_ZOMBIES, NULL), 1);
	assert_near(fake_value(&f, METRIC_PROC_THREADS, NULL), 43);
	remove_process(&f, 71);
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_PROC_COUNT, NULL), 3);
	assert_near(fake_value(&f, METRIC_PROC_ZOMBIES, NULL), 0);
	assert_near(fake_value(&f, METRIC_PROC_THREADS, NULL), 42);
	fake_done(&f);
}

static void
test_what_a_tracked_one_has(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.conf.process_track_top_n = 5;
	fake_open(&f, &collector_process);
	WRITE(&f, 70, "java", 'S', 0, 1000, 40, 10, 9000);
	fake_write(&f, "proc/70/status", "voluntary_ctxt_switches:\t100\n");
	fake_write(&f, "proc/70/io", "read_bytes: 1000\nwrite_bytes: 0\n");
	fake_write(&f, "proc/70/limits", "Max open files            4     4    files\n");
	for (int i = 0; i < 3; i++) {
		char path[32];

		snprintf(path, sizeof(path), "proc/70/fd/%d", i);
		fake_write(&f, path, "");
	}
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_PROC_RSS, "70"), 9000.0 * (double)f.host.page_bytes);
	assert_near(fake_value(&f, METRIC_PROC_THREAD_COUNT, "70"), 40);
	assert_near(fake_value(&f, METRIC_PROC_FD_COUNT, "70"), 3);
	assert_false(fake_has(&f, METRIC_PROC_FD_USAGE, "70"));
	assert_false(fake_has(&f, METRIC_PROC_CPU, "70"));
	WRITE(&f, 70, "java", 'S', 0, 1000 + 3 * (unsigned)f.host.ticks_per_sec, 40, 10, 9000);
	fake_write(&f, "proc/70/status", "voluntary_ctxt_switches:\t350\n");
	fake_write(&f, "proc/70/io", "read_bytes: 6000\nwrite_bytes: 0\n");
	fake_collect(&f, 15);
	assert_near(fake_value(&f, METRIC_PROC_CPU, "70"), 60);
	assert_near(fake_value(&f, METRIC_PROC_CTXT_SWITCHES, "70"), 50);
	assert_near(fake_value(&f, METRIC_PROC_IO_READ, "70"), 1000);
	assert_near(fake_sample(&f, METRIC_PROC_IO_READ, "70")->raw, 6000);
	assert_near(fake_value(&f, METRIC_PROC_FD_COUNT, "70"), 3);
	assert_near(fake_value(&f, METRIC_PROC_FD_USAGE, "70"), 75);
	fake_done(&f);
}

/* Reading it may wait for a program that the process is about to become. */
static void
test_io_that_may_hang_is_not_read(void **state)
{
	static const struct {
		int release[2];
		bool read;
	} cases[] = {{{4, 18}, false}, {{5, 10}, false}, {{5, 11}, true}, {{6, 1}, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake f;

		fake_init(&f);
		f.conf.process_track_top_n = 5;
		fake_open(&f, &collector_process);
		set_log_level(LOGL_ERROR); /* a live one has a process 1 */
		f.host.live = true;
		f.host.release[0] = cases[i].release[0];
		f.host.release[1] = cases[i].release[1];
		for (int scan = 1; scan <= 2; scan++) {
			WRITE(&f, 70, "java", 'S', 0, 1000, 40, 10, 9000);
			fake_write(&f, "proc/70/io", "read_bytes: 1000\nwrite_bytes: 0\n");
			fake_collect(&f, scan * 10);
		}
		assert_int_equal(fake_has(&f, METRIC_PROC_IO_READ, "70"), cases[i].read);
		set_log_level(LOGL_INFO);
		fake_done(&f);
	}
}

/* Small and idle, and leaking descriptors: it is found by those alone. */
static void
test_a_leaker_is_found(void **state)
{
	char full[601] = {0}, some[401] = {0};
	struct fake f;

	(void)state;
	memset(full, 'x', sizeof(full) - 1);
	memset(some, 'x', sizeof(some) - 1);
	fake_init(&f);
	f.conf.process_track_top_n = 1;
	fake_open(&f, &collector_process);
	f.host.own_proc = true;
	f.host.release[0] = 6;
	f.host.release[1] = 2;
	WRITE(&f, 60, "large", 'S', 0, 5, 1, 10, 9000);
	WRITE(&f, 70, "leaker", 'S', 0, 5, 1, 10, 9);
	WRITE(&f, 71, "other", 'S', 0, 5, 1, 10, 9);
	for (int i = 0; i < 2; i++) {
		fake_write(&f, i == 0 ? "proc/70/limits" : "proc/71/limits",
		    "Max open files            1000     4000    files\n");
		/* The kernel's folder has the count for its size. */
		fake_write(&f, i == 0 ? "proc/70/fd" : "proc/71/fd", i == 0 ? full : some);
	}
	for (int scan = 1; scan <= PROCLOOK_EVERY + 1; scan++)
		fake_collect(&f, scan * 10);
	for (int scan = 1; scan <= 3 * PROCLOOK_EVERY; scan++) {
		fake_collect(&f, 1000 + scan * 10);
		assert_near(fake_value(&f, METRIC_PROC_FD_COUNT, "70"), 600);
		if (scan > 1)
			assert_near(fake_value(&f, METRIC_PROC_FD_USAGE, "70"), 60);
		assert_false(fake_has(&f, METRIC_PROC_FD_COUNT, "71"));
	}
	/* It is told to be well before it is let go. */
	fake_write(&f, "proc/70/fd", "xxxxx");
	fake_collect(&f, 2000);
	assert_near(fake_value(&f, METRIC_PROC_FD_COUNT, "70"), 5);
	for (int scan = 1; scan <= PROCLOOK_EVERY + 1; scan++)
		fake_collect(&f, 2000 + scan * 10);
	assert_false(fake_has(&f, METRIC_PROC_FD_COUNT, "70"));
	fake_done(&f);
}

static void
test_a_reused_pid_is_another(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.conf.process_track_top_n = 5;
	fake_open(&f, &collector_process);
	WRITE(&f, 70, "sh", 'S', 0, 1000, 1, 10, 900);
	fake_collect(&f, 10);
	WRITE(&f, 70, "sh", 'S', 0, 1500, 1, 10, 900);
	fake_collect(&f, 20);
	assert_true(fake_has(&f, METRIC_PROC_CPU, "70"));
	/* Same pid, same name, more CPU time: only the start time tells. */
	WRITE(&f, 70, "sh", 'S', 0, 9000, 1, 11, 900);
	fake_collect(&f, 30);
	assert_false(fake_has(&f, METRIC_PROC_CPU, "70"));
	assert_true(fake_has(&f, METRIC_PROC_RSS, "70"));
	WRITE(&f, 70, "sh", 'S', 0, 9000, 1, 11, 900);
	fake_collect(&f, 40);
	assert_near(fake_value(&f, METRIC_PROC_CPU, "70"), 0);
	/* A kernel thread takes the pid: it is no longer tracked. */
	WRITE(&f, 70, "kworker/0:1", 'I', PIDSTAT_PF_KTHREAD, 0, 1, 12, 0);
	fake_collect(&f, 50);
	assert_false(fake_has(&f, METRIC_PROC_RSS, "70"));
	assert_near(fake_value(&f, METRIC_PROC_COUNT, NULL), 1);
	fake_done(&f);
}

static void
test_a_new_name_is_a_new_series(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.conf.process_track_top_n = 5;
	fake_open(&f, &collector_process);
	WRITE(&f, 70, "sh", 'S', 0, 1000, 1, 10, 900);
	fake_collect(&f, 10);
	WRITE(&f, 70, "evil\n) R", 'S', 0, 1000, 1, 10, 900);
	fake_collect(&f, 20);
	assert_string_equal(
	    series_label(series_at(f.series, fake_sample(&f, METRIC_PROC_RSS, "70")->series), 1),
	    "evil?) R");
	/* One that renames itself all the time settles. */
	for (int i = 0; i < 30; i++) {
		char name[32];

		snprintf(name, sizeof(name), "worker-%d", i);
		WRITE(&f, 70, name, 'S', 0, 1000, 1, 10, 900);
		fake_collect(&f, 30 + i);
	}
	assert_true(series_live(f.series) < 60);
	fake_done(&f);
}

static void
test_damaged_ones_are_only_counted(void **state)
{
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	f.conf.process_track_top_n = 5;
	fake_open(&f, &collector_process);
	log = catch_log(LOGL_WARN);
	WRITE(&f, 70, "sh", 'S', 0, 1000, 3, 10, 900);
	fake_write(&f, "proc/71/stat", "71 (x");
	fake_write(&f, "proc/74/stat", "74 (y");
	fake_write(&f, "proc/72/stat", "");
	fake_write(&f, "proc/73/nothing", "");
	for (int i = 1; i <= 3; i++) {
		fake_collect(&f, 10 * i);
		assert_near(fake_value(&f, METRIC_PROC_COUNT, NULL), 5);
		assert_near(fake_value(&f, METRIC_PROC_THREADS, NULL), 3);
		assert_true(fake_has(&f, METRIC_PROC_RSS, "70"));
		assert_false(fake_has(&f, METRIC_PROC_RSS, "71"));
	}
	/* One that cannot be read any more is gone, and new when it can. */
	fake_write(&f, "proc/70/stat", "");
	fake_collect(&f, 50);
	assert_false(fake_has(&f, METRIC_PROC_RSS, "70"));
	assert_int_equal(count_logged(log, "proc/PID/stat is not of the form"), 1);
	release_log(log);
	fake_done(&f);
}

static void
test_top(void **state)
{
	struct process_view top[8];
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_process);
	assert_int_equal(f.row->top(f.state, false, top, 8), 0);
	for (int i = 1; i <= 20; i++)
		WRITE(&f, i, "x", 'S', 0, 100, 1, 10, 100 * (unsigned)i);
	fake_collect(&f, 10);
	assert_int_equal(f.row->top(f.state, true, top, 8), 0);
	assert_int_equal(f.row->top(f.state, false, top, 8), 8);
	for (int i = 0; i < 8; i++)
		assert_int_equal(top[i].pid, 20 - i);
	WRITE(&f, 3, "busy", 'R', 0, 600, 1, 10, 100);
	fake_collect(&f, 15);
	assert_int_equal(f.row->top(f.state, true, top, 1), 1);
	assert_string_equal(top[0].name, "busy");
	assert_near(top[0].cpu_percent, 500.0 / (double)f.host.ticks_per_sec / 5 * 100);
	fake_done(&f);
}

/* The score remembers a burst for a while; a reading without a time before it says nothing. */
static void
test_cpu_score(void **state)
{
	struct process p = {.ticks = 100};

	(void)state;
	take_cpu(&p, 150, 0);
	assert_true(isnan(p.cpu_percent) && p.cpu_score == 0 && p.ticks == 150);
	take_cpu(&p, 250, 1000);
	assert_true(p.cpu_percent == 10 && p.cpu_score == 10);
	take_cpu(&p, 250, 1000);
	assert_true(p.cpu_percent == 0 && fabsf(p.cpu_score - 7) < 1e-4F);
	take_cpu(&p, 300, 1000);
	assert_true(p.cpu_percent == 5 && fabsf(p.cpu_score - 5) < 1e-4F);
	/* Fewer ticks than before: another clock, no percentage. */
	take_cpu(&p, 299, 1000);
	assert_true(isnan(p.cpu_percent) && fabsf(p.cpu_score - 5) < 1e-4F && p.ticks == 299);
}

/* A name may change so many times; the last one then stays. */
static void
test_renames(void **state)
{
	struct process p = {.tracked = PROC_UNTRACKED};
	static char names[RENAMES_MAX + 2][PIDSTAT_NAME_MAX];
	struct strings patterns = {(char *[]){(char[]){"n3"}}, 1};
	struct processes s = {0};

	(void)state;
	proctrack_init(&s.track, &patterns, 0);
	for (int i = 0; i < RENAMES_MAX + 2; i++) {
		snprintf(names[i], sizeof(names[i]), "n%d", i);
		rename_process(&s, &p, names[i]);
		assert_string_equal(p.name, i < RENAMES_MAX ? names[i] : names[RENAMES_MAX - 1]);
		assert_int_equal(p.matches, i == 3);
	}
	proctrack_done(&s.track);
}

/* An alert's look renews one that is five seconds old, and no younger one. */
static void
test_when_a_look_is_renewed(void **state)
{
	struct growth_query q = {.kind = GROWTH_CPU};
	struct process_growth out[2];
	struct processes *s;
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_process);
	s = f.state;
	q.now_ns = 100 * NS_PER_SEC;
	f.row->growth(f.state, &f.host, &q, out, 2);
	assert_int_equal(s->number, 0);
	fake_collect(&f, 100);
	q.now_ns = 100 * NS_PER_SEC + STALE_NS - 1;
	f.row->growth(f.state, &f.host, &q, out, 2);
	assert_int_equal(s->number, 1);
	q.now_ns++;
	f.row->growth(f.state, &f.host, &q, out, 2);
	assert_int_equal(s->number, 2);
	fake_done(&f);
}

/* A kernel thread is looked at once, and again when its folder is a new one or its turn comes. */
static void
test_kernel_threads_are_left_alone(void **state)
{
	struct fake f;
	int scans = 0;

	(void)state;
	fake_init(&f);
	f.conf.process_track_top_n = 5;
	fake_open(&f, &collector_process);
	WRITE(&f, 7, "kworker/0:1", 'I', PIDSTAT_PF_KTHREAD, 0, 1, 12, 0);
	fake_collect(&f, 10);
	assert_near(fake_value(&f, METRIC_PROC_THREADS, NULL), 1);
	/* In the same folder: nobody sees that it is something else, until its turn comes. */
	WRITE(&f, 7, "sh", 'S', 0, 5, 3, 10, 900);
	do {
		fake_collect(&f, 20 + 10 * scans++);
		if (!fake_has(&f, METRIC_PROC_RSS, "7"))
			assert_near(fake_value(&f, METRIC_PROC_THREADS, NULL), 1);
	} while (!fake_has(&f, METRIC_PROC_RSS, "7") && scans < 200);
	/* The scans so far and the pid are a multiple. */
	assert_int_equal((scans + 1 + 7) % LOOK_AGAIN_SCANS, 0);
	assert_near(fake_value(&f, METRIC_PROC_THREADS, NULL), 3);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_what_a_tracked_one_has),
	    cmocka_unit_test(test_io_that_may_hang_is_not_read),
	    cmocka_unit_test(test_a_leaker_is_found),
	    cmocka_unit_test(test_a_reused_pid_is_another),
	    cmocka_unit_test(test_a_new_name_is_a_new_series),
	    cmocka_unit_test(test_damaged_ones_are_only_counted),
	    cmocka_unit_test(test_top),
	    cmocka_unit_test(test_cpu_score),
	    cmocka_unit_test(test_renames),
	    cmocka_unit_test(test_when_a_look_is_renewed),
	    cmocka_unit_test(test_kernel_threads_are_left_alone),
	};

	return cmocka_run_group_tests_name("process", tests, NULL, NULL);
}
