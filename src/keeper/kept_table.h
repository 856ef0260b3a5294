/*
 * The table of kept rows in an open database, its statements, and how many rows there are.
 */
#ifndef KEEPER_KEPT_TABLE_H
#define KEEPER_KEPT_TABLE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kept_table {
	sqlite3 *db; /* not owned */
	sqlite3_stmt *set, *add, *del, *all;
	int64_t rows, rows_before; /* now, and when the transaction began; -1: not counted yet */
};

/* False: the database says why. to_read: only its rows are to be had. */
bool kept_table_open(struct kept_table *t, sqlite3 *db, bool to_read);
/* Before the database is closed. */
void kept_table_close(struct kept_table *t);

/* A transaction begins, or what it did is undone. False: the database says why. */
bool kept_table_begin(struct kept_table *t);
void kept_table_undo(struct kept_table *t);

/* False: the database says why, or (put) it has max rows, and this would be one more. */
bool kept_table_put(
    struct kept_table *t, int64_t max, int kind, const char *key, const void *blob, size_t len);
bool kept_table_del(struct kept_table *t, int kind, const char *key);

/* Of the first column of the only row of a query. */
bool kept_table_number(sqlite3 *db, const char *sql, int64_t *out);

#endif
