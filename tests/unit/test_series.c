/* Series keep their numbers while they live; a full group refuses the new and recycles the dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/model/series.c"

#include "base/clock.h"
#include "model/batch.h"
#include "tests/unit/log_help.h"

#define INTERVAL_MS 10000

static struct series_table *
make_table(uint32_t network_quota)
{
	uint32_t quota[GROUP_COUNT] = {[GROUP_NETWORK] = network_quota};

	return series_table_new(quota);
}

static uint32_t
get(struct series_table *t, struct series_ref *ref, const char *interface, int64_t secs)
{
	const char *values[] = {interface};

	return series_get(t, ref, METRIC_NET_RX_BYTES, values, secs * NS_PER_SEC, INTERVAL_MS);
}

static void
the_same_labels_are_the_same_series(void **fixture)
{
	struct series_table *t = make_table(8);
	struct series_ref a = {0}, b = {0}, c = {0};
	const char *eth0[] = {"eth0"}, *eth9[] = {"eth9"};

	(void)fixture;
	assert_int_equal(get(t, &a, "eth0", 1), get(t, &b, "eth0", 2));
	assert_int_not_equal(get(t, &a, "eth0", 3), get(t, &c, "eth1", 3));
	assert_int_equal(series_find(t, METRIC_NET_RX_BYTES, eth0), a.id);
	assert_int_equal(series_find(t, METRIC_NET_TX_BYTES, eth0), SERIES_NONE);
	assert_int_equal(series_find(t, METRIC_NET_RX_BYTES, eth9), SERIES_NONE);
	assert_string_equal(series_label(series_at(t, a.id), 0), "eth0");
	assert_int_equal(series_live(t), 2);
	series_table_free(t);
}

static void
a_full_group_refuses_while_all_live(void **fixture)
{
	struct series_table *t = make_table(2);
	struct series_ref refs[3] = {{0}};

	(void)fixture;
	get(t, &refs[0], "a", 10);
	get(t, &refs[1], "b", 10);
	assert_int_equal(get(t, &refs[2], "c", 20), SERIES_NONE);
	assert_int_equal(series_refused(t), 1);
	assert_int_equal(get(t, &refs[0], "a", 20), refs[0].id);
	series_table_free(t);
}

/* Cycles in which only this one has a sample. */
static void
cycles_with(struct series_table *t, struct series_ref *ref, const char *name, int64_t from, int n)
{
	for (int i = 0; i < n; i++) {
		get(t, ref, name, from + 10 * i);
		series_table_age(t, (from + 10 * i) * NS_PER_SEC);
	}
}

/* Ended after three missed intervals, whatever the clock did meanwhile; held while it is said so.
 */
static void
a_life_goes_by_missed_chances(void **fixture)
{
	const char *const values[] = {"a"};
	struct series_table *t = make_table(4);
	struct series_ref ref = {0}, other = {0};
	const struct series *s;

	(void)fixture;
	get(t, &ref, "a", 10);
	s = series_at(t, ref.id);
	cycles_with(t, &other, "b", 10, 1);
	cycles_with(t, &other, "b", 8000, 1); /* a suspend is one chance */
	cycles_with(t, &other, "b", 8010, 1);
	assert_int_equal(series_life(s), SERIES_ALIVE);
	get(t, &ref, "a", 8020);
	assert_int_equal(s->run, 0);
	series_table_age(t, 8020 * NS_PER_SEC);
	cycles_with(t, &other, "b", 8030, 3);
	assert_int_equal(series_life(s), SERIES_ENDED);
	get(t, &ref, "a", 8060);
	assert_int_equal(series_life(s), SERIES_ALIVE);
	assert_int_equal(s->run, 1);
	for (int i = 0; i < 20; i++) {
		series_hold(t, &ref, METRIC_NET_RX_BYTES, values, (8070 + 10 * i) * NS_PER_SEC,
		    INTERVAL_MS);
		series_table_age(t, (8070 + 10 * i) * NS_PER_SEC);
		assert_int_equal(series_life(s), SERIES_HELD);
	}
	get(t, &ref, "a", 8270);
	assert_int_equal(series_life(s), SERIES_ALIVE);
	assert_int_equal(s->run, 1);
	assert_ptr_equal(series_at(t, series_by_hash(t, s->hash)), s);
	assert_int_equal(series_by_hash(t, s->hash + 1), SERIES_NONE);
	series_table_free(t);
}

static void
the_longest_dead_gives_its_place_to_a_new_generation(void **fixture)
{
	struct series_table *t = make_table(2);
	struct series_ref old = {0}, live = {0}, fresh = {0};
	uint32_t gen, id;

	(void)fixture;
	id = get(t, &old, "old", 10);
	gen = old.gen;
	cycles_with(t, &live, "live", 10, 4);
	assert_int_equal(get(t, &fresh, "new", 40), id);
	assert_true(fresh.gen > gen);
	assert_string_equal(series_label(series_at(t, id), 0), "new");
	/* The old one comes back: its memory of the place is void, and there is no place now. */
	assert_int_equal(get(t, &old, "old", 41), SERIES_NONE);
	/* Three intervals without a sample: ended, and recycled in turn. */
	cycles_with(t, &live, "live", 50, 3);
	assert_int_equal(get(t, &old, "old", 71), id);
	assert_string_equal(series_label(series_at(t, id), 0), "old");
	series_table_free(t);
}

static void
one_group_cannot_crowd_out_another(void **fixture)
{
	struct series_table *t = make_table(4);
	struct series_ref cpu = {0};

	(void)fixture;
	for (int i = 0; i < 100; i++) {
		struct series_ref ref = {0};
		char name[16];

		snprintf(name, sizeof(name), "veth%d", i);
		get(t, &ref, name, 1);
	}
	assert_int_not_equal(
	    series_get(t, &cpu, METRIC_CPU_USAGE, NULL, NS_PER_SEC, INTERVAL_MS), SERIES_NONE);
	series_table_free(t);
}

static void
long_labels_stay_apart(void **fixture)
{
	char one[2000], two[2000];
	const char *first[] = {one, "sda", "ext4"}, *second[] = {two, "sda", "ext4"};
	struct series_table *t = make_table(4);
	struct series_ref a = {0}, b = {0};
	const struct series *s;

	(void)fixture;
	memset(one, 'x', sizeof(one));
	one[sizeof(one) - 1] = '\0';
	memcpy(two, one, sizeof(one));
	two[sizeof(two) - 2] = 'y';
	series_get(t, &a, METRIC_DISK_USAGE, first, NS_PER_SEC, INTERVAL_MS);
	series_get(t, &b, METRIC_DISK_USAGE, second, NS_PER_SEC, INTERVAL_MS);
	assert_int_not_equal(a.id, b.id);
	s = series_at(t, a.id);
	assert_string_not_equal(series_label(s, 0), series_label(series_at(t, b.id), 0));
	assert_string_equal(series_label(s, 1), "sda");
	assert_string_equal(series_label(s, 2), "ext4");
	series_table_free(t);
}

static void
random_tenants_never_share_a_place(void **fixture)
{
	struct series_table *t = make_table(16);
	struct series_ref refs[40] = {{0}};
	unsigned seed = (unsigned)clock_seed();

	(void)fixture;
	print_message("seed: %u\n", seed);
	srand(seed);
	for (int64_t secs = 1; secs < 5000; secs++) {
		int who = rand() % 40;
		char name[16];
		uint32_t id;

		snprintf(name, sizeof(name), "if%d", who);
		id = get(t, &refs[who], name, secs);
		if (id != SERIES_NONE)
			assert_string_equal(series_label(series_at(t, id), 0), name);
	}
	assert_true(series_live(t) <= 16);
	series_table_free(t);
}

static void
a_batch_takes_no_nonsense(void **fixture)
{
	struct series_table *t = make_table(4);
	struct now now = {.boot_ns = NS_PER_SEC};
	struct batch b;

	(void)fixture;
	batch_init(&b, t, 2);
	batch_reset(&b, &now);
	batch_add(&b, METRIC_CPU_USAGE, 0.0 / 0.0, 0);
	batch_add(&b, METRIC_CPU_USAGE, 1.0 / 0.0, 0);
	assert_int_equal(b.len, 0);
	batch_add(&b, METRIC_CPU_USAGE, 1, 0);
	batch_add(&b, METRIC_CPU_USER, 2, 0);
	batch_add(&b, METRIC_CPU_STEAL, 3, 0);
	assert_int_equal(b.len, 2);
	assert_int_equal(b.dropped, 3);
	batch_done(&b);
	series_table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_labels_are_the_same_series),
	    cmocka_unit_test(a_full_group_refuses_while_all_live),
	    cmocka_unit_test(a_life_goes_by_missed_chances),
	    cmocka_unit_test(the_longest_dead_gives_its_place_to_a_new_generation),
	    cmocka_unit_test(one_group_cannot_crowd_out_another),
	    cmocka_unit_test(long_labels_stay_apart),
	    cmocka_unit_test(random_tenants_never_share_a_place),
	    cmocka_unit_test(a_batch_takes_no_nonsense),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
