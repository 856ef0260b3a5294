/*
 * The process that writes the data directory: messages of the agent in, to the service that they
 * belong to, and answers out. One message at a time waits for room in the socket; until it has
 * gone, nothing more is read, so an agent that does not read costs no memory. Rows go before pieces
 * of the snapshot, of which there may be many.
 */
#include "keeper/keeper.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "keeper/rows.h"
#include "keeper/snapshot.h"
#include "keeper/workdir.h"
#include "priv/link.h"
#include "priv/sandbox.h"

struct keeper {
	struct role_ctx *ctx;
	struct loop *loop;
	struct link agent;
	struct wire_msg in, out;
	bool out_held; /* out found no room */
	struct workdir dir;
	struct rows rows;
	struct snapshot snapshot;
	struct loop_io agent_io, lifeline_io;
	struct loop_signal stop_signal;
};

static void on_agent(void *arg, unsigned events);

/* Not for reading while it would not be read. What is being loaded has left a message in out. */
static void
watch_agent(struct keeper *k)
{
	bool write = k->out_held || link_has_news(&k->agent);

	loop_io_start(k->loop, &k->agent_io, link_watched(&k->agent),
	    (k->out_held ? 0 : LOOP_READ) | (write ? LOOP_WRITE : 0), on_agent, k);
}

static void
send_out(struct keeper *k)
{
	k->out_held = link_send(&k->agent, &k->out) == WIRE_AGAIN;
}

/* Nothing of what an earlier agent began goes on. */
static void
start_afresh(struct keeper *k)
{
	rows_reset(&k->rows);
	snapshot_reset(&k->snapshot);
	k->out_held = false;
}

static void
handle(struct keeper *k)
{
	struct now now = clock_now();
	enum reply reply = rows_handle(&k->rows, &k->in, &k->out, &now);

	if (reply == REPLY_OTHERS)
		reply = snapshot_handle(&k->snapshot, &k->in, &k->out, &now);
	if (reply == REPLY_VIOLATION || !wire_end(&k->in)) {
		if (link_violation(&k->agent))
			role_accuse(k->ctx, ROLE_AGENT);
		start_afresh(k);
	} else if (reply == REPLY_READY) {
		send_out(k);
	}
}

/* A transaction does not come between the rows of a load. */
static void
receive(struct keeper *k)
{
	enum link_event event;

	for (int i = 0; i < LINK_TURN_MESSAGES && !k->out_held && !k->rows.loading; i++) {
		event = link_recv(&k->agent, &k->in);
		if (event == LINK_NOTHING)
			return;
		if (event == LINK_VIOLATION)
			role_accuse(k->ctx, ROLE_AGENT);
		if (event == LINK_MESSAGE)
			handle(k);
		else
			start_afresh(k);
	}
}

/* Sends what is being loaded until the socket is full. */
static void
pump(struct keeper *k)
{
	while (
	    !k->out_held && (rows_next(&k->rows, &k->out) || snapshot_next(&k->snapshot, &k->out)))
		send_out(k);
}

static void
on_agent(void *arg, unsigned events)
{
	struct keeper *k = arg;

	(void)events;
	if (k->out_held)
		send_out(k);
	receive(k);
	pump(k);
	watch_agent(k);
}

static void
on_lifeline(void *arg, unsigned events)
{
	struct keeper *k = arg;

	(void)events;
	if (!role_read_lifeline(k->ctx))
		loop_stop(k->loop);
	if (link_take(&k->agent, role_take_wire(k->ctx, ROLE_AGENT)))
		on_agent(k, 0);
}

static void
on_stop(void *arg, int signum)
{
	(void)signum;
	loop_stop(((struct keeper *)arg)->loop);
}

static void
open_services(struct keeper *k)
{
	struct now now = clock_now();

	workdir_init(&k->dir, k->ctx->data_dir_fd, k->ctx->data_dir_awaited);
	rows_init(&k->rows, &k->dir, &now);
	snapshot_init(&k->snapshot, &k->dir);
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
	umask(0077);
	k->loop = loop_new();
	priv_lock(ROLE_KEEPER);
	open_services(k);
	link_init(&k->agent, role_take_wire(ctx, ROLE_AGENT), WIRE_AGENT_TO_KEEPER);
	watch_agent(k);
	loop_io_start(k->loop, &k->lifeline_io, ctx->lifeline_fd, LOOP_READ, on_lifeline, k);
	loop_signal_start(k->loop, &k->stop_signal, ROLE_STOP_SIGNAL, on_stop, k);
	loop_run(k->loop);
	rows_done(&k->rows);
	snapshot_done(&k->snapshot);
	link_done(&k->agent);
	loop_free(k->loop);
	mem_free(k);
	return 0;
}
