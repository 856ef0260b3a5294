/*
 * The snapshot's file: what is not ours is not read, and nobody can make us write more than is
 * allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "src/keeper/snapshot_file.c"

static char top[] = "/tmp/test_snapshot_file.XXXXXX";

struct rig {
	struct workdir dir;
	struct snapshot_file file;
	struct now now;
};

static int
begin_rig(void **fixture)
{
	struct rig *r = calloc(1, sizeof(*r));

	*fixture = r;
	r->now.boot_ns = 1000 * NS_PER_SEC;
	workdir_init(&r->dir, open(top, O_RDONLY | O_DIRECTORY), false);
	snapshot_file_init(&r->file, &r->dir);
	return r->dir.fd >= 0 ? 0 : -1;
}

static int
end_rig(void **fixture)
{
	struct rig *r = *fixture;

	snapshot_file_done(&r->file);
	(void)unlinkat(r->dir.fd, "snapshot.bin", 0);
	close(r->dir.fd);
	free(r);
	return 0;
}

static bool
save(struct rig *r, const char *text)
{
	return snapshot_file_begin(&r->file, strlen(text), &r->now) &&
	       snapshot_file_add(&r->file, text, strlen(text)) &&
	       snapshot_file_commit(
	           &r->file, strlen(text), str_hash(STR_HASH_SEED, text, strlen(text)));
}

static void
what_is_saved_is_private_and_read_in_pieces(void **fixture)
{
	struct rig *r = *fixture;
	struct stat st;
	char piece[4];

	assert_true(save(r, "seven b"));
	assert_int_equal(stat("snapshot.bin", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(snapshot_file_open(&r->file));
	assert_int_equal(snapshot_file_read(&r->file, piece, sizeof(piece)), 4);
	assert_memory_equal(piece, "seve", 4);
	assert_int_equal(snapshot_file_read(&r->file, piece, sizeof(piece)), 3);
	assert_memory_equal(piece, "n b", 3);
	assert_int_equal(snapshot_file_read(&r->file, piece, sizeof(piece)), 0);
	assert_int_equal(r->file.reading, -1);
}

/* A burst at once, then one a minute; what is refused costs nothing. */
static void
a_burst_then_one_a_minute(void **fixture)
{
	struct rig *r = *fixture;
	int done = 0;

	for (int i = 0; i < 10; i++)
		done += save(r, "x");
	assert_int_equal(done, SNAPSHOT_BURST);
	assert_string_equal(r->file.why, "too often");
	for (int second = 0; second < 600; second++) {
		r->now.boot_ns += NS_PER_SEC;
		done += save(r, "x");
	}
	assert_int_equal(done, SNAPSHOT_BURST + 10);
	r->now.boot_ns += 3600 * NS_PER_SEC; /* a quiet hour gives no more than the burst */
	for (int i = 0; i < 10; i++)
		done += save(r, "x");
	assert_int_equal(done, SNAPSHOT_BURST + 10 + SNAPSHOT_BURST);
}

static void
what_is_no_plain_file_of_ours_is_not_read(void **fixture)
{
	struct rig *r = *fixture;

	assert_int_equal(symlink("/etc/passwd", "snapshot.bin"), 0);
	assert_false(snapshot_file_open(&r->file));
	assert_int_equal(unlink("snapshot.bin"), 0);
	assert_int_equal(mkfifo("snapshot.bin", 0600), 0);
	assert_false(snapshot_file_open(&r->file));
	assert_string_equal(r->file.why, "snapshot.bin is not a file of this program");
	assert_int_equal(r->file.reading, -1);
	assert_int_equal(unlink("snapshot.bin"), 0);
	assert_true(save(r, "ours"));
	if (geteuid() != 0) {
		print_message("skip: a file cannot be given away without root\n");
		return;
	}
	assert_int_equal(chown("snapshot.bin", 12345, 12345), 0);
	assert_false(snapshot_file_open(&r->file));
	assert_string_equal(r->file.why, "snapshot.bin is not a file of this program");
}

static void
a_file_past_the_bound_or_cut_while_read_is_not_whole(void **fixture)
{
	struct rig *r = *fixture;
	char piece[4];

	assert_true(save(r, "eight by"));
	assert_int_equal(truncate("snapshot.bin", SNAPSHOT_BYTES_MAX + 1), 0);
	assert_false(snapshot_file_open(&r->file));
	assert_int_equal(truncate("snapshot.bin", SNAPSHOT_BYTES_MAX), 0);
	assert_true(snapshot_file_open(&r->file));
	assert_int_equal(snapshot_file_read(&r->file, piece, 4), 4);
	assert_int_equal(truncate("snapshot.bin", 6), 0);
	assert_int_equal(snapshot_file_read(&r->file, piece, 4), 2);
	assert_int_equal(snapshot_file_read(&r->file, piece, 4), -1);
	assert_string_equal(r->file.why, "snapshot.bin became shorter");
}

/* A new one never goes through a name that somebody prepared. */
static void
what_lies_at_the_new_name_is_not_written_to(void **fixture)
{
	struct rig *r = *fixture;
	struct stat st;

	assert_int_equal(symlink("victim", "snapshot.bin.new"), 0);
	assert_true(save(r, "text"));
	assert_int_equal(access("victim", F_OK), -1);
	assert_int_equal(lstat("snapshot.bin", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(mkdir("snapshot.bin.new", 0700), 0);
	assert_false(save(r, "text"));
	assert_non_null(strstr(r->file.why, "snapshot.bin.new: "));
	assert_int_equal(rmdir("snapshot.bin.new"), 0);
}

static void
without_a_directory_nothing_is_saved_and_there_is_nothing(void **fixture)
{
	struct rig *r = *fixture;
	struct workdir none = {.fd = -1};
	struct snapshot_file file;
	char piece[4];

	snapshot_file_init(&file, &none);
	assert_false(snapshot_file_begin(&file, 100, &r->now));
	assert_string_equal(file.why, "there is no data directory");
	assert_true(snapshot_file_open(&file));
	assert_int_equal(snapshot_file_read(&file, piece, sizeof(piece)), 0);
	snapshot_file_done(&file);
}

static void
a_directory_moved_away_takes_no_snapshot(void **fixture)
{
	struct rig *r = *fixture;
	char away[64];

	snprintf(away, sizeof(away), "%s.away", top);
	assert_int_equal(rename(top, away), 0);
	assert_false(save(r, "text"));
	assert_string_equal(r->file.why, WORKDIR_LOST);
	assert_int_equal(rename(away, top), 0);
	assert_true(save(r, "text"));
}

static int
enter_folder(void **fixture)
{
	(void)fixture;
	return mkdtemp(top) != NULL && chdir(top) == 0 ? 0 : -1;
}

int
main(void)
{
#define IN_RIG(f) cmocka_unit_test_setup_teardown(f, begin_rig, end_rig)
	const struct CMUnitTest tests[] = {
	    IN_RIG(what_is_saved_is_private_and_read_in_pieces),
	    IN_RIG(a_burst_then_one_a_minute),
	    IN_RIG(what_is_no_plain_file_of_ours_is_not_read),
	    IN_RIG(a_file_past_the_bound_or_cut_while_read_is_not_whole),
	    IN_RIG(what_lies_at_the_new_name_is_not_written_to),
	    IN_RIG(without_a_directory_nothing_is_saved_and_there_is_nothing),
	    IN_RIG(a_directory_moved_away_takes_no_snapshot),
	};

	return cmocka_run_group_tests_name("snapshot_file", tests, enter_folder, NULL);
}
