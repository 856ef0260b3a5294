/*
 * What must outlive this process as rows: each kind of state is a row of a table that says how its
 * changes are taken, how a row of an earlier life is read, and how all of it is marked to be
 * written again. Whoever owns the core carries rows to the disk and back.
 */
#ifndef CORE_KEPT_H
#define CORE_KEPT_H

#include <stddef.h>

#include "core/core.h"
#include "model/json_field.h"
#include "model/kept_kind.h"

/* key lives for the call; json, from mem, is taken over; NULL deletes the row. */
typedef void kept_put_fn(void *arg, enum kept_kind kind, const char *key, char *json);

/* Calls put for each row that changed since the last call. */
void kept_take_changes(struct core *core, kept_put_fn *put, void *arg);

/* Everything counts as changed: the disk lost what it was told. */
void kept_mark_all(struct core *core);

/*
 * A row of an earlier life, at any time, perhaps twice. What this version does not know is to be
 * left as it is; what is damaged is to be deleted.
 */
enum json_read kept_load(struct core *core, enum kept_kind kind, const char *key, const char *json,
    size_t len, const struct now *now);

#endif
