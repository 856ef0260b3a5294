/*
 * Snapshots that the keeper does not take: too large, too often, or no room for them on the disk.
 * It says why, the one before stays, and rows are kept.
 */
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "tests/unit/transfer_scene.h"

static void
a_snapshot_that_is_too_large_is_refused(void **fixture)
{
	struct scene *s = *fixture;

	assert_true(save(s, 1, 1000, true));
	settle(s);
	assert_true(save(s, 2, SNAPSHOT_BYTES_MAX + 1, true));
	settle(s);
	assert_int_equal(s->failed, 1);
	assert_string_equal(s->why, "larger than 32 MiB");
	assert_true(s->given.at < 4 * MIB); /* it is not sent to the end */
	assert_true(save(s, 2, SNAPSHOT_BYTES_MAX + 1, false));
	settle(s);
	assert_int_equal(s->failed, 2);
	assert_string_equal(s->why, "larger than 32 MiB");
	expect_loaded(s, 1, 1000);
}

static void
saves_at_a_high_rate_are_refused(void **fixture)
{
	struct scene *s = *fixture;

	for (int i = 1; i <= SNAPSHOT_BURST; i++) {
		assert_true(save(s, (uint64_t)i, 1000, true));
		settle(s);
		assert_int_equal(s->saved, i);
	}
	assert_true(save(s, 9, 1000, true));
	settle(s);
	assert_int_equal(s->failed, 1);
	assert_string_equal(s->why, "too often");
	expect_loaded(s, SNAPSHOT_BURST, 1000);
}

static void
without_a_keeper_a_save_fails_in_time(void **fixture)
{
	struct scene *s = *fixture;

	kill_keeper(s);
	assert_true(save(s, 1, 1000, true));
	s->now.boot_ns += 59 * NS_PER_SEC;
	snapshot_transfer_tick(s->transfer, &s->now);
	assert_int_equal(s->failed, 0);
	s->now.boot_ns += NS_PER_SEC;
	snapshot_transfer_tick(s->transfer, &s->now);
	assert_int_equal(s->failed, 1);
	assert_true(save(s, 2, 2000, true));
	start_keeper(s);
	settle(s);
	expect_loaded(s, 2, 2000);
}

static void
a_write_that_fails_leaves_the_older_one(void **fixture)
{
	struct scene *s = *fixture;
	struct rlimit before, small;
	uint64_t txn = 0;

	assert_true(save(s, 1, 1000, true));
	settle(s);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 2 * MIB; /* more than state.db has */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(save(s, 2, 8 * MIB, true));
	put_row(s, "row", &txn);
	settle(s);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(s->failed, 1);
	assert_non_null(strstr(s->why, strerror(EFBIG)));
	assert_int_equal(s->confirmed, txn);
	expect_loaded(s, 1, 1000);
}

/* What is left on the disk is for the rows. */
static void
a_disk_that_is_nearly_full_takes_rows_only(void **fixture)
{
	struct scene *s;
	uint64_t txn = 0;
	int fd;

	(void)fixture;
	assert_int_equal(chdir(top), 0);
	assert_int_equal(mkdir("small", 0700), 0);
	if (mount("none", "small", "tmpfs", MS_NOSUID | MS_NODEV, "size=40m") != 0) {
		print_message("skip: no small file system: %s\n", strerror(errno));
		assert_int_equal(rmdir("small"), 0);
		return;
	}
	s = begin_in("small");
	settle(s);
	assert_true(save(s, 1, 8 * MIB, true));
	settle(s);
	assert_int_equal(s->saved, 1);
	fd = open("filler", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(posix_fallocate(fd, 0, 10 * MIB), 0);
	assert_true(save(s, 2, 8 * MIB, true)); /* some 20 MiB are free: 8 would fit */
	put_row(s, "row", &txn);
	settle(s);
	assert_int_equal(s->failed, 1);
	assert_string_equal(s->why, "not enough room on the disk of data_dir");
	assert_int_equal(s->confirmed, txn);
	assert_true(save(s, 3, 8 * MIB, false)); /* not announced: noticed on the way */
	settle(s);
	assert_int_equal(s->failed, 2);
	assert_string_equal(s->why, "not enough room on the disk of data_dir");
	expect_loaded(s, 1, 8 * MIB);
	close(fd);
	free_scene(s);
	assert_int_equal(chdir(top), 0);
	assert_int_equal(umount("small"), 0);
	assert_int_equal(rmdir("small"), 0);
}

/* Says a piece to the agent; true: the keeper is accused of it. */
static bool
say_piece(struct scene *s)
{
	static uint8_t piece[WIRE_PIECE_MAX];
	char accused = 0;

	wire_begin(&s->keeper->out, WIRE_SNAP_PIECE);
	wire_put_bytes(&s->keeper->out, piece, sizeof(piece));
	assert_int_equal(link_send(&s->keeper->agent, &s->keeper->out), WIRE_OK);
	settle(s);
	return recv(s->lifeline[1], &accused, 1, MSG_DONTWAIT) == 1 && accused == ROLE_KEEPER;
}

static bool
take_none(void *arg, const uint8_t *bytes, size_t len)
{
	(void)arg, (void)bytes, (void)len;
	return false;
}

/* The other way round: pieces that nobody has asked for, and more of them than there can be. */
static void
pieces_without_end_are_refused(void **fixture)
{
	struct scene *s = *fixture;
	struct snapshot_sink sink = {
	    .take = take_none, .restart = take_again, .done = note_loaded, .arg = s};
	uint64_t said = 0;

	settle(s);
	set_log_level(LOGL_ERROR + 1);
	assert_true(say_piece(s));
	kill_keeper(s);
	start_keeper(s);
	settle(s);
	/* A keeper that answers with more than it may: the sink has had enough at once. */
	loop_io_stop(s->loop, &s->keeper->agent_io);
	assert_true(snapshot_transfer_load(s->transfer, &sink));
	while (!say_piece(s))
		said += WIRE_PIECE_MAX;
	assert_in_range(said, WIRE_SNAPSHOT_MAX - WIRE_PIECE_MAX, WIRE_SNAPSHOT_MAX);
	assert_int_equal(s->loaded, 1);
	kill_keeper(s);
	start_keeper(s);
	assert_true(save(s, 1, 1000, true));
	settle(s);
	expect_loaded(s, 1, 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_SCENE(a_snapshot_that_is_too_large_is_refused),
	    IN_SCENE(saves_at_a_high_rate_are_refused),
	    IN_SCENE(without_a_keeper_a_save_fails_in_time),
	    IN_SCENE(pieces_without_end_are_refused),
	    IN_SCENE(a_write_that_fails_leaves_the_older_one),
	    cmocka_unit_test(a_disk_that_is_nearly_full_takes_rows_only),
	};

	return run_scenes("snapshot_refused", tests, sizeof(tests) / sizeof(tests[0]));
}
