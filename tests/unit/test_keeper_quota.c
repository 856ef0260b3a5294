/*
 * A keeper and an agent that was taken over: however much it says, the disk has room for others,
 * and its successor goes on.
 */
#include "tests/unit/keeper_rig.h"

#include <sqlite3.h>
#include <sys/stat.h>

static void
run_sqlite(const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open("state.db", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int64_t
size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
say_put(struct rig *r, const char *key, size_t len)
{
	static char blob[60000];

	wire_begin(&r->msg, WIRE_PUT);
	wire_put_u8(&r->msg, 9);
	wire_put_str(&r->msg, key);
	wire_put_bytes(&r->msg, blob, len);
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
	turn(r);
}

/* Rows from there on, of so many bytes, in one transaction; whether they are kept. */
static bool
store_many(struct rig *r, uint64_t txn, int from, int count, size_t len)
{
	enum wire_id id;

	say(r, WIRE_TXN_BEGIN, txn, NULL);
	for (int i = 0; i < count; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", from + i);
		say_put(r, key, len);
	}
	say(r, WIRE_TXN_COMMIT, txn, NULL);
	turn(r);
	id = hear(r);
	assert_true(id == WIRE_COMMITTED || id == WIRE_FAILED);
	return id == WIRE_COMMITTED;
}

static void
delete_many(struct rig *r, uint64_t txn, int count)
{
	say(r, WIRE_TXN_BEGIN, txn, NULL);
	for (int i = 0; i < count; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		wire_begin(&r->msg, WIRE_DEL);
		wire_put_u8(&r->msg, 9);
		wire_put_str(&r->msg, key);
		assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
		turn(r);
	}
	say(r, WIRE_TXN_COMMIT, txn, NULL);
	turn(r);
	assert_int_equal(hear(r), WIRE_COMMITTED);
}

/* As load(), of more rows than the socket has room for. */
static int
load_many(struct rig *r)
{
	enum wire_id id;
	int rows = 0;

	say(r, WIRE_LOAD, 0, NULL);
	while ((id = hear(r)) != WIRE_LOAD_END) {
		if (id == WIRE_NOTHING)
			turn(r);
		rows += id == WIRE_ROW;
	}
	assert_int_equal(wire_get_u32(&r->msg), rows);
	assert_int_equal(wire_get_u8(&r->msg), 1);
	return rows;
}

static void
an_agent_cannot_fill_the_disk(void **fixture)
{
	struct rig *r = start("data");
	uint64_t txn = 0;
	int rows = 0;

	(void)fixture;
	while (store_many(r, ++txn, rows, 50, 60000)) {
		rows += 50;
		assert_true(size_of("state.db") <= WIRE_ROWS_BYTES_MAX);
		assert_in_range(rows, 50, 1000);
	}
	assert_in_range((int64_t)rows * 60000, WIRE_ROWS_BYTES_MAX / 2, WIRE_ROWS_BYTES_MAX);
	assert_true(size_of("state.db") + size_of("state.db-wal") < 48 << 20);
	/* What is there can be had, changed and deleted, and then there is room again. */
	assert_int_equal(load_many(r), rows);
	assert_true(store_many(r, ++txn, 0, 50, 100));
	delete_many(r, ++txn, rows);
	assert_true(store_many(r, ++txn, 0, 50, 60000));
	delete_many(r, ++txn, 50);
	finish(r);
}

static void
an_agent_cannot_have_rows_without_end(void **fixture)
{
	struct rig *r = start("data");
	uint64_t txn = 0;
	int rows = 0;

	(void)fixture;
	while (store_many(r, ++txn, rows, 5000, 1)) {
		rows += 5000;
		assert_in_range(rows, 5000, WIRE_ROWS_MAX);
	}
	assert_in_range(rows, 50000, WIRE_ROWS_MAX);
	assert_true(strstr(state_error(r->k.rows.state), "rows already") != NULL);
	assert_true(store_many(r, ++txn, 0, 5000, 2)); /* the same again are none more */
	assert_int_equal(load_many(r), rows);
	/* The count is right after a failure, and after another keeper has opened it. */
	delete_many(r, ++txn, 5000);
	assert_true(store_many(r, ++txn, 0, 5000, 1));
	finish(r);
	r = start("data");
	assert_false(store_many(r, 1, rows, 5000, 1));
	delete_many(r, 2, rows);
	finish(r);
}

/* However long it is, and whatever comes and goes in it. */
static void
a_transaction_that_never_ends_does_not_fill_the_disk(void **fixture)
{
	struct rig *r = start("data");
	char key[16];

	(void)fixture;
	say(r, WIRE_TXN_BEGIN, 1, NULL);
	for (int i = 0; i < 4000; i++) {
		snprintf(key, sizeof(key), "%d", i);
		say_put(r, key, 60000);
		snprintf(key, sizeof(key), "%d", i - 300);
		say_put(r, key, 1);
		assert_true(size_of("state.db-wal") < WIRE_ROWS_BYTES_MAX + (4 << 20));
	}
	say(r, WIRE_TXN_COMMIT, 1, NULL);
	turn(r);
	assert_int_equal(hear(r), WIRE_COMMITTED);
	for (uint64_t txn = 2; txn < 20; txn++) { /* the log begins anew */
		snprintf(key, sizeof(key), "row %d", (int)txn);
		assert_int_equal(store(r, txn, key), WIRE_COMMITTED);
	}
	assert_true(size_of("state.db-wal") < 8 << 20);
	delete_many(r, 21, 4000);
	finish(r);
}

/* As an older version may have left it. */
static void
of_a_file_that_is_too_large_a_part_is_loaded(void **fixture)
{
	struct rig *r = start("data");
	int rows;

	(void)fixture;
	finish(r);
	run_sqlite("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 800)"
	           " INSERT INTO kept SELECT 9, i, zeroblob(60000) FROM n");
	r = start("data");
	rows = load_many(r);
	assert_in_range((int64_t)rows * 60000, WIRE_ROWS_BYTES_MAX - 200000, WIRE_ROWS_BYTES_MAX);
	delete_many(r, 1, 801);
	assert_int_equal(store(r, 2, "row"), WIRE_COMMITTED);
	assert_int_equal(load_many(r), 1);
	finish(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_agent_cannot_fill_the_disk),
	    cmocka_unit_test(an_agent_cannot_have_rows_without_end),
	    cmocka_unit_test(of_a_file_that_is_too_large_a_part_is_loaded),
	    cmocka_unit_test(a_transaction_that_never_ends_does_not_fill_the_disk),
	};

	return cmocka_run_group_tests_name("keeper_quota", tests, enter_folder, NULL);
}
