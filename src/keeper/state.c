/*
 * Keys and blobs in, SQLite rows out. Locking is exclusive: one keeper, no shared-memory file whose
 * pages a full disk could take away. The write-ahead log keeps its size between transactions and
 * the database keeps free pages, so an ordinary transaction needs no new block of the disk.
 */
#include "keeper/state.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "keeper/kept_table.h"
#include "keeper/statefile.h"
#include "keeper/takeup.h"
#include "keeper/vfs.h"

#define GROWN_BYTES (512 * 1024) /* kept free in file and log: some 250 notices */
#define CHECKPOINT_PAGES 100     /* of 4 KiB: the log is folded back after 400 KiB */
#define LOG_KEPT_BYTES (4 << 20) /* of a log that a large transaction made longer */
#define CACHE_KIB 256
#define PAGE_BYTES 4096
#define SCHEMA_VERSION 1

#define KIND_MAX 255 /* in a message to the agent */

struct state {
	char file[STATEFILE_NAME_MAX / 2]; /* moved aside, its name is longer */
	sqlite3 *db;
	struct kept_table table;
	struct statefile_ids ids; /* as opened */
	bool read_only, damaged;
	int newer; /* version of a file that a newer program made; 0: it is ours */
	bool in_txn, rows_whole;
	char error[256];
};

static const char setup_sql[] = "PRAGMA journal_mode = WAL;"
                                "PRAGMA synchronous = FULL;"
                                "PRAGMA temp_store = MEMORY;"
                                "CREATE TABLE IF NOT EXISTS kept ("
                                " kind INTEGER NOT NULL, key TEXT NOT NULL, blob BLOB NOT NULL,"
                                " PRIMARY KEY (kind, key)) WITHOUT ROWID;"
                                "CREATE TABLE IF NOT EXISTS grown (room BLOB);";

static bool
record_error(struct state *st, const char *what)
{
	int code = sqlite3_errcode(st->db);

	st->damaged = st->damaged || code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
	snprintf(st->error, sizeof(st->error), "%s: %s", what,
	    code == SQLITE_FULL ? "no space left for the state database" : sqlite3_errmsg(st->db));
	return false;
}

static bool
run_sql(struct state *st, const char *sql)
{
	return sqlite3_exec(st->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       record_error(st, "state.db");
}

/* What stopped the reading of rows. No program writes a row without a key: the file is damaged. */
static bool
record_row_error(struct state *st, int code)
{
	if (code != SQLITE_ROW)
		return record_error(st, "read");
	st->damaged = true;
	snprintf(st->error, sizeof(st->error), "read: a row has no key");
	return false;
}

/* Free pages and a long log: made once for a new file, kept by never vacuuming. */
static bool
grow_ahead(struct state *st)
{
	int64_t free_pages = 0;
	char sql[160];

	(void)kept_table_number(st->db, "PRAGMA freelist_count", &free_pages);
	if (free_pages * PAGE_BYTES >= GROWN_BYTES / 2)
		return true;
	snprintf(sql, sizeof(sql), "INSERT INTO grown VALUES (zeroblob(%d)); DELETE FROM grown;",
	    GROWN_BYTES);
	return run_sql(st, sql);
}

/* True: the file is ours, or new. Nothing of a newer program's is touched. */
static bool
check_version(struct state *st)
{
	int64_t version;

	if (!run_sql(st, "PRAGMA locking_mode = EXCLUSIVE"))
		return false;
	if (!kept_table_number(st->db, "PRAGMA user_version", &version))
		record_error(st, st->file);
	if (version <= SCHEMA_VERSION)
		return !st->damaged;
	st->newer = (int)version;
	snprintf(st->error, sizeof(st->error), "%s: it is of a newer version", st->file);
	return false;
}

static bool
open_file(struct state *st)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int keep_log = 1;
	char sql[256];

	st->damaged = false;
	st->newer = 0;
	if (sqlite3_open_v2(st->file, &st->db, flags, vfs_in_workdir(NULL)) != SQLITE_OK)
		return record_error(st, st->file);
	if (sqlite3_db_readonly(st->db, "main") == 1) {
		snprintf(st->error, sizeof(st->error), "%s: it can only be read", st->file);
		return false;
	}
	sqlite3_file_control(st->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep_log);
	snprintf(sql, sizeof(sql),
	    "PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = %d; PRAGMA user_version = %d; "
	    "PRAGMA max_page_count = %d; PRAGMA journal_size_limit = %d;",
	    CACHE_KIB, CHECKPOINT_PAGES, SCHEMA_VERSION, STATE_BYTES_MAX / PAGE_BYTES,
	    LOG_KEPT_BYTES);
	if (!check_version(st) || !run_sql(st, setup_sql) || !run_sql(st, sql))
		return false;
	if (!kept_table_open(&st->table, st->db, false))
		return record_error(st, st->file);
	if (!grow_ahead(st))
		log_warn("%s: cannot set room aside: %s", st->file, st->error);
	return true;
}

/*
 * Without locks and shared memory, for which a file must be written; the write-ahead log is read
 * all the same. The error that led here stays: transactions fail with it.
 */
static bool
open_to_read(struct state *st)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;

	st->read_only =
	    sqlite3_open_v2(st->file, &st->db, flags, vfs_in_workdir("unix-none")) == SQLITE_OK &&
	    sqlite3_exec(st->db, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL) ==
	        SQLITE_OK &&
	    kept_table_open(&st->table, st->db, true);
	return st->read_only;
}

static void
close_file(struct state *st)
{
	kept_table_close(&st->table);
	sqlite3_close(st->db);
	st->db = NULL;
}

/*
 * Moved while it is open: closing a damaged one first would write its log into the file once more.
 * False: it is where it was.
 */
static bool
move_aside(struct state *st, const char *ending, const char *what)
{
	char to[STATEFILE_NAME_MAX];
	bool moved = statefile_move(st->file, ending, to);

	if (moved)
		log_warn("%s %s: moved to %s, a new one is made", st->file, what, to);
	else
		snprintf(st->error, sizeof(st->error), "%s %s, and cannot be moved to %s", st->file,
		    what, to);
	close_file(st);
	return moved;
}

/* The one before, if any, makes room: damaged ones are not to fill the disk. */
static bool
move_damaged_aside(struct state *st)
{
	char what[sizeof(st->error)];

	snprintf(what, sizeof(what), "is damaged (%.200s)", st->error);
	statefile_remove(st->file, "damaged");
	return move_aside(st, "damaged", what);
}

/* Whole, and as it was: the program that made it may be installed again. */
static bool
move_newer_aside(struct state *st)
{
	char ending[STATEFILE_ENDING_MAX];

	statefile_newer_ending(st->newer, ending);
	return move_aside(st, ending, "was made by a newer version of this program");
}

static bool
open_any(struct state *st)
{
	char odd[STATEFILE_NAME_MAX];

	if (!statefile_is_plain(st->file, odd)) {
		snprintf(st->error, sizeof(st->error), "%s: it is no plain file", odd);
		return false;
	}
	if (open_file(st))
		return true;
	if (st->damaged)
		return move_damaged_aside(st) && open_file(st);
	if (st->newer != 0)
		return move_newer_aside(st) && open_file(st);
	close_file(st);
	return open_to_read(st);
}

struct state *
state_open(const char *file, char *error, size_t error_cap)
{
	struct state *st = mem_zalloc(1, sizeof(*st));
	bool ok, emptied;

	str_copy(st->file, sizeof(st->file), file);
	emptied = statefile_is_empty(st->file);
	ok = open_any(st);
	if (ok && emptied)
		log_warn("%s is empty: what an earlier run kept in it is lost", st->file);
	st->ids = statefile_identify(st->file);
	if (ok && !st->read_only)
		takeup_all(st->db, st->file, SCHEMA_VERSION);
	if (ok)
		return st;
	str_copy(error, error_cap, st->error);
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
state_read_only(const struct state *st)
{
	return st->read_only;
}

bool
state_damaged(const struct state *st)
{
	return st->damaged;
}

bool
state_replaced(const struct state *st)
{
	return statefile_replaced(st->file, &st->ids);
}

void
state_set_aside(struct state *st)
{
	if (!move_damaged_aside(st))
		log_warn("%s", st->error);
	mem_free(st);
}

bool
state_begin(struct state *st)
{
	state_rollback(st);
	st->in_txn = !st->read_only && run_sql(st, "BEGIN IMMEDIATE");
	if (!st->in_txn || kept_table_begin(&st->table))
		return st->in_txn;
	record_error(st, "read");
	state_rollback(st);
	return false;
}

/* What a change has failed with. */
static bool
undo(struct state *st)
{
	record_error(st, "write");
	state_rollback(st);
	return false;
}

bool
state_put(struct state *st, int kind, const char *key, const void *blob, size_t len)
{
	bool full;

	if (kept_table_put(&st->table, STATE_ROWS_MAX, kind, key, blob, len))
		return true;
	full = sqlite3_errcode(st->db) == SQLITE_OK || sqlite3_errcode(st->db) == SQLITE_DONE;
	(void)undo(st);
	if (full)
		snprintf(st->error, sizeof(st->error), "write: there are %d rows already",
		    STATE_ROWS_MAX);
	return false;
}

bool
state_del(struct state *st, int kind, const char *key)
{
	return kept_table_del(&st->table, kind, key) || undo(st);
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
	if (st->in_txn)
		kept_table_undo(&st->table);
	st->in_txn = false;
}

const char *
state_error(const struct state *st)
{
	return st->error;
}

void
state_rows_start(struct state *st)
{
	sqlite3_reset(st->table.all); /* tells what went wrong before, nothing new */
	st->rows_whole = false;
}

bool
state_rows_next(struct state *st, int *kind, const char **key, const void **blob, size_t *len)
{
	sqlite3_int64 number;
	int code;

	do {
		code = sqlite3_step(st->table.all);
		number = code == SQLITE_ROW ? sqlite3_column_int64(st->table.all, 0) : 0;
	} while (number < 0 || number > KIND_MAX); /* a newer version's */
	*key = code == SQLITE_ROW ? (const char *)sqlite3_column_text(st->table.all, 1) : NULL;
	if (*key == NULL) {
		st->rows_whole = code == SQLITE_DONE || record_row_error(st, code);
		sqlite3_reset(st->table.all);
		return false;
	}
	*kind = (int)number;
	*blob = sqlite3_column_blob(st->table.all, 2);
	*len = (size_t)sqlite3_column_bytes(st->table.all, 2);
	return true;
}

bool
state_rows_whole(const struct state *st)
{
	return st->rows_whole;
}
