/*
 * Snapshots between the agent's end and the real keeper: whatever dies in between, what is loaded
 * is one whole snapshot, and rows do not wait for it.
 */
#include "tests/unit/transfer_scene.h"

static void
nothing_saved_is_nothing_loaded(void **fixture)
{
	struct scene *s = *fixture;

	expect_loaded(s, 0, 0);
	assert_int_equal(s->taken.restarts, 0);
}

static void
what_is_saved_is_loaded(void **fixture)
{
	struct scene *s = *fixture;
	struct content given;

	assert_true(save(s, 7, 8 * MIB + 123, true));
	given = s->given;
	assert_false(save(s, 8, 100, true)); /* one at a time */
	s->given = given;
	assert_false(load(s));
	assert_false(snapshot_transfer_idle(s->transfer));
	settle(s);
	assert_int_equal(s->saved, 1);
	assert_int_equal(s->saved_bytes, 8 * MIB + 123);
	expect_loaded(s, 7, 8 * MIB + 123);
	assert_true(save(s, 9, 20, false)); /* a smaller one takes its place */
	settle(s);
	expect_loaded(s, 9, 20);
}

/* The socket takes a part at once; the source is asked for the rest only as that is read. */
static void
a_source_is_pulled_no_faster_than_the_keeper_reads(void **fixture)
{
	struct scene *s = *fixture;

	settle(s);
	kill_keeper(s);
	assert_true(save(s, 1, 8 * MIB, true));
	settle(s);
	assert_true(s->given.at > 0 && s->given.at < 4 * MIB);
	start_keeper(s);
	settle(s);
	assert_int_equal(s->given.restarts, 1);
	assert_int_equal(s->saved, 1);
	expect_loaded(s, 1, 8 * MIB);
}

static void
rows_do_not_wait_for_a_snapshot(void **fixture)
{
	struct scene *s = *fixture;
	uint64_t txn, late = 0;
	char key[16];
	int turns = 0;

	settle(s);
	assert_int_equal(s->rows_loaded, 1);
	assert_true(save(s, 3, 8 * MIB, true));
	while (s->saved == 0) {
		snprintf(key, sizeof(key), "row%d", turns++);
		put_row(s, key, &txn);
		turn(s);
		if (s->saved == 0 && s->given.at < 4 * MIB)
			late = txn;
		if (s->given.at > 6 * MIB && s->saved == 0)
			assert_true(s->confirmed >= late); /* put while half was still to come */
		assert_true(turns < 2000);
	}
	assert_true(late >= 5 && s->confirmed >= 10);
	expect_loaded(s, 3, 8 * MIB);
}

static void
rows_do_not_wait_for_the_load_of_a_snapshot(void **fixture)
{
	struct scene *s = *fixture;
	uint64_t txn = 0;

	assert_true(save(s, 3, 8 * MIB, true));
	settle(s);
	assert_true(load(s));
	turn(s);
	assert_in_range(s->taken.at, 0, 6 * MIB);
	put_row(s, "row", &txn);
	while (s->confirmed < txn)
		turn(s);
	assert_int_equal(s->loaded, 0);
	settle(s);
	assert_true(s->whole);
	assert_int_equal(s->taken.at, 8 * MIB);
}

static void
a_keeper_that_dies_amid_a_save_costs_nothing(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 1, 1000, true));
	settle(s);
	assert_true(save(s, 2, 8 * MIB, true));
	while (s->given.at < 4 * MIB)
		turn(s);
	kill_keeper(s);
	assert_int_equal(access("snapshot.bin.new", F_OK), 0);
	start_keeper(s);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1); /* its room is given back */
	settle(s);
	assert_int_equal(s->given.restarts, 1);
	assert_int_equal(s->saved, 2);
	expect_loaded(s, 2, 8 * MIB);
}

/* The bytes may be what kills them. */
static void
keepers_that_die_again_and_again_end_the_save(void **fixture)
{
	struct scene *s = *fixture;
	int deaths = 0;

	assert_true(save(s, 1, 8 * MIB, true));
	while (s->failed == 0 && deaths < 20) {
		for (int i = 0; i < 5; i++)
			turn(s);
		kill_keeper(s);
		start_keeper(s);
		deaths++;
		turn(s);
	}
	assert_in_range(deaths, 3, 6);
	assert_string_equal(s->why, "the keeper died in the middle");
	assert_true(save(s, 2, 1000, true));
	settle(s);
	expect_loaded(s, 2, 1000);
}

static void
a_load_goes_on_with_another_keeper(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 5, 8 * MIB, true));
	settle(s);
	assert_true(load(s));
	while (s->taken.at < MIB)
		turn(s);
	kill_keeper(s);
	start_keeper(s);
	settle(s);
	assert_int_equal(s->loaded, 1);
	assert_int_equal(s->taken.restarts, 1);
	assert_true(s->whole);
	assert_int_equal(s->taken.at, 8 * MIB);
	assert_int_equal(s->taken.version, 5);
}

static void
a_load_given_up_does_not_stop_the_next(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 5, 8 * MIB, true));
	settle(s);
	s->take_max = MIB;
	assert_true(load(s));
	settle(s);
	assert_false(s->whole);
	assert_int_equal(s->loaded, 1);
	assert_in_range(s->taken.at, MIB, MIB + WIRE_PIECE_MAX);
	s->take_max = SIZE_MAX;
	assert_true(load(s));
	turn(s);
	snapshot_transfer_stop_load(s->transfer);
	assert_int_equal(s->loaded, 2);
	assert_string_equal(s->why, "it took too long");
	assert_false(load(s)); /* the rest of this one is still on its way */
	assert_true(save(s, 6, 100, true));
	settle(s);
	assert_int_equal(s->loaded, 2);
	expect_loaded(s, 6, 100);
}

/* Keepers die at any moment: what is on the disk is the last one saved or a newer one, whole. */
static void
what_is_loaded_is_whole_whatever_happens(void **fixture)
{
	struct scene *s = *fixture;
	unsigned seed = (unsigned)clock_seed();
	uint64_t version = 0, kept = 0, size = 0;
	int saved = 0;

	print_message("seed: %u\n", seed);
	for (int round = 0; round < 60; round++) {
		if (snapshot_transfer_idle(s->transfer)) {
			size = 8 + (uint64_t)rand_r(&seed) % MIB;
			if (save(s, version + 1, size, rand_r(&seed) % 2 == 0))
				version++;
		}
		for (int turns = rand_r(&seed) % 12; turns > 0; turns--)
			turn(s);
		if (s->saved > saved) {
			saved = s->saved;
			kept = version;
		}
		if (rand_r(&seed) % 3 == 0 || s->keeper->rows.state == NULL) {
			kill_keeper(s);
			start_keeper(s);
		}
		if (rand_r(&seed) % 4 == 0 && load(s)) {
			for (int turns = rand_r(&seed) % 12; turns > 0; turns--)
				turn(s);
			kill_keeper(s);
			start_keeper(s);
			settle(s);
			assert_true(s->whole);
			assert_in_range(s->taken.version, kept, version);
		}
	}
	assert_true(saved > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_SCENE(nothing_saved_is_nothing_loaded),
	    IN_SCENE(what_is_saved_is_loaded),
	    IN_SCENE(a_source_is_pulled_no_faster_than_the_keeper_reads),
	    IN_SCENE(rows_do_not_wait_for_a_snapshot),
	    IN_SCENE(rows_do_not_wait_for_the_load_of_a_snapshot),
	    IN_SCENE(a_keeper_that_dies_amid_a_save_costs_nothing),
	    IN_SCENE(keepers_that_die_again_and_again_end_the_save),
	    IN_SCENE(a_load_goes_on_with_another_keeper),
	    IN_SCENE(a_load_given_up_does_not_stop_the_next),
	    IN_SCENE(what_is_loaded_is_whole_whatever_happens),
	};

	return run_scenes("snapshot_transfer", tests, sizeof(tests) / sizeof(tests[0]));
}
