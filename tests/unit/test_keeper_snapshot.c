/*
 * The keeper's snapshot, piece by piece: only a whole one takes the place of the one before.
 */
#include <sys/socket.h>

#include "base/io.h"
#include "base/str.h"
#include "tests/unit/keeper_rig.h"

static void
say_snapshot(struct rig *r, enum wire_id id, uint64_t first, uint64_t second)
{
	wire_begin(&r->msg, id);
	wire_put_u64(&r->msg, first);
	wire_put_u64(&r->msg, second);
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
}

static void
say_piece(struct rig *r, const char *piece)
{
	wire_begin(&r->msg, WIRE_SNAP_DATA);
	wire_put_bytes(&r->msg, piece, strlen(piece));
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
}

/* The answer to the end of snapshot number, with why it failed in msg. */
static enum wire_id
end_snapshot(struct rig *r, uint64_t number, uint64_t bytes, const char *all)
{
	enum wire_id id;

	say_snapshot(r, WIRE_SNAP_END, bytes, str_hash(STR_HASH_SEED, all, strlen(all)));
	turn(r);
	id = hear(r);
	assert_int_equal(wire_get_u64(&r->msg), number);
	return id;
}

static void
expect_file(const char *content)
{
	char read_back[64];

	assert_int_equal(
	    io_read_at(AT_FDCWD, "snapshot.bin", read_back, sizeof(read_back)), strlen(content));
	assert_string_equal(read_back, content);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
}

static void
only_the_snapshot_that_was_sent_takes_the_place(void **fixture)
{
	struct rig *r = start("data");

	(void)fixture;
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 11);
	say_piece(r, "first ");
	say_piece(r, "whole");
	assert_int_equal(end_snapshot(r, 1, 11, "first whole"), WIRE_SNAP_SAVED);
	expect_file("first whole");
	say_snapshot(r, WIRE_SNAP_BEGIN, 2, 0); /* a piece is missing */
	say_piece(r, "second ");
	assert_int_equal(end_snapshot(r, 2, 12, "second whole"), WIRE_SNAP_FAILED);
	assert_string_equal(wire_get_str(&r->msg), "what came is not what was sent");
	expect_file("first whole");
	say_snapshot(r, WIRE_SNAP_BEGIN, 3, 0); /* the same length, other bytes */
	say_piece(r, "third");
	assert_int_equal(end_snapshot(r, 3, 5, "turnd"), WIRE_SNAP_FAILED);
	expect_file("first whole");
	finish(r);
}

static void
a_snapshot_begun_anew_replaces_the_half_of_another(void **fixture)
{
	struct rig *r = start("data");

	(void)fixture;
	say_piece(r, "of nothing"); /* late pieces of a save that has failed */
	say_snapshot(r, WIRE_SNAP_END, 10, 0);
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 0);
	say_piece(r, "half");
	say_snapshot(r, WIRE_SNAP_BEGIN, 2, 0);
	say_piece(r, "new");
	assert_int_equal(end_snapshot(r, 2, 3, "new"), WIRE_SNAP_SAVED);
	expect_file("new");
	finish(r);
}

/* The agent's successor did not ask for it. */
static void
half_a_snapshot_ends_with_its_agent(void **fixture)
{
	struct rig *r = start("data");

	(void)fixture;
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 0);
	say_piece(r, "half");
	turn(r);
	assert_int_equal(access("snapshot.bin.new", F_OK), 0);
	replace_agent(r);
	turn(r);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
	assert_int_equal(hear(r), WIRE_NOTHING);
	finish(r);
}

static void
a_piece_with_bad_fields_is_a_violation(void **fixture)
{
	struct rig *r = start("data");
	char accused = 0;

	(void)fixture;
	say_snapshot(r, WIRE_SNAP_BEGIN, 1, 0);
	wire_begin(&r->msg, WIRE_SNAP_DATA);
	wire_put_u32(&r->msg, 1000); /* bytes that are not there */
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
	turn(r);
	assert_int_equal(recv(r->lifeline[1], &accused, 1, MSG_DONTWAIT), 1);
	assert_int_equal(accused, ROLE_AGENT);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
	finish(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_the_snapshot_that_was_sent_takes_the_place),
	    cmocka_unit_test(a_snapshot_begun_anew_replaces_the_half_of_another),
	    cmocka_unit_test(half_a_snapshot_ends_with_its_agent),
	    cmocka_unit_test(a_piece_with_bad_fields_is_a_violation),
	};

	return cmocka_run_group_tests_name("keeper_snapshot", tests, enter_folder, NULL);
}
