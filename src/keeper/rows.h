/*
 * The keeper's service for rows: transactions of the agent into the state database, and all its
 * rows back when asked to LOAD. Every transaction is answered COMMITTED or FAILED.
 */
#ifndef KEEPER_ROWS_H
#define KEEPER_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "keeper/reply.h"
#include "keeper/state.h"
#include "keeper/workdir.h"
#include "priv/wire.h"

struct rows {
	const struct workdir *dir;
	struct state *state; /* NULL: cannot be had now */
	char why[256];       /* it cannot */
	int64_t reopen_ns;   /* not before */
	uint64_t txn;        /* open one; 0: none */
	bool txn_failed;     /* of the open one */
	bool loading;        /* rows are on their way */
	uint32_t sent;
	uint64_t sent_bytes; /* of keys and blobs */
};

/* Opens the database; a warning when nothing can be kept. */
void rows_init(struct rows *rows, const struct workdir *dir, const struct now *now);
void rows_done(struct rows *rows);

/* in: a message of the agent, not read yet; its last field is checked by the caller. */
enum reply rows_handle(
    struct rows *rows, struct wire_msg *in, struct wire_msg *out, const struct now *now);

/* The next message of a load; false: none is under way. */
bool rows_next(struct rows *rows, struct wire_msg *out);

/* Another agent: half a transaction and half a load are forgotten. */
void rows_reset(struct rows *rows);

#endif
