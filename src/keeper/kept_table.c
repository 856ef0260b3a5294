/*
 * Statements of one table. Rows are counted here rather than by the database, which would have to
 * walk all of them: it does once, when the first transaction begins. Who only reads a damaged one
 * has what can be read of it.
 */
#include "keeper/kept_table.h"

static bool
prepare(const struct kept_table *t, const char *sql, sqlite3_stmt **stmt)
{
	return sqlite3_prepare_v2(t->db, sql, -1, stmt, NULL) == SQLITE_OK;
}

bool
kept_table_number(sqlite3 *db, const char *sql, int64_t *out)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
	          sqlite3_step(stmt) == SQLITE_ROW;

	*out = ok ? sqlite3_column_int64(stmt, 0) : 0;
	return sqlite3_finalize(stmt) == SQLITE_OK && ok;
}

bool
kept_table_open(struct kept_table *t, sqlite3 *db, bool to_read)
{
	*t = (struct kept_table){.db = db, .rows = -1};
	if (!prepare(t, "SELECT kind, key, blob FROM kept ORDER BY kind, key", &t->all))
		return false;
	return to_read ||
	       (prepare(t, "UPDATE kept SET blob = ?3 WHERE kind = ?1 AND key = ?2", &t->set) &&
	           prepare(t, "INSERT INTO kept VALUES (?1, ?2, ?3)", &t->add) &&
	           prepare(t, "DELETE FROM kept WHERE kind = ?1 AND key = ?2", &t->del));
}

void
kept_table_close(struct kept_table *t)
{
	sqlite3_finalize(t->set);
	sqlite3_finalize(t->add);
	sqlite3_finalize(t->del);
	sqlite3_finalize(t->all);
	*t = (struct kept_table){.db = NULL};
}

bool
kept_table_begin(struct kept_table *t)
{
	int64_t rows = t->rows;

	if (rows < 0 && !kept_table_number(t->db, "SELECT count(*) FROM kept", &rows))
		return false;
	t->rows = t->rows_before = rows;
	return true;
}

void
kept_table_undo(struct kept_table *t)
{
	t->rows = t->rows_before;
}

/* The error of a step stays that of the database: resetting only repeats it. */
static bool
step(sqlite3_stmt *stmt, int kind, const char *key)
{
	bool ok;

	sqlite3_bind_int(stmt, 1, kind);
	sqlite3_bind_text(stmt, 2, key, -1, SQLITE_STATIC);
	ok = sqlite3_step(stmt) == SQLITE_DONE;
	sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	return ok;
}

static bool
step_blob(sqlite3_stmt *stmt, int kind, const char *key, const void *blob, size_t len)
{
	sqlite3_bind_blob(stmt, 3, len == 0 ? "" : blob, (int)len, SQLITE_STATIC);
	return step(stmt, kind, key);
}

bool
kept_table_put(
    struct kept_table *t, int64_t max, int kind, const char *key, const void *blob, size_t len)
{
	if (!step_blob(t->set, kind, key, blob, len))
		return false;
	if (sqlite3_changes(t->db) > 0)
		return true;
	if (t->rows >= max || !step_blob(t->add, kind, key, blob, len))
		return false;
	t->rows++;
	return true;
}

bool
kept_table_del(struct kept_table *t, int kind, const char *key)
{
	if (!step(t->del, kind, key))
		return false;
	t->rows -= sqlite3_changes(t->db);
	return true;
}
