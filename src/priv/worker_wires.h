/*
 * The sockets between workers. The launcher holds both ends of each, so that a worker's death is no
 * end of file for its peer, and one that was shut down shows. Sets of roles are bits, 1 << role.
 */
#ifndef PRIV_WORKER_WIRES_H
#define PRIV_WORKER_WIRES_H

#include <stdbool.h>

#include "priv/role.h"

#define WORKER_WIRES 2

struct worker_wires {
	int ends[WORKER_WIRES][2]; /* -1: not open */
};

void worker_wires_init(struct worker_wires *w);
void worker_wires_done(struct worker_wires *w);

/*
 * Before that role starts, while those run: a new pair for each of its wires whose peer runs; the
 * others are closed, for the peer's start will make them. False: errno says why.
 */
bool worker_wires_renew(struct worker_wires *w, enum role role, unsigned running);

/* The role's end of each wire by the peer at the other; -1: none. */
void worker_wires_of(const struct worker_wires *w, enum role role, int peer_fd[ROLE_COUNT]);

/* After it has started: hands the peers their ends of its wires over their lifelines. Returns those
 * who could not be, with a message. */
unsigned worker_wires_hand(
    const struct worker_wires *w, enum role started, const int lifelines[ROLE_COUNT]);

/* Closes wires that were shut down between two that run, and returns who has an end of these:
 * both, for it cannot be told who did it. */
unsigned worker_wires_close_shut(struct worker_wires *w, unsigned running);

#endif
