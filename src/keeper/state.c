/*
 * Keys and blobs in, SQLite rows out. Locking is exclusive: one keeper, no shared-memory file whose
 * pages a full disk could take away. The write-ahead log keeps its size between transactions and
 * the database keeps free pages, so an ordinary transaction needs no new block of the disk.
 */
#include "keeper/state.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define GROWN_BYTES (512 * 1024) /* kept free in file and log: some 250 notices */
#define CHECKPOINT_PAGES 100     /* of 4 KiB: the log is folded back after 400 KiB */
#define CACHE_KIB 256
#define SCHEMA_VERSION 1

struct state {
	sqlite3 *db;
	sqlite3_stmt *put, *del, *rows;
	bool in_txn;
	char error[256];
};

static const char setup_sql[] = "PRAGMA locking_mode = EXCLUSIVE;"
                                "PRAGMA journal_mode = WAL;"
                                "PRAGMA synchronous = FULL;"
                                "PRAGMA temp_store = MEMORY;"
                                "CREATE TABLE IF NOT EXISTS kept ("
                                " kind INTEGER NOT NULL, key TEXT NOT NULL, blob BLOB NOT NULL,"
                                " PRIMARY KEY (kind, key)) WITHOUT ROWID;"
                                "CREATE TABLE IF NOT EXISTS grown (room BLOB);";

static bool
record_error(struct state *st, const char *what)
{
	int full = sqlite3_errcode(st->db) == SQLITE_FULL;

	snprintf(st->error, sizeof(st->error), "%s: %s", what,
	    full ? "no space left for the state database" : sqlite3_errmsg(st->db));
	return false;
}

static bool
run_sql(struct state *st, const char *sql)
{
	return sqlite3_exec(st->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       record_error(st, "state.db");
}

/* Free pages and a long log: made once for a new file, kept by never vacuuming. */
static bool
grow_ahead(struct state *st)
{
	sqlite3_stmt *count = NULL;
	int free_pages = 0;
	char sql[160];

	if (sqlite3_prepare_v2(st->db, "PRAGMA freelist_count", -1, &count, NULL) == SQLITE_OK &&
	    sqlite3_step(count) == SQLITE_ROW)
		free_pages = sqlite3_column_int(count, 0);
	sqlite3_finalize(count);
	if (free_pages * 4096 >= GROWN_BYTES / 2)
		return true;
	snprintf(sql, sizeof(sql), "INSERT INTO grown VALUES (zeroblob(%d)); DELETE FROM grown;",
	    GROWN_BYTES);
	return run_sql(st, sql);
}

static bool
open_file(struct state *st, const char *file)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int keep_log = 1;
	char sql[160];

	if (sqlite3_open_v2(file, &st->db, flags, NULL) != SQLITE_OK)
		return record_error(st, file);
	sqlite3_file_control(st->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep_log);
	snprintf(sql, sizeof(sql),
	    "PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = %d; PRAGMA user_version = %d;",
	    CACHE_KIB, CHECKPOINT_PAGES, SCHEMA_VERSION);
	if (!run_sql(st, setup_sql) || !run_sql(st, sql))
		return false;
	if (sqlite3_prepare_v2(st->db, "INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", -1, &st->put,
	        NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(st->db, "DELETE FROM kept WHERE kind = ? AND key = ?", -1, &st->del,
	        NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(st->db, "SELECT kind, key, blob FROM kept ORDER BY kind, key", -1,
	        &st->rows, NULL) != SQLITE_OK)
		return record_error(st, file);
	if (!grow_ahead(st))
		log_warn("%s: cannot set room aside: %s", file, st->error);
	return true;
}

static bool
is_damaged(const struct state *st)
{
	int code = st->db == NULL ? SQLITE_OK : sqlite3_errcode(st->db);

	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

static void
close_file(struct state *st)
{
	sqlite3_finalize(st->put);
	sqlite3_finalize(st->del);
	sqlite3_finalize(st->rows);
	sqlite3_close(st->db);
	st->put = st->del = st->rows = NULL;
	st->db = NULL;
}

/* The log and the file belong together: both go aside. */
static void
move_aside(const char *file)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	char from[512], to[512];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		snprintf(from, sizeof(from), "%s%s", file, suffixes[i]);
		snprintf(to, sizeof(to), "%s.damaged%s", file, suffixes[i]);
		rename(from, to);
	}
}

struct state *
state_open(const char *file, char *error, size_t error_cap)
{
	struct state *st = mem_zalloc(1, sizeof(*st));
	bool ok = open_file(st, file);

	if (!ok && is_damaged(st)) {
		log_warn(
		    "%s is damaged (%s): moved to %s.damaged, starting with no memory of alerts",
		    file, st->error, file);
		close_file(st);
		move_aside(file);
		ok = open_file(st, file);
	}
	if (ok)
		return st;
	snprintf(error, error_cap, "%s", st->error);
	state_close(st);
	return NULL;
}

void
state_close(struct state *st)
{
	if (st == NULL)
		return;
	close_file(st);
	mem_free(st);
}

bool
state_begin(struct state *st)
{
	state_rollback(st);
	st->in_txn = run_sql(st, "BEGIN IMMEDIATE");
	return st->in_txn;
}

static bool
step(struct state *st, sqlite3_stmt *stmt)
{
	bool ok = sqlite3_step(stmt) == SQLITE_DONE;

	if (!ok)
		record_error(st, "write");
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	if (!ok)
		state_rollback(st);
	return ok;
}

bool
state_put(struct state *st, int kind, const char *key, const void *blob, size_t len)
{
	sqlite3_bind_int(st->put, 1, kind);
	sqlite3_bind_text(st->put, 2, key, -1, SQLITE_STATIC);
	sqlite3_bind_blob(st->put, 3, len == 0 ? "" : blob, (int)len, SQLITE_STATIC);
	return step(st, st->put);
}

bool
state_del(struct state *st, int kind, const char *key)
{
	sqlite3_bind_int(st->del, 1, kind);
	sqlite3_bind_text(st->del, 2, key, -1, SQLITE_STATIC);
	return step(st, st->del);
}

bool
state_commit(struct state *st)
{
	bool ok = st->in_txn && run_sql(st, "COMMIT");

	if (!ok)
		state_rollback(st);
	st->in_txn = false;
	return ok;
}

void
state_rollback(struct state *st)
{
	if (st->in_txn && sqlite3_get_autocommit(st->db) == 0)
		sqlite3_exec(st->db, "ROLLBACK", NULL, NULL, NULL);
	st->in_txn = false;
}

const char *
state_error(const struct state *st)
{
	return st->error;
}

bool
state_rows_start(struct state *st)
{
	return sqlite3_reset(st->rows) == SQLITE_OK || record_error(st, "read");
}

bool
state_rows_next(struct state *st, int *kind, const char **key, const void **blob, size_t *len)
{
	if (sqlite3_step(st->rows) != SQLITE_ROW) {
		sqlite3_reset(st->rows);
		return false;
	}
	*kind = sqlite3_column_int(st->rows, 0);
	*key = (const char *)sqlite3_column_text(st->rows, 1);
	*blob = sqlite3_column_blob(st->rows, 2);
	*len = (size_t)sqlite3_column_bytes(st->rows, 2);
	return true;
}
