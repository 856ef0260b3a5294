/* The state database: what was committed is there again, what was not is not, damage is survived.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/keeper/state.c"
#include "tests/unit/log_help.h"

static char folder[] = "/tmp/test_state.XXXXXX";

static int
enter_folder(void **fixture)
{
	(void)fixture;
	set_log_level(LOGL_ERROR);
	return mkdtemp(folder) != NULL && chdir(folder) == 0 ? 0 : -1;
}

static struct state *
reopen(struct state *st)
{
	char error[256] = "";

	state_close(st);
	st = state_open("state.db", error, sizeof(error));
	if (st == NULL)
		fail_msg("%s", error);
	return st;
}

static size_t
count_rows(struct state *st)
{
	const char *key;
	const void *blob;
	size_t len, n = 0;
	int kind;

	state_rows_start(st);
	while (state_rows_next(st, &kind, &key, &blob, &len))
		n++;
	assert_true(state_rows_whole(st));
	return n;
}

static void
committed_rows_survive_and_come_in_key_order(void **fixture)
{
	struct state *st = reopen(NULL);
	const char *key;
	const void *blob;
	size_t len;
	int kind;

	(void)fixture;
	assert_true(state_begin(st));
	assert_true(state_put(st, 2, "b", "two", 3));
	assert_true(state_put(st, 1, "z", "\0x", 2));
	assert_true(state_put(st, 2, "b", "new", 3));
	assert_true(state_commit(st));
	st = reopen(st);
	state_rows_start(st);
	assert_true(state_rows_next(st, &kind, &key, &blob, &len));
	assert_int_equal(kind, 1);
	assert_string_equal(key, "z");
	assert_int_equal(len, 2);
	assert_memory_equal(blob, "\0x", 2);
	assert_true(state_rows_next(st, &kind, &key, &blob, &len));
	assert_memory_equal(blob, "new", 3);
	assert_false(state_rows_next(st, &kind, &key, &blob, &len));
	assert_true(state_begin(st));
	assert_true(state_del(st, 1, "z"));
	assert_true(state_del(st, 2, "b"));
	assert_true(state_commit(st));
	assert_int_equal(count_rows(st), 0);
	state_close(st);
}

static void
what_was_not_committed_is_not_there(void **fixture)
{
	struct state *st = reopen(NULL);

	(void)fixture;
	assert_true(state_begin(st));
	assert_true(state_put(st, 1, "half", "x", 1));
	st = reopen(st);
	assert_int_equal(count_rows(st), 0);
	assert_true(state_begin(st));
	assert_true(state_put(st, 1, "half", "x", 1));
	state_rollback(st);
	assert_int_equal(count_rows(st), 0);
	assert_false(state_commit(st));
	state_close(st);
}

/* Kept whole, not stamped over, said once; its own program finds all of it again. */
static void
a_newer_file_is_kept_as_it_is(void **fixture)
{
	struct state *st = reopen(NULL);
	sqlite3 *db;
	sqlite3_stmt *stmt;

	(void)fixture;
	assert_true(state_begin(st));
	assert_true(state_put(st, 1, "kept", "x", 1));
	assert_true(state_commit(st));
	state_close(st);
	assert_int_equal(sqlite3_open("state.db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 7", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	st = reopen(NULL);
	assert_int_equal(count_rows(st), 0);
	assert_true(state_begin(st) && state_put(st, 1, "mine", "y", 1) && state_commit(st));
	state_close(st);
	assert_int_equal(sqlite3_open("state.db.v7", &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
	                     "SELECT key, (SELECT user_version FROM pragma_user_version) FROM kept",
	                     -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "kept");
	assert_int_equal(sqlite3_column_int(stmt, 1), 7);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	st = reopen(NULL);
	assert_int_equal(count_rows(st), 1);
	state_close(st);
}

static void
write_text(const char *file, const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Until the next state_open() it is one that a newer version made. */
static void
set_aside(const char *kept_key)
{
	struct state *st = reopen(NULL);

	assert_true(state_begin(st));
	assert_true(state_put(st, 1, kept_key, "then", 4) && state_put(st, 1, "both", "then", 4));
	assert_true(state_commit(st));
	state_close(st);
	assert_int_equal(rename("state.db", "state.db.v1"), 0);
	assert_int_equal(rename("state.db-wal", "state.db.v1-wal"), 0);
}

/* An older version ran for a while: what was kept before that is there again, once. */
static void
what_an_older_version_set_aside_is_taken_up_again(void **fixture)
{
	struct state *st;
	const char *key;
	const void *blob;
	size_t len;
	int kind;

	(void)fixture;
	unlink("state.db");
	unlink("state.db-wal");
	set_aside("before");
	for (int times = 0; times < 2; times++) {
		st = reopen(NULL);
		if (times == 0) {
			assert_int_equal(count_rows(st), 2);
			assert_int_equal(access("state.db.v1", F_OK), -1);
			assert_int_equal(access("state.db.v1-wal", F_OK), -1);
			assert_true(state_begin(st) && state_put(st, 1, "both", "now", 3) &&
			            state_del(st, 1, "before") && state_commit(st));
			state_close(st);
			/* and once more */
			assert_int_equal(rename("state.db", "older.db"), 0);
			assert_int_equal(rename("state.db-wal", "older.db-wal"), 0);
			set_aside("again");
			assert_int_equal(rename("older.db", "state.db"), 0);
			assert_int_equal(rename("older.db-wal", "state.db-wal"), 0);
			continue;
		}
		state_rows_start(st);
		assert_true(state_rows_next(st, &kind, &key, &blob, &len));
		assert_string_equal(key, "again");
		assert_true(state_rows_next(st, &kind, &key, &blob, &len));
		assert_string_equal(key, "both");
		assert_memory_equal(blob, "now", 3); /* the older version's is of a later time */
		assert_false(state_rows_next(st, &kind, &key, &blob, &len));
		assert_true(state_rows_whole(st));
		state_close(st);
	}
}

/* It costs nothing else, and stays for somebody to look at. */
static void
what_cannot_be_taken_up_again_stays(void **fixture)
{
	struct state *st;

	(void)fixture;
	write_text("state.db.v1", "this is no database, and longer than the head of one");
	st = reopen(NULL);
	assert_true(state_begin(st) && state_put(st, 1, "mine", "y", 1) && state_commit(st));
	state_close(st);
	assert_int_equal(access("state.db.v1", F_OK), 0);
	unlink("state.db.v1");
	assert_int_equal(mkfifo("state.db.v1", 0600), 0);
	state_close(reopen(NULL));
	unlink("state.db.v1");
}

/* As another program would. */
static void
run_in(const char *file, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
assert_text(const char *file, const char *text)
{
	char found[32] = "";
	FILE *f = fopen(file, "r");

	assert_non_null(f);
	assert_non_null(fgets(found, sizeof(found), f));
	fclose(f);
	assert_string_equal(found, text);
}

/* Neither file nor log of an earlier one is written over, nor taken for that of another. */
static void
what_went_aside_before_stays(void **fixture)
{
	struct state *st;

	(void)fixture;
	run_in("state.db", "PRAGMA user_version = 8");
	write_text("state.db.v8", "earlier");
	st = reopen(NULL);
	state_close(st);
	assert_text("state.db.v8", "earlier");
	assert_int_equal(access("state.db.v8.2", F_OK), 0);
	run_in("state.db", "PRAGMA user_version = 9");
	write_text("state.db.v9-wal", "log of none");
	st = reopen(NULL);
	state_close(st);
	assert_int_equal(access("state.db.v9", F_OK), -1);
	assert_text("state.db.v9-wal", "log of none");
	assert_int_equal(access("state.db.v9.2", F_OK), 0);
}

/* Where it cannot go aside, it stays with its log, and nothing is kept. */
static void
a_newer_file_that_cannot_go_aside_stays(void **fixture)
{
	char error[256] = "", name[32] = "state.db.v6";

	(void)fixture;
	run_in("state.db", "PRAGMA user_version = 6");
	write_text("state.db-wal", "");
	assert_int_equal(mkdir(name, 0700), 0);
	for (int i = 2; i <= 9; i++) {
		snprintf(name, sizeof(name), "state.db.v6.%d", i);
		assert_int_equal(mkdir(name, 0700), 0);
	}
	assert_null(state_open("state.db", error, sizeof(error)));
	assert_non_null(strstr(error, "newer version"));
	assert_int_equal(access("state.db-wal", F_OK), 0);
	assert_int_equal(access("state.db.v6-wal", F_OK), -1);
	run_in("state.db", "PRAGMA user_version = 1");
}

/* A pipe would make the opening wait for ever. */
static void
what_is_no_plain_file_is_not_opened(void **fixture)
{
	static const char *const names[] = {"state.db-journal", "state.db", "state.db-wal"};
	char error[256];

	(void)fixture;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (i > 0) /* a journal is looked for beside a file that holds something */
			unlink("state.db");
		unlink("state.db-wal");
		assert_int_equal(mkfifo(names[i], 0600), 0);
		error[0] = '\0';
		assert_null(state_open("state.db", error, sizeof(error)));
		assert_non_null(strstr(error, names[i]));
		assert_non_null(strstr(error, "no plain file"));
		unlink(names[i]);
	}
}

/* A newer version may have more kinds than a message can name: they are none of ours. */
static void
rows_of_kinds_out_of_range_are_passed_over(void **fixture)
{
	struct state *st = reopen(NULL);

	(void)fixture;
	state_close(st);
	run_in("state.db", "DELETE FROM kept; INSERT INTO kept VALUES (257, 'x', 'y'), "
	                   "(-255, 'x', 'y'), (4294967297, 'x', 'y'), (255, 'x', 'y')");
	st = reopen(NULL);
	assert_int_equal(count_rows(st), 1);
	state_close(st);
	run_in("state.db", "DELETE FROM kept");
}

static void
a_row_without_a_key_is_damage(void **fixture)
{
	struct state *st;
	const char *key;
	const void *blob;
	size_t len;
	int kind;

	(void)fixture;
	run_in("state.db", "DROP TABLE kept; CREATE TABLE kept (kind, key, blob);"
	                   "INSERT INTO kept VALUES (1, NULL, NULL)");
	st = reopen(NULL);
	state_rows_start(st);
	assert_false(state_rows_next(st, &kind, &key, &blob, &len));
	assert_false(state_rows_whole(st));
	assert_true(state_damaged(st));
	state_set_aside(st);
	st = reopen(NULL);
	assert_int_equal(count_rows(st), 0);
	state_close(st);
}

static void
a_damaged_file_goes_aside_and_work_goes_on(void **fixture)
{
	FILE *f = fopen("state.db", "w");
	struct state *st;

	(void)fixture;
	for (int i = 0; i < 4096; i++)
		fputs("no database ", f);
	fclose(f);
	unlink("state.db-wal");
	st = reopen(NULL);
	assert_int_equal(access("state.db.damaged", F_OK), 0);
	assert_true(state_begin(st) && state_put(st, 1, "k", "v", 1) && state_commit(st));
	st = reopen(st);
	assert_int_equal(count_rows(st), 1);
	state_close(st);
}

/* Pages within: opening does not find it. */
static void
damage_within_is_found_by_who_meets_it(void **fixture)
{
	struct state *st;
	const char *key;
	const void *blob;
	char noise[4096], name[16];
	size_t len, n = 0;
	int kind;
	FILE *f;

	(void)fixture;
	st = reopen(NULL);
	assert_true(state_begin(st));
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "%03d", i);
		assert_true(state_put(st, 1, name, noise, 1000));
	}
	assert_true(state_commit(st));
	sqlite3_wal_checkpoint(st->db, NULL);
	state_close(st);
	unlink("state.db-wal");
	memset(noise, 0xa5, sizeof(noise));
	f = fopen("state.db", "r+");
	for (long page = 20; page < 150; page++) {
		fseek(f, page * 4096, SEEK_SET);
		fwrite(noise, 1, sizeof(noise), f);
	}
	fclose(f);
	st = reopen(NULL);
	assert_false(state_damaged(st));
	state_rows_start(st);
	while (state_rows_next(st, &kind, &key, &blob, &len))
		n++;
	assert_in_range(n, 1, 499); /* what can be read is */
	assert_false(state_rows_whole(st));
	assert_true(state_damaged(st));
	unlink("state.db.damaged");
	state_set_aside(st);
	assert_int_equal(access("state.db.damaged", F_OK), 0);
	st = reopen(NULL);
	assert_int_equal(count_rows(st), 0);
	state_close(st);
}

static void
what_cannot_be_written_is_read(void **fixture)
{
	char error[256] = "";
	struct state *st;

	(void)fixture;
	if (geteuid() == 0 && setegid(65534) == 0)
		assert_int_equal(chown(".", 65534, 65534), 0);
	st = reopen(NULL);
	assert_true(state_begin(st) && state_put(st, 1, "k", "v", 1) && state_commit(st));
	/* As left behind by a keeper that was killed: the row is in the log alone. */
	assert_int_equal(rename("state.db", "kept") | rename("state.db-wal", "kept-wal"), 0);
	state_close(st);
	assert_int_equal(rename("kept", "state.db") | rename("kept-wal", "state.db-wal"), 0);
	assert_int_equal(
	    chmod("state.db", 0444) | chmod("state.db-wal", 0444) | chmod(".", 0555), 0);
	if (geteuid() == 0)
		assert_int_equal(seteuid(65534), 0);
	st = state_open("state.db", error, sizeof(error));
	assert_non_null(st);
	assert_true(state_read_only(st));
	assert_int_equal(count_rows(st), 1);
	assert_false(state_begin(st));
	assert_true(strlen(state_error(st)) > 0);
	state_close(st);
	if (getuid() == 0)
		assert_int_equal(seteuid(0) | setegid(0), 0);
	assert_int_equal(
	    chmod("state.db", 0644) | chmod("state.db-wal", 0644) | chmod(".", 0755), 0);
	st = reopen(NULL);
	assert_false(state_read_only(st));
	assert_int_equal(count_rows(st), 1);
	state_close(st);
}

static void
a_file_taken_away_is_noticed(void **fixture)
{
	struct state *st = reopen(NULL);

	(void)fixture;
	assert_false(state_replaced(st));
	assert_true(state_begin(st) && state_put(st, 1, "k", "v", 1) && state_commit(st));
	assert_false(state_replaced(st));
	unlink("state.db-wal");
	assert_true(state_replaced(st));
	st = reopen(st);
	assert_int_equal(count_rows(st), 1);
	assert_false(state_replaced(st));
	unlink("state.db");
	assert_true(state_replaced(st));
	st = reopen(st);
	assert_int_equal(count_rows(st), 0);
	state_close(st);
}

static void
room_is_set_aside_once(void **fixture)
{
	struct state *st = reopen(NULL);
	sqlite3_stmt *count;
	int pages, again;

	(void)fixture;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(
		    sqlite3_prepare_v2(st->db, "PRAGMA page_count", -1, &count, NULL), SQLITE_OK);
		assert_int_equal(sqlite3_step(count), SQLITE_ROW);
		again = sqlite3_column_int(count, 0);
		sqlite3_finalize(count);
		if (round == 0)
			pages = again;
		else
			assert_int_equal(pages, again);
		assert_true(again * 4096 >= GROWN_BYTES);
		st = reopen(st);
	}
	state_close(st);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(committed_rows_survive_and_come_in_key_order),
	    cmocka_unit_test(what_was_not_committed_is_not_there),
	    cmocka_unit_test(a_newer_file_is_kept_as_it_is),
	    cmocka_unit_test(what_went_aside_before_stays),
	    cmocka_unit_test(a_newer_file_that_cannot_go_aside_stays),
	    cmocka_unit_test(what_is_no_plain_file_is_not_opened),
	    cmocka_unit_test(what_an_older_version_set_aside_is_taken_up_again),
	    cmocka_unit_test(what_cannot_be_taken_up_again_stays),
	    cmocka_unit_test(rows_of_kinds_out_of_range_are_passed_over),
	    cmocka_unit_test(a_row_without_a_key_is_damage),
	    cmocka_unit_test(a_damaged_file_goes_aside_and_work_goes_on),
	    cmocka_unit_test(damage_within_is_found_by_who_meets_it),
	    cmocka_unit_test(what_cannot_be_written_is_read),
	    cmocka_unit_test(a_file_taken_away_is_noticed),
	    cmocka_unit_test(room_is_set_aside_once),
	};

	return cmocka_run_group_tests_name("state", tests, enter_folder, NULL);
}
