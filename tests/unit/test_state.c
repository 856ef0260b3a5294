/* The state database: what was committed is there again, what was not is not, damage is survived.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/keeper/state.c"

static char folder[] = "/tmp/test_state.XXXXXX";

static int
enter_folder(void **fixture)
{
	(void)fixture;
	log_set_level(LOGL_ERROR);
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

	assert_true(state_rows_start(st));
	while (state_rows_next(st, &kind, &key, &blob, &len))
		n++;
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
	assert_true(state_rows_start(st));
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
	    cmocka_unit_test(a_damaged_file_goes_aside_and_work_goes_on),
	    cmocka_unit_test(room_is_set_aside_once),
	};

	return cmocka_run_group_tests_name("state", tests, enter_folder, NULL);
}
