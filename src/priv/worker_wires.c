/*
 * Makes the sockets between workers, new ones for each start of a worker. Workers are not trusted:
 * whoever has a socket can spoil it for all others that have it or come to have it, by shutdown(2),
 * a filter, a small buffer or a flag. So none outlives who had it. One that was shut down while
 * both live is closed here, and they are for the caller to replace.
 */
#include "priv/worker_wires.h"

#include <poll.h>

#include "base/io.h"
#include "base/log.h"
#include "priv/lifeline.h"
#include "priv/wire.h"

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

void
worker_wires_done(struct worker_wires *w)
{
	for (int i = 0; i < WORKER_WIRES; i++)
		close_wire(w, i);
}

static unsigned
holders(int i)
{
	return BIT(roles[i][0]) | BIT(roles[i][1]);
}

bool
worker_wires_renew(struct worker_wires *w, enum role role, unsigned running)
{
	for (int i = 0; i < WORKER_WIRES; i++) {
		if ((holders(i) & BIT(role)) == 0)
			continue;
		close_wire(w, i);
		if ((holders(i) & ~BIT(role) & running) != 0 && !wire_pair(w->ends[i]))
			return false;
	}
	return true;
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

unsigned
worker_wires_hand(const struct worker_wires *w, enum role started, const int lifelines[ROLE_COUNT])
{
	unsigned lost = 0;

	for (int r = 0; r < ROLE_COUNT; r++) {
		int ends[ROLE_COUNT];

		worker_wires_of(w, (enum role)r, ends);
		if (ends[started] < 0 || lifeline_hand_wire(lifelines[r], started, ends[started]))
			continue;
		log_warn_errno("%s takes no wire to the new %s and is replaced",
		    role_name((enum role)r), role_name(started));
		lost |= BIT(r);
	}
	return lost;
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
worker_wires_close_shut(struct worker_wires *w, unsigned running)
{
	unsigned held = 0;

	for (int i = 0; i < WORKER_WIRES; i++) {
		if ((holders(i) & ~running) != 0 || !is_shut(w, i))
			continue;
		log_error("the socket between %s and %s was shut down: replacing it, and both",
		    role_name(roles[i][0]), role_name(roles[i][1]));
		close_wire(w, i);
		held |= holders(i);
	}
	return held;
}
