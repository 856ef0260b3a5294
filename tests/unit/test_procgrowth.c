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
	struct process_growth top[4]; /* one more than is asked for */
};

/* ticks: of 100 a second; start: seconds after boot. */
static void
set_process_in(const struct scene *s, char state, int pid, const char *name, double start,
    double cpu_secs, int rss_mib)
{
	char path[64], text[512];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
	    "%d (%s) %c 1 1 1 0 -1 4194304 0 0 0 0 %.0f 0 0 0 20 0 1 0 %.0f 1000000 %d 0 0 0 0 0 0 "
	    "0 "
	    "0 0 0 0 0 0 0 17 0 0 0 0 0 0\n",
	    pid, name, state, cpu_secs * (double)s->f.host.ticks_per_sec,
	    start * (double)s->f.host.ticks_per_sec, rss_mib * MIB_PAGES);
	fake_write(&s->f, path, text);
}

static void
set_process(
    const struct scene *s, int pid, const char *name, double start, double cpu_secs, int rss_mib)
{
	set_process_in(s, 'S', pid, name, start, cpu_secs, rss_mib);
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

/* Looked at for five minutes, in which nothing happened. */
static void
begin_watched(struct scene *s)
{
	begin(s);
	for (int i = 0; i < 10; i++)
		look(s, 30);
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
	begin_watched(&s);
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

/* Memory is compared with four minutes before the alert: what fills it began before. */
static void
test_memory_looks_back(void **state)
{
	struct scene s;

	(void)state;
	begin_watched(&s);
	set_process(&s, 10, "postgres", 5, 100, 1700);
	for (int i = 0; i < 6; i++) /* three minutes, in which nothing grows */
		look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_MEMORY, s.now), 1);
	assert_string_equal(s.top[0].name, "postgres");
	assert_true(s.top[0].grown);
	assert_near(s.top[0].amount / (1024 * 1024), 1200);
	fake_done(&s.f);
}

/* As many as were asked for, and they are those that grew most. */
static void
test_the_most_of_many(void **state)
{
	struct scene s;

	(void)state;
	begin_watched(&s);
	for (int i = 0; i < 5; i++)
		set_process(&s, 20 + i, (const char *[]){"a", "b", "c", "d", "e"}[i], s.now + 5, 0,
		    400 + 100 * (i * 3 % 5));
	look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_MEMORY, s.now), 3);
	assert_string_equal(s.top[0].name, "d");
	assert_string_equal(s.top[1].name, "b");
	assert_string_equal(s.top[2].name, "e");
	assert_string_equal(s.top[3].name, ""); /* not touched */
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
	begin_watched(&s);
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

/* Which mark is compared with: the nearest to the moment, if it is old enough. */
static void
test_the_nearest_mark(void **state)
{
	struct proctable t = {0};
	struct procgrowth g = {.table = &t, .now_ns = 1000 * NS_PER_SEC};
	size_t last = quick.first + quick.count - 1;

	(void)state;
	assert_int_equal(find_mark(&g, &quick, g.now_ns), -1);
	t.marked_ns[slow.first] = 900 * NS_PER_SEC;
	assert_int_equal(find_mark(&g, &quick, g.now_ns), -1);
	assert_int_equal(find_mark(&g, &slow, 0), slow.first);
	/* One too young is better than none; one that is yet to come is none. */
	t.marked_ns[1] = g.now_ns - AGE_LEAST_NS + 1;
	assert_int_equal(find_mark(&g, &quick, 0), 1);
	t.marked_ns[1] = g.now_ns;
	assert_int_equal(find_mark(&g, &quick, 0), -1);
	t.marked_ns[1] = g.now_ns - AGE_LEAST_NS + 1;
	t.marked_ns[0] = g.now_ns - AGE_LEAST_NS;
	t.marked_ns[2] = 960 * NS_PER_SEC;
	t.marked_ns[last] = 930 * NS_PER_SEC;
	assert_int_equal(find_mark(&g, &quick, g.now_ns), 0);
	assert_int_equal(find_mark(&g, &quick, 974 * NS_PER_SEC), 2);
	assert_int_equal(find_mark(&g, &quick, 976 * NS_PER_SEC), 0);
	assert_int_equal(find_mark(&g, &quick, 944 * NS_PER_SEC), last);
	assert_int_equal(find_mark(&g, &quick, 0), last);
}

/* Marks are set every so often, each over the oldest; a scan that comes a little early counts. */
static void
test_when_marks_are_set(void **state)
{
	struct proctable t = {0};
	struct proctrack track = {.items = mem_zalloc(PROCTRACK_MAX, sizeof(*track.items))};
	const int64_t start = 10000 * NS_PER_SEC;
	size_t last = PROCTRACK_MAX - 1;

	(void)state;
	track.items[0].fds = 5;
	track.items[last].fds = 7;
	procgrowth_mark(&t, &track, start);
	assert_true(t.marked_ns[quick.first] == start && t.marked_ns[slow.first] == start);
	assert_int_equal(track.items[0].fd_marks[quick.first], 5);
	assert_int_equal(track.items[last].fd_marks[slow.first], 7);
	procgrowth_mark(&t, &track, start + QUICK_NS - SLACK_NS - 1);
	assert_true(t.marked_ns[quick.first + 1] == 0);
	procgrowth_mark(&t, &track, start + QUICK_NS - SLACK_NS);
	assert_true(t.marked_ns[quick.first + 1] == start + QUICK_NS - SLACK_NS);
	assert_true(t.marked_ns[slow.first + 1] == 0);
	for (int i = 2; i <= 60; i++)
		procgrowth_mark(&t, &track, start + i * QUICK_NS);
	assert_true(t.marked_ns[slow.first] == start);
	assert_true(t.marked_ns[slow.first + 1] == start + 60 * QUICK_NS);
	/* The last so many, each once. */
	for (size_t back = 0; back < quick.count; back++) {
		bool found = false;

		for (size_t i = 0; i < quick.count; i++)
			found = found || t.marked_ns[quick.first + i] ==
			                     start + (60 - (int64_t)back) * QUICK_NS;
		assert_true(found);
	}
	mem_free(track.items);
}

static void
put_state(struct scene *s, int pid, char state)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(text, sizeof(text),
	    "%d (p%d) %c 1 1 1 0 -1 4194304 0 0 0 0 1 0 0 0 20 0 1 0 1 1000000 1 0 0 0 0 0 0 0 0 "
	    "0\n",
	    pid, pid, state);
	fake_write(&s->f, path, text);
}

/* It is over, and only waits for its parent: nobody can act on it. */
static void
test_zombies_are_not_named(void **state)
{
	struct scene s;

	(void)state;
	begin_watched(&s);
	set_process(&s, 10, "postgres", 5, 120, 500);
	set_process_in(&s, 'Z', 11, "java", 6, 5200, 0);
	look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_CPU, s.now - 60), 1);
	assert_int_equal(s.top[0].pid, 10);
	fake_done(&s.f);
}

/* Those that wait for a disk at the last scan, and no others. */
static void
test_who_waits(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	put_state(&s, 20, 'D');
	put_state(&s, 21, 'S');
	put_state(&s, 22, 'Z');
	put_state(&s, 23, 'D');
	look(&s, 30);
	assert_int_equal(ask(&s, GROWTH_WAITING, s.now), 2);
	assert_int_equal(s.top[0].pid + s.top[1].pid, 43);
	assert_true(s.top[0].processes == 1 && s.top[0].amount == 1);
	fake_done(&s.f);
}

/* One process alone, when it is asked for. */
static void
test_one_process(void **state)
{
	struct growth_query q = {.kind = GROWTH_MEMORY, .pid = 12};
	struct scene s;

	(void)state;
	begin(&s);
	look(&s, 30);
	look(&s, 30);
	q.now_ns = q.since_ns = (int64_t)(s.now * 1e9);
	assert_int_equal(s.f.row->growth(s.f.state, &s.f.host, &q, s.top, 3), 1);
	assert_string_equal(s.top[0].name, "idle");
	assert_near(s.top[0].amount / (1024 * 1024), 10);
	q.pid = 999;
	assert_int_equal(s.f.row->growth(s.f.state, &s.f.host, &q, s.top, 3), 0);
	fake_done(&s.f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory_names_who_grew_not_who_is_large),
	    cmocka_unit_test(test_memory_looks_back),
	    cmocka_unit_test(test_the_most_of_many),
	    cmocka_unit_test(test_where_nothing_grew_the_largest),
	    cmocka_unit_test(test_a_slow_leak),
	    cmocka_unit_test(test_cpu_is_of_the_window),
	    cmocka_unit_test(test_an_old_look_is_renewed),
	    cmocka_unit_test(test_before_the_first_look),
	    cmocka_unit_test(test_a_pid_used_again),
	    cmocka_unit_test(test_the_price),
	    cmocka_unit_test(test_the_nearest_mark),
	    cmocka_unit_test(test_when_marks_are_set),
	    cmocka_unit_test(test_zombies_are_not_named),
	    cmocka_unit_test(test_who_waits),
	    cmocka_unit_test(test_one_process),
	};

	return cmocka_run_group_tests_name("procgrowth", tests, NULL, NULL);
}
