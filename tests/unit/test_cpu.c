/*
 * cpu: samples from one collection to the next, cores that come and go, files that are not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/cpu.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

static void
test_two_readings(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_cpu);
	fake_write(&f, "proc/stat",
	    "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\n"
	    "cpu1 50 0 50 400 0 0 0 0 0 0\nintr 1000 1\nctxt 5000\nprocs_running 3\nprocs_blocked "
	    "1\n");
	fake_write(&f, "proc/loadavg", "1.00 3.00 2.00 1/100 1000\n");
	fake_collect(&f, 10);
	assert_false(fake_has(&f, METRIC_CPU_USAGE, NULL));
	assert_false(fake_has(&f, METRIC_CPU_INTERRUPTS, NULL));
	assert_near(fake_value(&f, METRIC_CPU_PROCS_RUNNING, NULL), 3);
	assert_near(fake_value(&f, METRIC_CPU_LOAD_PER_CORE, NULL), 1.5);
	fake_write(&f, "proc/stat",
	    "cpu  200 0 150 1600 50 0 0 100 0 0\ncpu0 150 0 100 700 0 0 0 50 0 0\n"
	    "cpu1 50 0 50 900 50 0 0 50 0 0\nintr 2000 1\nctxt 5100\nprocs_running "
	    "4\nprocs_blocked 0\n");
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_CPU_USAGE, NULL), 250.0 / 11);
	assert_near(fake_value(&f, METRIC_CPU_USER, NULL), 100.0 / 11);
	assert_near(fake_value(&f, METRIC_CPU_STEAL, NULL), 100.0 / 11);
	assert_near(fake_value(&f, METRIC_CPU_CORE_USAGE, "0"), 100 * (1 - 300.0 / 500));
	assert_near(fake_value(&f, METRIC_CPU_CORE_USAGE, "1"), 100 * (1 - 550.0 / 600));
	assert_near(fake_value(&f, METRIC_CPU_INTERRUPTS, NULL), 100);
	assert_near(fake_value(&f, METRIC_CPU_CONTEXT_SWITCHES, NULL), 10);
	assert_near(fake_sample(&f, METRIC_CPU_CONTEXT_SWITCHES, NULL)->raw, 5100);
	assert_near(fake_value(&f, METRIC_CPU_PROCS_BLOCKED, NULL), 0);
	fake_done(&f);
}

/* The kernel's total is of the cores that are online: of others it says nothing about these. */
static void
test_another_set_of_cores_yields_no_total(void **state)
{
	static const struct {
		const char *stat;
		bool usage;
		double percent;
	} frames[] = {
	    {"cpu  10000 0 500 900000 10 0 5 0\ncpu0 5000 0 250 450000 5 0 2 0\n"
	     "cpu1 5000 0 250 450000 5 0 3 0\n",
	        false, 0},
	    /* one goes: the idle time falls; 10 % are true */
	    {"cpu  10020 0 500 450180 10 0 5 0\ncpu0 5020 0 250 450180 5 0 2 0\n", false, 0},
	    {"cpu  10040 0 500 450360 10 0 5 0\ncpu0 5040 0 250 450360 5 0 2 0\n", true, 10},
	    /* it comes back with all that it had counted; 90 % are true */
	    {"cpu  10220 0 500 900380 10 0 5 0\ncpu0 5220 0 250 450380 5 0 2 0\n"
	     "cpu1 5000 0 250 450000 5 0 3 0\n",
	        false, 0},
	    {"cpu  10580 0 500 900420 10 0 5 0\ncpu0 5400 0 250 450400 5 0 2 0\n"
	     "cpu1 5180 0 250 450020 5 0 3 0\n",
	        true, 90},
	};
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_cpu);
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		fake_write(&f, "proc/stat", frames[i].stat);
		fake_collect(&f, 10 + 2 * (int64_t)i);
		assert_int_equal(fake_has(&f, METRIC_CPU_USAGE, NULL), frames[i].usage);
		if (frames[i].usage)
			assert_near(fake_value(&f, METRIC_CPU_USAGE, NULL), frames[i].percent);
	}
	fake_done(&f);
}

static void
write_cores(const struct fake *f, const char *numbers, int ticks)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "cpu  %d 0 0 %d 0 0 0 0 0 0\n", ticks, ticks);

	for (const char *p = numbers; *p != '\0'; p++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "cpu%c %d 0 0 %d 0 0 0 0 0 0\n",
		    *p, ticks, 3 * ticks);
	fake_write(f, "proc/stat", text);
}

static void
test_hot_plug(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_cpu);
	write_cores(&f, "012", 100);
	fake_collect(&f, 10);
	write_cores(&f, "02", 200);
	fake_collect(&f, 20);
	assert_near(fake_value(&f, METRIC_CPU_CORE_USAGE, "0"), 25);
	assert_false(fake_has(&f, METRIC_CPU_CORE_USAGE, "1"));
	assert_near(fake_value(&f, METRIC_CPU_CORE_USAGE, "2"), 25);
	/* Back, with whatever counters: nothing until it was seen twice. */
	write_cores(&f, "0123", 300);
	fake_collect(&f, 30);
	assert_true(fake_has(&f, METRIC_CPU_CORE_USAGE, "2"));
	assert_false(fake_has(&f, METRIC_CPU_CORE_USAGE, "1"));
	assert_false(fake_has(&f, METRIC_CPU_CORE_USAGE, "3"));
	write_cores(&f, "3210", 400);
	fake_collect(&f, 40);
	for (const char *p = "0123"; *p != '\0'; p++)
		assert_near(fake_value(&f, METRIC_CPU_CORE_USAGE, (char[]){*p, '\0'}), 25);
	fake_done(&f);
}

static void
test_many_cores_are_bounded(void **state)
{
	char *text = mem_zalloc(100000, 1);
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_cpu);
	set_log_level(LOGL_ERROR);
	for (int round = 1; round < 4; round++) {
		size_t n = (size_t)snprintf(text, 100000, "cpu  %d 0 0 %d\n", round, round);

		for (int i = 0; i < 1000; i++)
			n += (size_t)snprintf(text + n, 100000 - n, "cpu%d %d 0 0 %d\n",
			    round < 3 ? i : i + 500, round, round);
		fake_write(&f, "proc/stat", text);
		fake_write(&f, "proc/loadavg", "1.00 500.00 2.00 1/100 1000\n");
		fake_collect(&f, 10 * round);
		assert_int_equal(
		    fake_count(&f, METRIC_CPU_CORE_USAGE), round == 2 ? CPU_CORES_MAX : 0);
	}
	assert_near(fake_value(&f, METRIC_CPU_LOAD_PER_CORE, NULL), 0.5);
	fake_collect(&f, 40);
	assert_int_equal(f.batch.dropped, 0);
	set_log_level(LOGL_INFO);
	mem_free(text);
	fake_done(&f);
}

static void
test_missing_is_missing(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_cpu);
	fake_collect(&f, 10);
	assert_int_equal(f.batch.len, 0);
	fake_write(&f, "proc/loadavg", "1.00 3.00 2.00 1/100 1000\n");
	fake_collect(&f, 20);
	assert_int_equal(f.batch.len, 3);
	assert_false(fake_has(&f, METRIC_CPU_LOAD_PER_CORE, NULL));
	write_cores(&f, "0", 100);
	fake_collect(&f, 30);
	fake_remove(&f, "proc/stat");
	fake_collect(&f, 40);
	assert_false(fake_has(&f, METRIC_CPU_LOAD_PER_CORE, NULL));
	assert_false(fake_has(&f, METRIC_CPU_USAGE, NULL));
	fake_done(&f);
}

/* A host full of cores, of which one is replaced: its place is free when it was not seen twice. */
static void
test_a_core_is_replaced(void **state)
{
	static char text[65536];
	struct fake f;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_cpu);
	for (int round = 1; round <= 5; round++) {
		int first = round < 3 ? 0 : 1;
		size_t n = (size_t)snprintf(text, sizeof(text), "cpu  %d 0 0 %d\n", round, round);

		if (first > 0) /* the new one before all others */
			n += (size_t)snprintf(text + n, sizeof(text) - n, "cpu%d %d 0 0 %d\n",
			    CPU_CORES_MAX, round, round);
		for (int i = first; i < CPU_CORES_MAX; i++)
			n += (size_t)snprintf(
			    text + n, sizeof(text) - n, "cpu%d %d 0 0 %d\n", i, round, round);
		fake_write(&f, "proc/stat", text);
		fake_collect(&f, 10 * round);
		assert_int_equal(fake_count(&f, METRIC_CPU_CORE_USAGE),
		    CPU_CORES_MAX * (round > 1) - (round == 3 || round == 4));
		assert_int_equal(fake_has(&f, METRIC_CPU_CORE_USAGE, "256"), round == 5);
	}
	fake_done(&f);
}

/* Without the line of all cores together it is not what the kernel documents. */
static void
test_no_total_is_named(void **state)
{
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	fake_open(&f, &collector_cpu);
	log = catch_log(LOGL_WARN);
	fake_write(&f, "proc/stat", "cpu  1 0 0 1\n");
	fake_collect(&f, 10);
	assert_int_equal(count_logged(log, "proc/stat is not of the form"), 0);
	fake_write(&f, "proc/stat", "cpu0 1 0 0 1\nctxt 5\n");
	fake_collect(&f, 20);
	assert_int_equal(count_logged(log, "proc/stat is not of the form"), 1);
	release_log(log);
	fake_done(&f);
}

static void
test_per_core_off(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f);
	f.conf.cpu_per_core = false;
	fake_open(&f, &collector_cpu);
	write_cores(&f, "01", 100);
	fake_collect(&f, 10);
	write_cores(&f, "01", 200);
	fake_collect(&f, 20);
	assert_true(fake_has(&f, METRIC_CPU_USAGE, NULL));
	assert_false(fake_has(&f, METRIC_CPU_CORE_USAGE, NULL));
	fake_done(&f);
}

/* More cores than have a series of their own are said, once, and only where series are wanted. */
static void
test_many_cores_are_said(void **state)
{
	static char text[65536];

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		for (int per_core = 0; per_core < 2; per_core++) {
			struct fake f;
			FILE *log;
			size_t n;

			fake_init(&f);
			f.conf.cpu_per_core = per_core != 0;
			fake_open(&f, &collector_cpu);
			n = (size_t)snprintf(text, sizeof(text), "cpu  1 0 0 1\n");
			for (int i = 0; i < CPU_CORES_MAX + extra; i++)
				n += (size_t)snprintf(
				    text + n, sizeof(text) - n, "cpu%d 1 0 0 1\n", i);
			fake_write(&f, "proc/stat", text);
			log = catch_log(LOGL_WARN);
			fake_collect(&f, 10);
			fake_collect(&f, 20);
			assert_int_equal(count_logged(log, "a usage series of their own"),
			    extra == 1 && per_core == 1);
			release_log(log);
			fake_done(&f);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_another_set_of_cores_yields_no_total),
	    cmocka_unit_test(test_two_readings),
	    cmocka_unit_test(test_hot_plug),
	    cmocka_unit_test(test_many_cores_are_bounded),
	    cmocka_unit_test(test_missing_is_missing),
	    cmocka_unit_test(test_a_core_is_replaced),
	    cmocka_unit_test(test_no_total_is_named),
	    cmocka_unit_test(test_per_core_off),
	    cmocka_unit_test(test_many_cores_are_said),
	};

	return cmocka_run_group_tests_name("cpu", tests, NULL, NULL);
}
