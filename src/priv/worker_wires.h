/*
 * The sockets between workers. The launcher holds both ends of each, so that a worker's death is no
 * end of file for its peer; sets of roles are bits, 1 << role.
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
/* False: errno says why. */
bool worker_wires_open(struct worker_wires *w);
void worker_wires_done(struct worker_wires *w);

/* The role's end of each wire by the peer at the other; -1: none. */
void worker_wires_of(const struct worker_wires *w, enum role role, int peer_fd[ROLE_COUNT]);

/* Before that role starts, while those run: it meets nothing of its predecessor's. */
void worker_wires_clear(struct worker_wires *w, enum role role, unsigned running);

/* Puts new ones in the place of those that were shut down, and returns who has an end of these. */
unsigned worker_wires_mend(struct worker_wires *w);

#endif
