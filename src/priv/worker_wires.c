/*
 * Makes the sockets between workers and keeps them fit for the next one. Workers are not trusted: a
 * socket outlives who has it, so one that was taken over can spoil it for its successor and its
 * peer, as by shutdown(2). What was shut down is replaced at once, and so is what nobody holds.
 */
#include "priv/worker_wires.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/log.h"
#include "priv/wire.h"

#define DRAIN_MAX 4096 /* packets: more than the sockets' buffers hold */
#define BIT(role) (1u << (role))

static const enum role roles[WORKER_WIRES][2] = {
    {ROLE_AGENT, ROLE_KEEPER},
    {ROLE_AGENT, ROLE_COURIER},
};

void
worker_wires_init(struct worker_wires *w)
{
	for (int i = 0; i < WORKER_WIRES; i++)
		w->ends[i][0] = w->ends[i][1] = -1;
}

static void
close_wire(struct worker_wires *w, int i)
{
	io_close(&w->ends[i][0]);
	io_close(&w->ends[i][1]);
}

static bool
open_anew(struct worker_wires *w, int i)
{
	int ends[2];

	if (!wire_pair(ends))
		return false;
	close_wire(w, i);
	w->ends[i][0] = ends[0];
	w->ends[i][1] = ends[1];
	return true;
}

bool
worker_wires_open(struct worker_wires *w)
{
	for (int i = 0; i < WORKER_WIRES; i++)
		if (!open_anew(w, i))
			return false;
	return true;
}

void
worker_wires_done(struct worker_wires *w)
{
	for (int i = 0; i < WORKER_WIRES; i++)
		close_wire(w, i);
}

void
worker_wires_of(const struct worker_wires *w, enum role role, int peer_fd[ROLE_COUNT])
{
	for (int r = 0; r < ROLE_COUNT; r++)
		peer_fd[r] = -1;
	for (int i = 0; i < WORKER_WIRES; i++)
		for (int end = 0; end < 2; end++)
			if (roles[i][end] == role)
				peer_fd[roles[i][1 - end]] = w->ends[i][end];
}

static void
drain(int fd)
{
	char byte;

	for (int n = 0; n < DRAIN_MAX; n++)
		if (recv(fd, &byte, 1, MSG_DONTWAIT) < 0)
			return;
}

void
worker_wires_clear(struct worker_wires *w, enum role role, unsigned running)
{
	for (int i = 0; i < WORKER_WIRES; i++) {
		for (int end = 0; end < 2; end++) {
			if (roles[i][end] != role)
				continue;
			if ((running & BIT(roles[i][1 - end])) == 0 && open_anew(w, i))
				continue;
			drain(w->ends[i][end]);
		}
	}
}

/* Half of it is enough: it shows at the end that reads no more. */
static bool
is_shut(const struct worker_wires *w, int i)
{
	struct pollfd fds[2];

	for (int end = 0; end < 2; end++)
		fds[end] = (struct pollfd){.fd = w->ends[i][end], .events = POLLRDHUP};
	return poll(fds, 2, 0) > 0;
}

unsigned
worker_wires_mend(struct worker_wires *w)
{
	unsigned held = 0;

	for (int i = 0; i < WORKER_WIRES; i++) {
		if (!is_shut(w, i))
			continue;
		log_error("the socket between %s and %s was shut down: replacing all three",
		    role_name(roles[i][0]), role_name(roles[i][1]));
		if (!open_anew(w, i))
			log_warn_errno("sockets between the workers");
		held |= BIT(roles[i][0]) | BIT(roles[i][1]);
	}
	return held;
}
