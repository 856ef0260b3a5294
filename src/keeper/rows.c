/*
 * Messages to calls of the state database and back; blobs are opaque. Without a database (no
 * directory, full or read-only disk) every transaction is answered FAILED with the reason, and
 * opening is tried again with the next one. A database that is found damaged or taken away while
 * running ends this process: its successor is sent all that the agent knows.
 */
#include "keeper/rows.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define STATE_FILE "state.db"
#define REOPEN_MS 5000 /* between attempts to open a database that could not be had */

static void
open_state(struct rows *r, const struct now *now)
{
	if ((r->state != NULL && !state_read_only(r->state)) || now->boot_ns < r->reopen_ns)
		return;
	r->reopen_ns = now->boot_ns + REOPEN_MS * NS_PER_MS;
	if (r->dir->fd < 0) {
		snprintf(r->why, sizeof(r->why), "there is no data directory");
		return;
	}
	state_close(r->state);
	r->state = state_open(STATE_FILE, r->why, sizeof(r->why));
}

/* Opens the database, or makes sure that the open one is the one on disk. */
static void
have_state(struct rows *r, const struct now *now)
{
	if (workdir_lost(r->dir)) {
		state_close(r->state);
		r->state = NULL;
		r->reopen_ns = 0;
		snprintf(r->why, sizeof(r->why), "%s", WORKDIR_LOST);
		return;
	}
	open_state(r, now);
	if (r->state != NULL && state_replaced(r->state)) {
		state_close(r->state);
		die(STATE_FILE " was removed or replaced: starting again with what is there");
	}
}

/* The agent sends all it knows to a keeper that is new. */
static void
give_up_damaged(struct rows *r)
{
	if (r->state == NULL || !state_damaged(r->state) || state_read_only(r->state))
		return;
	state_set_aside(r->state);
	die("starting again with a new " STATE_FILE);
}

static const char *
reason(const struct rows *r)
{
	return r->state != NULL ? state_error(r->state) : r->why;
}

/* Transactions are numbered from 1. */
static enum reply
begin(struct rows *r, struct wire_msg *in, const struct now *now)
{
	r->txn = wire_get_u64(in);
	have_state(r, now);
	r->txn_failed = r->state == NULL || !state_begin(r->state);
	return r->txn != 0 ? REPLY_NONE : REPLY_VIOLATION;
}

static enum reply
change(struct rows *r, struct wire_msg *in, bool put)
{
	int kind = wire_get_u8(in);
	const char *key = wire_get_str(in);
	size_t len = 0;
	const uint8_t *blob = put ? wire_get_bytes(in, &len) : NULL;

	if (r->txn == 0 || r->txn_failed || !wire_end(in))
		return REPLY_NONE;
	r->txn_failed =
	    put ? !state_put(r->state, kind, key, blob, len) : !state_del(r->state, kind, key);
	return REPLY_NONE;
}

static enum reply
commit(struct rows *r, struct wire_msg *in, struct wire_msg *out)
{
	uint64_t txn = wire_get_u64(in);
	bool ok = txn != 0 && txn == r->txn && !r->txn_failed && state_commit(r->state);

	if (!ok)
		give_up_damaged(r);
	wire_begin(out, ok ? WIRE_COMMITTED : WIRE_FAILED);
	wire_put_u64(out, txn);
	if (!ok) {
		wire_put_str(out, reason(r));
		if (r->state != NULL)
			state_rollback(r->state);
	}
	r->txn = 0;
	return txn != 0 ? REPLY_READY : REPLY_VIOLATION;
}

static enum reply
start_load(struct rows *r, const struct now *now)
{
	have_state(r, now);
	if (r->state != NULL)
		state_rows_start(r->state);
	r->sent = 0;
	r->sent_bytes = 0;
	r->loading = true;
	return REPLY_NONE;
}

/* No more is sent than the agent takes; a file that an older version let grow may have it. */
static bool
is_at_bound(const struct rows *r)
{
	return r->sent >= WIRE_ROWS_MAX || r->sent_bytes + WIRE_PACKET_MAX > WIRE_ROWS_BYTES_MAX;
}

/* Where no directory is wanted, no rows are all there will be. */
static void
end_load(struct rows *r, struct wire_msg *out)
{
	bool whole =
	    r->state != NULL ? state_rows_whole(r->state) : r->dir->fd < 0 && !r->dir->awaited;

	if (is_at_bound(r)) {
		log_warn(STATE_FILE " has more than the %u rows that are loaded: the rest is left",
		    r->sent);
		state_rows_start(r->state); /* not in the middle: that would hold the log */
		whole = true;
	}
	give_up_damaged(r);
	wire_begin(out, WIRE_LOAD_END);
	wire_put_u32(out, r->sent);
	wire_put_u8(out, whole);
	wire_put_str(out, whole ? "" : reason(r));
	r->loading = false;
}

void
rows_init(struct rows *r, const struct workdir *dir, const struct now *now)
{
	*r = (struct rows){.dir = dir};
	have_state(r, now);
	if (dir->awaited)
		return; /* the launcher has said why */
	if (r->state == NULL || state_read_only(r->state))
		log_warn("alerts are not kept through a restart: %s", reason(r));
}

void
rows_done(struct rows *r)
{
	state_close(r->state);
	r->state = NULL;
}

enum reply
rows_handle(struct rows *r, struct wire_msg *in, struct wire_msg *out, const struct now *now)
{
	switch (wire_id(in)) {
	case WIRE_TXN_BEGIN:
		return begin(r, in, now);
	case WIRE_PUT:
	case WIRE_DEL:
		return change(r, in, wire_id(in) == WIRE_PUT);
	case WIRE_TXN_COMMIT:
		return commit(r, in, out);
	case WIRE_LOAD:
		return start_load(r, now);
	default:
		return REPLY_OTHERS;
	}
}

bool
rows_next(struct rows *r, struct wire_msg *out)
{
	const char *key;
	const void *blob;
	size_t len;
	int kind;

	if (!r->loading)
		return false;
	if (r->state == NULL || is_at_bound(r) ||
	    !state_rows_next(r->state, &kind, &key, &blob, &len)) {
		end_load(r, out);
		return true;
	}
	wire_begin(out, WIRE_ROW);
	wire_put_u8(out, (uint8_t)kind);
	wire_put_str(out, key);
	wire_put_bytes(out, blob, len);
	r->sent++;
	r->sent_bytes += strlen(key) + len;
	return true;
}

void
rows_reset(struct rows *r)
{
	if (r->state != NULL) {
		state_rollback(r->state);
		state_rows_start(r->state); /* half a load would hold the log */
	}
	r->txn = 0;
	r->loading = false;
}
