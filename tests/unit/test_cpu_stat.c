/*
 * cpu_stat: /proc/stat of all sizes and states, and what two readings of it say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "src/collect/cpu_stat.c"

#include "base/clock.h"
#include "tests/unit/stat_text.h"

static struct cpu_stat out;

/* From memory that ends where the text ends. */
static bool
parse(const char *text)
{
	size_t len = strlen(text);
	char *copy = memcpy(malloc(len > 0 ? len : 1), text, len);
	bool ok = stat_text_take(copy, len, true, &out);

	free(copy);
	return ok;
}

static void
test_parse(void **state)
{
	(void)state;
	assert_true(parse("cpu  10 2 3 40 5 6 7 8 9 1\n"
	                  "cpu0 5 1 1 20 2 3 3 4 4 0\n"
	                  "cpu3 5 1 2 20 3 3 4 4 5 1\n"
	                  "intr 123456 0 1 2 3\nctxt 99\nbtime 1700000000\nprocesses 5\n"
	                  "procs_running 2\nprocs_blocked 1\nsoftirq 1 2 3\n"));
	assert_int_equal(out.have, 31);
	assert_int_equal(out.total.ticks[CPU_TIME_STEAL], 8);
	assert_int_equal(out.online, 2);
	assert_int_equal(out.core_count, 2);
	assert_int_equal(out.cores[1].number, 3);
	assert_int_equal(out.cores[1].times.ticks[CPU_TIME_IOWAIT], 3);
	assert_int_equal(out.interrupts, 123456);
	assert_int_equal(out.switches, 99);
	assert_int_equal(out.running, 2);
	assert_int_equal(out.blocked, 1);
}

static void
test_short_and_broken_lines(void **state)
{
	(void)state;
	/* Kernels before 2.6 have four columns. */
	assert_true(parse("cpu  1 2 3 4\n"));
	assert_int_equal(out.total.ticks[CPU_TIME_STEAL], 0);
	assert_false(parse("cpu  1 2 3\n"));
	assert_false(parse("cpu  1 2 3 -4 5\n"));
	assert_false(parse("cpu  1 2 3 18446744073709551616 5\n"));
	assert_false(parse("cpu  1 2 3 4 5 6 7 8"));
	assert_false(parse("cpufreq 1 2 3 4 5\n"));
	assert_false(parse("cpu99999999 1 2 3 4 5\n"));
	assert_int_equal(out.online, 0);
	assert_false(parse("cpu1000001 1 2 3 4\n"));
	assert_int_equal(out.online, 0);
	assert_false(parse("cpu\n"));
	assert_false(parse("cpu \n"));
	assert_false(parse("cpu0\n"));
	assert_false(parse("cpu0x 1 2 3 4\n"));
	assert_int_equal(out.online, 0);
	parse("cpu1000000 1 2 3 4\n");
	assert_int_equal(out.online, 1);
	assert_int_equal(out.cores[0].number, 1000000);
	/* A core that cannot be read is there, but has no usage. */
	parse("cpu  1 2 3 4\ncpu0 x\ncpu1 1 2 3 4\n");
	assert_int_equal(out.online, 2);
	assert_int_equal(out.core_count, 1);
	assert_int_equal(out.cores[0].number, 1);
}

static void
test_a_thousand_cores(void **state)
{
	enum { CORES = 1000, CAP = 200000 };
	char *text = malloc(CAP);
	size_t n = (size_t)snprintf(text, CAP, "cpu  1 2 3 4 5 6 7 8 9 10\n");

	(void)state;
	for (int i = 0; i < CORES; i++)
		n += (size_t)snprintf(text + n, CAP - n, "cpu%d 1 2 3 4 5 6 7 8 9 10\n", i);
	n += (size_t)snprintf(text + n, CAP - n, "intr 77");
	for (int i = 0; i < 20000; i++)
		n += (size_t)snprintf(text + n, CAP - n, " 0");
	n += (size_t)snprintf(text + n, CAP - n, "\nctxt 5\nprocs_running 1\nprocs_blocked 0\n");
	assert_true(stat_text_take(text, n, true, &out));
	assert_int_equal(out.have, 31);
	assert_int_equal(out.online, CORES);
	assert_int_equal(out.core_count, CPU_CORES_MAX);
	assert_true(stat_text_take(text, n, false, &out));
	assert_int_equal(out.online, CORES);
	assert_int_equal(out.core_count, 0);
	free(text);
}

static void
test_usage(void **state)
{
	/* user nice system idle iowait irq softirq steal */
	struct cpu_times a = {{100, 100, 100, 100, 100, 100, 100, 100}};
	struct cpu_times b = {{110, 102, 105, 150, 110, 101, 102, 120}};
	struct cpu_usage u;

	(void)state;
	assert_true(cpu_stat_usage(&a, &b, 1, NS_PER_SEC, &u));
	assert_true(fabs(u.busy - 40) < 1e-9);
	assert_true(fabs(u.user - 12) < 1e-9);
	assert_true(fabs(u.system - 8) < 1e-9);
	assert_true(fabs(u.iowait - 10) < 1e-9);
	assert_true(fabs(u.steal - 20) < 1e-9);
}

static void
test_usage_of_doubtful_counters(void **state)
{
	struct cpu_times a = {{100, 0, 0, 1000, 50, 0, 0, 0}}, b = a;
	struct cpu_usage u;

	(void)state;
	assert_false(cpu_stat_usage(&a, &a, 1, NS_PER_SEC, &u));
	/* iowait runs backwards on real kernels. */
	b.ticks[CPU_TIME_IOWAIT] = 45;
	assert_false(cpu_stat_usage(&a, &b, 1, NS_PER_SEC, &u));
	b.ticks[CPU_TIME_USER] += 30;
	b.ticks[CPU_TIME_IDLE] += 70;
	assert_true(cpu_stat_usage(&a, &b, 1, NS_PER_SEC, &u));
	assert_true(u.iowait == 0 && fabs(u.busy - 30) < 1e-9);
	/* Reset: smaller in all. */
	assert_false(
	    cpu_stat_usage(&b, &(struct cpu_times){{5, 0, 0, 5, 0, 0, 0, 0}}, 1, NS_PER_SEC, &u));
}

/* Each counter is judged by itself: what cannot be right is not there, the others hold. */
static void
test_usage_of_a_counter_that_is_wrong(void **state)
{
	static const int64_t jumps[] = {-3, -1000000000, 1000, 1LL << 62};
	const struct cpu_times a = {{100, 0, 50, 1000, 50, 0, 0, 1ULL << 40}};
	struct cpu_usage u;

	(void)state;
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		struct cpu_times b = {
		    {150, 0, 60, 1030, 60, 0, 0, (1ULL << 40) + (uint64_t)jumps[i]}};

		assert_true(cpu_stat_usage(&a, &b, 1, NS_PER_SEC, &u));
		assert_true(isnan(u.steal));
		assert_true(fabs(u.busy - 60) < 1e-9 && fabs(u.user - 50) < 1e-9);
		assert_true(fabs(u.system - 10) < 1e-9 && fabs(u.iowait - 10) < 1e-9);
		/* Without the idle time nothing can be said. */
		b = (struct cpu_times){
		    {150, 0, 60, 1000 + (uint64_t)jumps[i], 60, 0, 0, 1ULL << 40}};
		assert_false(cpu_stat_usage(&a, &b, 1, NS_PER_SEC, &u));
	}
	/* As much as several cores can count. */
	assert_true(cpu_stat_usage(
	    &a, &(struct cpu_times){{100, 0, 50, 2000, 50, 0, 0, 1ULL << 40}}, 8, NS_PER_SEC, &u));
	assert_true(fabs(u.busy) < 1e-9);
}

/* Whatever the counters do, a percentage is one, and the parts do not exceed the whole. */
static void
test_usage_is_always_a_percentage(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct cpu_times a = {{0}}, b;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 20000; round++) {
		struct cpu_usage u;

		for (size_t i = 0; i < CPU_TIMES; i++)
			b.ticks[i] = rand() % 50 == 0
			                 ? UINT64_MAX - (uint64_t)rand()
			                 : a.ticks[i] + (uint64_t)(rand() % 1200) - 100;
		if (cpu_stat_usage(&a, &b, 1, NS_PER_SEC, &u)) {
			assert_true(u.busy >= -1e-9 && u.busy <= 100 + 1e-9);
			assert_true((isnan(u.user) ? 0 : u.user) +
			                (isnan(u.system) ? 0 : u.system) +
			                (isnan(u.steal) ? 0 : u.steal) <=
			            u.busy + 1e-6);
			assert_false(u.iowait < 0 || u.busy + u.iowait > 100 + 1e-9);
		}
		a = b;
	}
}

static void
test_loadavg(void **state)
{
	struct cpu_load l;

	(void)state;
	assert_true(cpu_stat_parse_loadavg("0.20 1.18 12.05 1/80 11206\n", 27, &l));
	assert_true(l.over_1m == 0.2 && l.over_5m == 1.18 && l.over_15m == 12.05);
	assert_false(cpu_stat_parse_loadavg("0.20 1.18\n", 10, &l));
	assert_false(cpu_stat_parse_loadavg("0.20 1.18 12.05", 15, &l));
	assert_true(cpu_stat_parse_loadavg("0.20 1.18 12.05\n", 16, &l));
	assert_false(cpu_stat_parse_loadavg("x 1.18 12.05\n", 13, &l));
	assert_false(cpu_stat_parse_loadavg("0.20 1.18 x\n", 12, &l));
	assert_false(cpu_stat_parse_loadavg("0.20 1.18 12.0", 14, &l));
	assert_false(cpu_stat_parse_loadavg("0.20 -1.18 12.05 1/80 5\n", 24, &l));
	assert_false(cpu_stat_parse_loadavg("", 0, &l));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_short_and_broken_lines),
	    cmocka_unit_test(test_a_thousand_cores),
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_usage_of_doubtful_counters),
	    cmocka_unit_test(test_usage_of_a_counter_that_is_wrong),
	    cmocka_unit_test(test_usage_is_always_a_percentage),
	    cmocka_unit_test(test_loadavg),
	};

	return cmocka_run_group_tests_name("cpu_stat", tests, NULL, NULL);
}
