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

struct state;

/*
 * Opens file (relative to the current directory), made if absent; one that is damaged is moved
 * aside to file.damaged and a new one is made, with a warning. NULL when it cannot be had: why in
 * error.
 */
struct state *state_open(const char *file, char *error, size_t error_cap);
void state_close(struct state *st);

/* One transaction at a time. False: failed and rolled back, why is state_error(). */
bool state_begin(struct state *st);
bool state_put(struct state *st, int kind, const char *key, const void *blob, size_t len);
bool state_del(struct state *st, int kind, const char *key);
bool state_commit(struct state *st);
void state_rollback(struct state *st);
const char *state_error(const struct state *st);

/*
 * All rows, by kind and key: state_rows_start, then state_rows_next until it is false. Pointers
 * are valid until the next call.
 */
bool state_rows_start(struct state *st);
bool state_rows_next(struct state *st, int *kind, const char **key, const void **blob, size_t *len);

#endif
