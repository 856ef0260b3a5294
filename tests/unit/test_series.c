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
	assert_string_equal(series_label_named(series_at(t, a.id), "interface"), "eth0");
	assert_null(series_label_named(series_at(t, a.id), "device"));
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

static void
the_longest_dead_gives_its_place_to_a_new_generation(void **fixture)
{
	struct series_table *t = make_table(2);
	struct series_ref old = {0}, live = {0}, fresh = {0};
	uint32_t gen, id;

	(void)fixture;
	id = get(t, &old, "old", 10);
	gen = old.gen;
	get(t, &live, "live", 10);
	get(t, &live, "live", 100);
	assert_int_equal(get(t, &fresh, "new", 100), id);
	assert_true(fresh.gen > gen);
	assert_string_equal(series_label(series_at(t, id), 0), "new");
	/* The old one comes back: its memory of the place is void, and there is no place now. */
	assert_int_equal(get(t, &old, "old", 101), SERIES_NONE);
	/* 40 s without a sample: dead, and recycled in turn. */
	assert_int_equal(get(t, &old, "old", 145), id);
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
	char one[2000], two[2000], text[SERIES_LABELS_TEXT_MAX];
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
	assert_non_null(strstr(series_labels_text(s, text), "device=sda"));
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
	    cmocka_unit_test(the_longest_dead_gives_its_place_to_a_new_generation),
	    cmocka_unit_test(one_group_cannot_crowd_out_another),
	    cmocka_unit_test(long_labels_stay_apart),
	    cmocka_unit_test(random_tenants_never_share_a_place),
	    cmocka_unit_test(a_batch_takes_no_nonsense),
	};

	log_set_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
