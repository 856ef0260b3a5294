/*
 * procgrowth: who added most since an alert began, on a made-up /proc.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/procgrowth.c"

#include "fake_host.h"

#include "base/mem.h"

#define MIB_PAGES 256 /* of 4 KiB */

extern const struct collector collector_process;

struct scene {
	struct fake f;
	double now;
	struct process_growth top[3];
};

/* ticks: of 100 a second; start: seconds after boot. */
static void
set_process(
    const struct scene *s, int pid, const char *name, double start, double cpu_secs, int rss_mib)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
	    "%d (%s) S 1 1 1 0 -1 4194304 0 0 0 0 %.0f 0 0 0 20 0 1 0 %.0f 1000000 %d 0 0 0 0 0 0 "
	    "0 "
	    "0 0 0 0 0 0 0 17 0 0 0 0 0 0\n",
	    pid, name, cpu_secs * (double)s->f.host.ticks_per_sec,
	    start * (double)s->f.host.ticks_per_sec, rss_mib * MIB_PAGES);
	fake_write(&s->f, path, text);
}

static void
begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	fake_init(&s->f);
	s->f.host.page_bytes = 4096;
	s->now = 1000;
	set_process(s, 10, "postgres", 5, 100, 500);
	set_process(s, 11, "java", 6, 5000, 3000);
	set_process(s, 12, "idle", 7, 1, 10);
	fake_open(&s->f, &collector_process);
}

static void
look(struct scene *s, double secs)
{
	s->now += secs;
	fake_collect(&s->f, s->now);
}

static size_t
ask(struct scene *s, enum growth_kind kind, double since)
{
	struct growth_query q = {
	    .kind = kind, .since_ns = (int64_t)(since * 1e9), .now_ns = (int64_t)(s->now * 1e9)};

	memset(s->top, 0, sizeof(s->top));
	return s->f.row->growth(s->f.state, &s->f.host, &q, s->top, 3);
}

static void
test_memory_names_who_grew_not_who_is_large(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 10; i++)
		look(&s, 30);
	set_process(&s, 10, "postgres", 5, 100, 1700);
	set_process(&s, 13, "batch", s.now + 5, 0, 300);
	look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_MEMORY, s.now), 2);
	assert_string_equal(s.top[0].name, "postgres");
	assert_near(s.top[0].amount / (1024 * 1024), 1200);
	assert_true(s.top[0].grown);
	assert_string_equal(s.top[1].name, "batch");
	assert_near(s.top[1].amount / (1024 * 1024), 300);
	fake_done(&s.f);
}

static void
test_where_nothing_grew_the_largest(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	look(&s, 30);
	look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_MEMORY, s.now), 3);
	assert_string_equal(s.top[0].name, "java");
	assert_false(s.top[0].grown);
	assert_near(s.top[0].amount / (1024 * 1024), 3000);
	fake_done(&s.f);
}

/* Too slow for the quick marks: the slow ones see half an hour to an hour. */
static void
test_a_slow_leak(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i <= 160; i++) {
		set_process(&s, 10, "postgres", 5, 100, 500 + i / 2);
		look(&s, 30);
	}
	assert_int_equal(ask(&s, GROWTH_MEMORY, s.now), 1);
	assert_string_equal(s.top[0].name, "postgres");
	assert_true(s.top[0].grown);
	assert_true(s.top[0].amount / (1024 * 1024) >= 30);
	fake_done(&s.f);
}

static void
test_cpu_is_of_the_window(void **state)
{
	struct scene s;
	double since;

	(void)state;
	begin(&s);
	for (int i = 0; i < 10; i++)
		look(&s, 30);
	since = s.now;
	set_process(&s, 12, "idle", 7, 1 + 1.5 * 60, 10);
	set_process(&s, 14, "worker", s.now, 30, 10);
	set_process(&s, 15, "worker", s.now, 24, 10);
	look(&s, 60);
	assert_int_equal(ask(&s, GROWTH_CPU, since), 2);
	assert_string_equal(s.top[0].name, "idle");
	assert_near(s.top[0].amount, 150);
	assert_string_equal(s.top[1].name, "worker");
	assert_int_equal(s.top[1].processes, 2);
	assert_near(s.top[1].amount, 90);
	fake_done(&s.f);
}

/* The data of an alert must not be half a minute old: it looks once more, but not each time. */
static void
test_an_old_look_is_renewed(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	look(&s, 30);
	look(&s, 30);
	set_process(&s, 16, "burner", s.now + 1, 20, 10);
	s.now += 2;
	assert_int_equal(ask(&s, GROWTH_CPU, s.now), 0);
	s.now += 18;
	assert_int_equal(ask(&s, GROWTH_CPU, s.now), 1);
	assert_string_equal(s.top[0].name, "burner");
	assert_near(s.top[0].amount, 100 * 20 / 19.0);
	fake_done(&s.f);
}

static void
test_before_the_first_look(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	assert_int_equal(ask(&s, GROWTH_CPU, s.now), 0);
	assert_int_equal(ask(&s, GROWTH_MEMORY, s.now), 0);
	look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_CPU, s.now), 0);
	fake_done(&s.f);
}

/* Another process under a pid that was used before has added all that it has. */
static void
test_a_pid_used_again(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 4; i++)
		look(&s, 30);
	set_process(&s, 11, "fresh", s.now + 1, 0, 2000);
	look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_MEMORY, s.now), 1);
	assert_string_equal(s.top[0].name, "fresh");
	assert_near(s.top[0].amount / (1024 * 1024), 2000);
	fake_done(&s.f);
}

static void
test_the_price(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct proc_mark) * PROC_MARKS, 80);
	assert_true(sizeof(struct process) <= 160);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory_names_who_grew_not_who_is_large),
	    cmocka_unit_test(test_where_nothing_grew_the_largest),
	    cmocka_unit_test(test_a_slow_leak),
	    cmocka_unit_test(test_cpu_is_of_the_window),
	    cmocka_unit_test(test_an_old_look_is_renewed),
	    cmocka_unit_test(test_before_the_first_look),
	    cmocka_unit_test(test_a_pid_used_again),
	    cmocka_unit_test(test_the_price),
	};

	return cmocka_run_group_tests_name("procgrowth", tests, NULL, NULL);
}
