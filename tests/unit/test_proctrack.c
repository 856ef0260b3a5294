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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_equals_do_not_hop),
	    cmocka_unit_test(test_the_larger_displaces),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_too_many_to_count),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("proctrack", tests, NULL, NULL);
}
