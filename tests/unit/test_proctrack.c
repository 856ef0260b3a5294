/*
 * proctrack: the tracked set holds the largest, and does not change for a trifle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/proctrack.c"

#include "fake_host.h"
#include "tests/unit/log_help.h"

#define MANY 200

static struct strings no_patterns;

static void
make(struct proctable *t, size_t n)
{
	proctable_init(t, 0);
	t->now.items = mem_zalloc(n, sizeof(*t->now.items));
	t->now.len = n;
	for (size_t i = 0; i < n; i++) {
		uint32_t slot = proctable_add(t);
		struct process *p = proctable_at(t, slot);

		t->now.items[i] = (struct pidlist_item){.pid = (int32_t)i + 1, .slot = slot};
		p->pid = (int32_t)i + 1;
		p->state = 'S';
		p->rss_pages = 1000;
		p->cpu_percent = NAN;
	}
}

static size_t
count_tracked(const struct proctable *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->now.len; i++)
		n += proctable_listed(t, i)->tracked != PROC_UNTRACKED;
	return n;
}

/* Processes of about the same size, each scan a little different. */
static void
test_equals_do_not_hop(void **state)
{
	unsigned seed = (unsigned)clock_seed();
	uint8_t first[MANY];
	struct proctable t;
	struct proctrack k;

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	proctrack_init(&k, &no_patterns, 10);
	make(&t, MANY);
	for (int scan = 0; scan < 100; scan++) {
		for (size_t i = 0; i < MANY; i++) {
			struct process *p = proctable_listed(&t, i);

			p->rss_pages = 1000 + (unsigned)rand() % 200;
			p->cpu_score = 20 + (float)(rand() % 8);
		}
		proctrack_select(&k, &t);
		for (size_t i = 0; i < MANY; i++) {
			uint8_t now = proctable_listed(&t, i)->tracked;

			if (scan > 0)
				assert_int_equal(now, first[i]);
			first[i] = now;
		}
	}
	assert_true(count_tracked(&t) >= 10 && count_tracked(&t) <= 20);
	proctable_done(&t);
	proctrack_done(&k);
}

static void
test_the_larger_displaces(void **state)
{
	struct proctable t;
	struct proctrack k;

	(void)state;
	proctrack_init(&k, &no_patterns, 3);
	make(&t, MANY);
	proctrack_select(&k, &t);
	assert_int_equal(count_tracked(&t), 3);
	assert_int_equal(proctable_listed(&t, 150)->tracked, PROC_UNTRACKED);
	proctable_listed(&t, 150)->rss_pages = 2000;
	proctable_listed(&t, 151)->cpu_score = 90;
	proctrack_select(&k, &t);
	assert_int_not_equal(proctable_listed(&t, 150)->tracked, PROC_UNTRACKED);
	assert_int_not_equal(proctable_listed(&t, 151)->tracked, PROC_UNTRACKED);
	assert_int_equal(count_tracked(&t), 4);
	/* Idle processes are no top consumers of CPU, zombies of nothing. */
	proctable_listed(&t, 150)->state = 'Z';
	proctrack_select(&k, &t);
	assert_int_equal(proctable_listed(&t, 150)->tracked, PROC_UNTRACKED);
	assert_int_equal(count_tracked(&t), 4);
	proctable_done(&t);
	proctrack_done(&k);
}

static void
test_patterns(void **state)
{
	char *globs[] = {(char[]){"postgres"}, (char[]){"ngin?"}};
	struct strings patterns = {globs, 2};
	static const char nginx[PIDSTAT_NAME_MAX] = "nginx", other[PIDSTAT_NAME_MAX] = "nginx-x";
	struct proctable t;
	struct proctrack k;

	(void)state;
	proctrack_init(&k, &patterns, 1000);
	assert_true(proctrack_matches(&k, nginx));
	assert_false(proctrack_matches(&k, other));
	make(&t, MANY);
	for (size_t i = 0; i < MANY; i++) {
		proctable_listed(&t, i)->rss_pages = 0;
		proctable_listed(&t, i)->matches = i >= 20;
	}
	proctrack_select(&k, &t);
	assert_int_equal(count_tracked(&t), PATTERNS_MAX);
	assert_int_equal(k.left_out, MANY - 20 - PATTERNS_MAX);
	/* Who has a place keeps it. */
	proctable_listed(&t, 0)->matches = true;
	proctrack_select(&k, &t);
	assert_int_equal(proctable_listed(&t, 0)->tracked, PROC_UNTRACKED);
	/* The top ones come on top of the matching ones, to the bound. */
	for (size_t i = 0; i < MANY; i++) {
		proctable_listed(&t, i)->rss_pages = i < 100 ? 5000 : 1;
		proctable_listed(&t, i)->cpu_score = i < 100 ? 0 : 50;
	}
	proctrack_select(&k, &t);
	assert_true(count_tracked(&t) <= PROCTRACK_MAX);
	assert_true(count_tracked(&t) > PATTERNS_MAX);
	proctable_done(&t);
	proctrack_done(&k);
}

/* A process with a million descriptors is not listed whole, and not time and again. */
static void
test_too_many_to_count(void **state)
{
	struct fake f;
	struct process p = {.pid = 70};
	struct tracked k = {.process = &p, .pid = "70"};

	(void)state;
	fake_init(&f);
	for (int i = 0; i < 20; i++) {
		char path[32];

		snprintf(path, sizeof(path), "proc/70/fd/%d", i);
		fake_write(&f, path, "");
	}
	count_fds(&k, &f.host, 20);
	assert_true(k.fds_known && !p.dear_fds);
	assert_int_equal(k.fds, 20);
	k.age = COUNT_EVERY - 70 % COUNT_EVERY;
	count_fds(&k, &f.host, 10);
	assert_false(k.fds_known);
	/* Nor when it is tracked anew. */
	k = (struct tracked){.process = &p, .pid = "70"};
	count_fds(&k, &f.host, 20);
	assert_false(k.fds_known);
	fake_done(&f);
}

/* Who is of a top list already leads by a margin: one just below it does not displace, one above
 * does. */
static void
test_margins(void **state)
{
	struct process p = {.rss_pages = 100, .cpu_score = 10};

	(void)state;
	assert_near(rss_score(&p), 100);
	assert_near(cpu_score(&p), 10);
	p.why = PROC_BY_RSS | PROC_BY_CPU;
	assert_near(rss_score(&p), 125);
	assert_near(cpu_score(&p), 15.5);
	p.why = PROC_BY_PATTERN;
	assert_near(rss_score(&p), 100);
	p.rss_pages = 0;
	assert_true(isnan(rss_score(&p)));
	p.rss_pages = 1;
	assert_near(rss_score(&p), 1);
	/* An idle one is in no list, but may stay in one. */
	p.cpu_score = 0.5F;
	assert_near(cpu_score(&p), 0.5);
	p.cpu_score = 0.49F;
	assert_true(isnan(cpu_score(&p)));
	p.why = PROC_BY_CPU;
	assert_true(cpu_score(&p) > 0.5);
}

/* For its descriptors a process is tracked from half of its limit on, until it is well below. */
static void
test_descriptors_margins(void **state)
{
	struct process p = {.fd_percent = 49};

	(void)state;
	assert_true(isnan(fds_score(&p)));
	p.fd_percent = 50;
	assert_near(fds_score(&p), 50);
	p.why = PROC_BY_FDS;
	assert_near(fds_score(&p), 150);
	p.fd_percent = 40;
	assert_near(fds_score(&p), 140);
	p.fd_percent = 39;
	assert_true(isnan(fds_score(&p)));
}

static void
test_how_many(void **state)
{
	const struct strings one = {(char *[]){(char[]){"x"}}, 1};
	const struct {
		const struct strings *patterns;
		int64_t top_n;
		size_t top_max, patterns_max;
	} cases[] = {{&no_patterns, -1, 0, 0}, {&no_patterns, 0, 0, 0}, {&no_patterns, 1, 1, 0},
	    {&no_patterns, 44, 44, 0}, {&no_patterns, 45, 44, 0}, {&one, 20, 20, 48},
	    {&one, 21, 20, 48}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct proctrack k;

		proctrack_init(&k, cases[i].patterns, cases[i].top_n);
		assert_int_equal(k.top_max, cases[i].top_max);
		assert_int_equal(k.patterns_max, cases[i].patterns_max);
		proctrack_done(&k);
	}
}

struct sampled {
	struct fake f;
	struct proctable table;
	struct proctrack track;
	struct process *process;
};

/* One process, pid 1, tracked. */
static void
begin_sampled(struct sampled *s)
{
	fake_init(&s->f);
	proctrack_init(&s->track, &no_patterns, 5);
	make(&s->table, 1);
	s->process = proctable_listed(&s->table, 0);
	proctrack_select(&s->track, &s->table);
	assert_int_equal(s->process->tracked, 0);
}

static void
sample_at(struct sampled *s, double secs)
{
	struct now now = {.boot_ns = (int64_t)(secs * 1e9)};

	batch_reset(&s->f.batch, &now);
	proctrack_sample(&s->track, &s->f.host, &s->f.batch);
}

static void
end_sampled(struct sampled *s)
{
	proctrack_done(&s->track);
	proctable_done(&s->table);
	fake_done(&s->f);
}

/* The limit is asked for from the second scan on, and then now and again; none is no percentage. */
static void
test_limit(void **state)
{
	struct sampled s;

	(void)state;
	begin_sampled(&s);
	fake_write(&s.f, "proc/1/fd/0", "");
	fake_write(&s.f, "proc/1/limits", "Max open files            1     4    files\n");
	sample_at(&s, 10);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_COUNT, "1"), 1);
	assert_false(fake_has(&s.f, METRIC_PROC_FD_USAGE, "1"));
	for (size_t i = 0; i < PROC_MARKS; i++)
		assert_int_equal(s.track.items[0].fd_marks[i], 1);
	sample_at(&s, 20);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_USAGE, "1"), 100);
	/* Its turn: the pid and the scans since it began are a multiple of ten. */
	fake_write(&s.f, "proc/1/limits", "Max open files            4     4    files\n");
	for (int scan = 3; scan <= LIMIT_EVERY - 1; scan++) {
		sample_at(&s, 10 * scan);
		assert_near(fake_value(&s.f, METRIC_PROC_FD_USAGE, "1"), 100);
	}
	sample_at(&s, 10 * LIMIT_EVERY);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_USAGE, "1"), 25);
	fake_write(
	    &s.f, "proc/1/limits", "Max open files            unlimited     unlimited    files\n");
	for (int scan = LIMIT_EVERY + 1; scan <= 2 * LIMIT_EVERY; scan++)
		sample_at(&s, 10 * scan);
	assert_true(fake_has(&s.f, METRIC_PROC_FD_COUNT, "1"));
	assert_false(fake_has(&s.f, METRIC_PROC_FD_USAGE, "1"));
	end_sampled(&s);
}

/* The folder is listed every third scan; in between the count is repeated. */
static void
test_the_count_is_repeated(void **state)
{
	struct sampled s;

	(void)state;
	begin_sampled(&s);
	sample_at(&s, 5);
	assert_false(fake_has(&s.f, METRIC_PROC_FD_COUNT, "1"));
	fake_write(&s.f, "proc/1/fd/0", "");
	sample_at(&s, 10);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_COUNT, "1"), 1);
	fake_write(&s.f, "proc/1/fd/1", "");
	sample_at(&s, 20);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_COUNT, "1"), 2);
	fake_write(&s.f, "proc/1/fd/2", "");
	sample_at(&s, 30);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_COUNT, "1"), 2);
	sample_at(&s, 40);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_COUNT, "1"), 2);
	sample_at(&s, 50);
	assert_near(fake_value(&s.f, METRIC_PROC_FD_COUNT, "1"), 3);
	end_sampled(&s);
}

/* Files that are not there, are empty, or hold no number: what is known is sampled all the same. */
static void
test_what_cannot_be_read_is_absent(void **state)
{
	struct sampled s;

	(void)state;
	begin_sampled(&s);
	for (int round = 1; round <= 3; round++) {
		sample_at(&s, 10 * round);
		assert_int_equal(s.f.batch.len, 2);
		assert_near(
		    fake_value(&s.f, METRIC_PROC_RSS, "1"), 1000 * (double)s.f.host.page_bytes);
		assert_near(fake_value(&s.f, METRIC_PROC_THREAD_COUNT, "1"), 0);
		fake_write(&s.f, "proc/1/io", round == 1 ? "" : "read_bytes: 5\nwrite_bytes: x\n");
		fake_write(
		    &s.f, "proc/1/status", round == 1 ? "" : "voluntary_ctxt_switches:\tx\n");
	}
	s.process->cpu_percent = 0;
	sample_at(&s, 40);
	assert_near(fake_value(&s.f, METRIC_PROC_CPU, "1"), 0);
	fake_write(&s.f, "proc/1/io", "read_bytes: 10\nwrite_bytes: 100\n");
	fake_write(&s.f, "proc/1/status", "voluntary_ctxt_switches:\t7\n");
	sample_at(&s, 50);
	fake_write(&s.f, "proc/1/io", "read_bytes: 20\nwrite_bytes: 300\n");
	fake_write(&s.f, "proc/1/status", "voluntary_ctxt_switches:\t37\n");
	sample_at(&s, 60);
	assert_near(fake_value(&s.f, METRIC_PROC_IO_READ, "1"), 1);
	assert_near(fake_value(&s.f, METRIC_PROC_IO_WRITE, "1"), 20);
	assert_near(fake_sample(&s.f, METRIC_PROC_IO_WRITE, "1")->raw, 300);
	assert_near(fake_value(&s.f, METRIC_PROC_CTXT_SWITCHES, "1"), 3);
	/* No longer tracked, it has no samples. */
	proctrack_end(&s.track, s.process);
	proctrack_end(&s.track, s.process);
	sample_at(&s, 70);
	assert_int_equal(s.f.batch.len, 0);
	end_sampled(&s);
}

/* Places for those that match are counted: who comes later gets one while there are some. */
static void
test_places_for_patterns(void **state)
{
	const struct strings all = {(char *[]){(char[]){"*"}}, 1};
	struct proctable t;
	struct proctrack k;

	(void)state;
	proctrack_init(&k, &all, 0);
	make(&t, MANY);
	for (size_t i = 0; i < PATTERNS_MAX - 1; i++)
		proctable_listed(&t, i)->matches = true;
	proctrack_select(&k, &t);
	assert_int_equal(count_tracked(&t), PATTERNS_MAX - 1);
	proctable_listed(&t, 100)->matches = true;
	proctable_listed(&t, 101)->matches = true;
	proctrack_select(&k, &t);
	assert_int_equal(count_tracked(&t), PATTERNS_MAX);
	assert_int_not_equal(proctable_listed(&t, 100)->tracked, PROC_UNTRACKED);
	assert_int_equal(proctable_listed(&t, 101)->tracked, PROC_UNTRACKED);
	assert_true(k.said_many);
	/* One that becomes a zombie gives its place up, and has none again while it is one. */
	proctable_listed(&t, 100)->state = 'Z';
	proctrack_select(&k, &t);
	assert_int_equal(proctable_listed(&t, 100)->tracked, PROC_UNTRACKED);
	assert_int_not_equal(proctable_listed(&t, 101)->tracked, PROC_UNTRACKED);
	/* One that no longer matches as well. */
	proctable_listed(&t, 0)->matches = false;
	proctrack_select(&k, &t);
	assert_int_equal(count_tracked(&t), PATTERNS_MAX - 1);
	proctable_done(&t);
	proctrack_done(&k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equals_do_not_hop),
	    cmocka_unit_test(test_the_larger_displaces),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_too_many_to_count),
	    cmocka_unit_test(test_margins),
	    cmocka_unit_test(test_descriptors_margins),
	    cmocka_unit_test(test_how_many),
	    cmocka_unit_test(test_limit),
	    cmocka_unit_test(test_the_count_is_repeated),
	    cmocka_unit_test(test_what_cannot_be_read_is_absent),
	    cmocka_unit_test(test_places_for_patterns),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("proctrack", tests, NULL, NULL);
}
