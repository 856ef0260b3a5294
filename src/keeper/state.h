/*
 * The state database: alerts, queued notices and a few facts, as keys and blobs that only the agent
 * understands. SQLite in WAL mode, synchronous=FULL: what was committed survives power loss. The
 * file is grown ahead, so that news of a full disk still fits on it.
 */
#ifndef KEEPER_STATE_H
#define KEEPER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "priv/wire.h"

/*
 * The most that is kept, far more than there can be of the agent's: one that was taken over is not
 * to fill the disk. Where a file is larger, it grows no more. The log of a transaction, however
 * long, has each page of the file once.
 */
#define STATE_ROWS_MAX ((int)WIRE_ROWS_MAX - 1)
#define STATE_BYTES_MAX ((int)WIRE_ROWS_BYTES_MAX)

struct state;

/*
 * Opens file (relative to the current directory), made if absent; one that is damaged is moved
 * aside to file.damaged and a new one is made, with a warning; one that a newer version made goes
 * to file.vN, as it is, or to file.vN.2 if there is one (keeper/statefile.h); the rows of one that
 * an older version had put there come back (keeper/takeup.h). What is only added to never raises
 * the version. One that cannot be written is opened for its rows alone: every transaction fails.
 * NULL when it cannot be had: why in error.
 */
struct state *state_open(const char *file, char *error, size_t error_cap);
void state_close(struct state *st);

/* Of an open one: it can only be read; it was found damaged; its file is not that of the name. */
bool state_read_only(const struct state *st);
bool state_damaged(const struct state *st);
bool state_replaced(const struct state *st);

/* Moves a damaged one aside, with a warning, and closes it. */
void state_set_aside(struct state *st);

/* One transaction at a time. False: failed and rolled back, why is state_error(). */
bool state_begin(struct state *st);
bool state_put(struct state *st, int kind, const char *key, const void *blob, size_t len);
bool state_del(struct state *st, int kind, const char *key);
bool state_commit(struct state *st);
void state_rollback(struct state *st);
const char *state_error(const struct state *st);

/*
 * All rows, by kind and key: state_rows_start, then state_rows_next until it is false, then
 * state_rows_whole: false when it was not the end but a failure. Rows of kinds that no message can
 * name are passed over. Pointers are valid until the next
 * call.
 */
void state_rows_start(struct state *st);
bool state_rows_next(struct state *st, int *kind, const char **key, const void **blob, size_t *len);
bool state_rows_whole(const struct state *st);

#endif
