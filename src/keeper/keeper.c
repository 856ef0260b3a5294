/*
 * Turns the agent's transactions into committed rows of state.db and, asked to LOAD, rows into
 * messages. Blobs are opaque. Without a database (no directory, full or read-only disk) every
 * transaction is answered FAILED with the reason, and opening is tried again with the next one. A
 * database that is found damaged or taken away while running ends this process: its successor is
 * sent all that the agent knows.
 */
#include "keeper/keeper.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "keeper/state.h"
#include "priv/link.h"
#include "priv/sandbox.h"

#define STATE_FILE "state.db"
#define REOPEN_MS 5000 /* between attempts to open a database that could not be had */

struct keeper {
	struct role_ctx *ctx;
	struct loop *loop;
	struct link agent;
	struct wire_msg in, out;
	struct state *state; /* NULL: cannot be had now */
	char why[256];
	char dir[PATH_MAX]; /* where the data directory was at start; "" not known */
	int64_t reopen_ns;
	uint64_t txn;    /* open one; 0: none */
	bool txn_failed; /* of the open one: why says the reason */
	bool loading;    /* rows are on their way */
	bool row_held;   /* out is a row that found no room */
	uint32_t rows_sent;
	struct loop_io agent_io, lifeline_io;
	struct loop_signal term;
};

static void on_agent(void *arg, unsigned events);

static void
open_state(struct keeper *k)
{
	struct now now = clock_now();

	if ((k->state != NULL && !state_read_only(k->state)) || now.boot_ns < k->reopen_ns)
		return;
	k->reopen_ns = now.boot_ns + REOPEN_MS * NS_PER_MS;
	if (k->ctx->data_dir_fd < 0) {
		snprintf(k->why, sizeof(k->why), "there is no data directory");
		return;
	}
	state_close(k->state);
	k->state = state_open(STATE_FILE, k->why, sizeof(k->why));
}

/* What is written into a directory that is not at its place any more is lost. */
static bool
dir_is_lost(const struct keeper *k)
{
	struct stat here, there;

	if (k->ctx->data_dir_fd < 0)
		return false;
	if (fstat(k->ctx->data_dir_fd, &here) != 0 || here.st_nlink == 0)
		return true;
	if (k->dir[0] == '\0')
		return false;
	if (stat(k->dir, &there) != 0)
		return errno == ENOENT || errno == ENOTDIR;
	return there.st_dev != here.st_dev || there.st_ino != here.st_ino;
}

/* Opens the database, or makes sure that the open one is the one on disk. */
static void
have_state(struct keeper *k)
{
	if (dir_is_lost(k)) {
		state_close(k->state);
		k->state = NULL;
		k->reopen_ns = 0;
		snprintf(k->why, sizeof(k->why),
		    "data_dir was removed or replaced: restart to use "
		    "the new one");
		return;
	}
	open_state(k);
	if (k->state != NULL && state_replaced(k->state)) {
		state_close(k->state);
		die(STATE_FILE " was removed or replaced: starting again with what is there");
	}
}

/* The agent sends all it knows to a keeper that is new. */
static void
give_up_damaged(struct keeper *k)
{
	if (k->state == NULL || !state_damaged(k->state) || state_read_only(k->state))
		return;
	state_set_aside(k->state);
	die("starting again with a new " STATE_FILE);
}

static void
watch_agent(struct keeper *k)
{
	bool owed = k->loading || k->agent.greeting_owed || k->agent.answer_owed != 0;

	loop_io_start(
	    k->loop, &k->agent_io, k->agent.fd, LOOP_READ | (owed ? LOOP_WRITE : 0), on_agent, k);
}

/* False: transactions are numbered from 1. */
static bool
begin(struct keeper *k)
{
	k->txn = wire_get_u64(&k->in);
	have_state(k);
	k->txn_failed = k->state == NULL || !state_begin(k->state);
	return k->txn != 0;
}

static void
change(struct keeper *k, bool put)
{
	int kind = wire_get_u8(&k->in);
	const char *key = wire_get_str(&k->in);
	size_t len = 0;
	const uint8_t *blob = put ? wire_get_bytes(&k->in, &len) : NULL;

	if (k->txn == 0 || k->txn_failed || !wire_end(&k->in))
		return;
	k->txn_failed =
	    put ? !state_put(k->state, kind, key, blob, len) : !state_del(k->state, kind, key);
}

static bool
commit(struct keeper *k)
{
	uint64_t txn = wire_get_u64(&k->in);
	bool ok = txn != 0 && txn == k->txn && !k->txn_failed && state_commit(k->state);

	if (!ok)
		give_up_damaged(k);
	if (ok) {
		wire_begin(&k->out, WIRE_COMMITTED);
		wire_put_u64(&k->out, txn);
	} else {
		wire_begin(&k->out, WIRE_FAILED);
		wire_put_u64(&k->out, txn);
		wire_put_str(&k->out, k->state != NULL ? state_error(k->state) : k->why);
		if (k->state != NULL)
			state_rollback(k->state);
	}
	k->txn = 0;
	/* An agent that does not read: it is told everything again after a restart. */
	if (link_send(&k->agent, &k->out) != WIRE_OK)
		die("the agent does not take the answer to transaction %llu",
		    (unsigned long long)txn);
	return txn != 0;
}

/* Without a directory there is nothing to wait for: no rows are all there will be. */
static void
end_rows(struct keeper *k)
{
	bool whole = k->state != NULL ? state_rows_whole(k->state) : k->ctx->data_dir_fd < 0;

	give_up_damaged(k);
	wire_begin(&k->out, WIRE_LOAD_END);
	wire_put_u32(&k->out, k->rows_sent);
	wire_put_u8(&k->out, whole);
	wire_put_str(&k->out, whole ? "" : k->state != NULL ? state_error(k->state) : k->why);
}

/* Sends rows until the socket is full; goes on when it has room again. */
static void
pump_rows(struct keeper *k)
{
	const char *key;
	const void *blob;
	size_t len;
	int kind;

	while (k->loading) {
		if (!k->row_held && k->state != NULL &&
		    state_rows_next(k->state, &kind, &key, &blob, &len)) {
			wire_begin(&k->out, WIRE_ROW);
			wire_put_u8(&k->out, (uint8_t)kind);
			wire_put_str(&k->out, key);
			wire_put_bytes(&k->out, blob, len);
			k->rows_sent++;
		} else if (!k->row_held) {
			end_rows(k);
		}
		k->row_held = link_send(&k->agent, &k->out) == WIRE_AGAIN;
		if (k->row_held)
			return;
		k->loading = wire_id(&k->out) != WIRE_LOAD_END;
	}
}

static void
start_load(struct keeper *k)
{
	have_state(k);
	if (k->state != NULL)
		state_rows_start(k->state);
	k->rows_sent = 0;
	k->row_held = false;
	k->loading = true;
}

static void
start_afresh(struct keeper *k)
{
	if (k->state != NULL)
		state_rollback(k->state);
	k->txn = 0;
	k->loading = k->row_held = false;
}

static void
handle(struct keeper *k)
{
	bool sane = true;

	switch (wire_id(&k->in)) {
	case WIRE_TXN_BEGIN:
		sane = begin(k);
		break;
	case WIRE_PUT:
	case WIRE_DEL:
		change(k, wire_id(&k->in) == WIRE_PUT);
		break;
	case WIRE_TXN_COMMIT:
		sane = commit(k);
		break;
	case WIRE_LOAD:
		start_load(k);
		break;
	default:
		break;
	}
	if (!sane || !wire_end(&k->in)) {
		link_violation(&k->agent);
		role_accuse(k->ctx, ROLE_AGENT);
		start_afresh(k);
	}
}

static void
on_agent(void *arg, unsigned events)
{
	struct keeper *k = arg;
	enum link_event event;

	if (events & LOOP_WRITE)
		link_flush(&k->agent);
	while (!k->loading && (event = link_recv(&k->agent, &k->in)) != LINK_NOTHING) {
		if (event == LINK_GONE) {
			loop_stop(k->loop);
			return;
		}
		if (event == LINK_VIOLATION)
			role_accuse(k->ctx, ROLE_AGENT);
		if (event == LINK_MESSAGE)
			handle(k);
		else
			start_afresh(k);
	}
	pump_rows(k);
	watch_agent(k);
}

static void
on_lifeline(void *arg, unsigned events)
{
	struct keeper *k = arg;

	(void)events;
	if (!role_answer_ping(k->ctx))
		loop_stop(k->loop);
}

static void
on_term(void *arg, int signum)
{
	(void)signum;
	loop_stop(((struct keeper *)arg)->loop);
}

int
keeper_main(struct role_ctx *ctx)
{
	struct keeper *k = mem_zalloc(1, sizeof(*k));

	log_set_role("keeper");
	role_forget_blob(ctx);
	k->ctx = ctx;
	if (ctx->data_dir_fd >= 0 && fchdir(ctx->data_dir_fd) != 0)
		die_errno("data directory");
	if (getcwd(k->dir, sizeof(k->dir)) == NULL || k->dir[0] != '/')
		k->dir[0] = '\0';
	umask(0077);
	k->loop = loop_new();
	priv_lock(ROLE_KEEPER);
	have_state(k);
	if (k->state == NULL || state_read_only(k->state))
		log_warn("alerts are not kept through a restart: %s",
		    k->state == NULL ? k->why : state_error(k->state));
	link_init(&k->agent, ctx->peer_fd[ROLE_AGENT], WIRE_AGENT_TO_KEEPER, ctx->generation);
	watch_agent(k);
	loop_io_start(k->loop, &k->lifeline_io, ctx->lifeline_fd, LOOP_READ, on_lifeline, k);
	loop_signal_start(k->loop, &k->term, SIGTERM, on_term, k);
	loop_run(k->loop);
	state_close(k->state);
	loop_free(k->loop);
	mem_free(k);
	return 0;
}
