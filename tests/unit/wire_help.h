/*
 * New wires for links, as the launcher makes them when a worker starts.
 */
#ifndef TESTS_WIRE_HELP_H
#define TESTS_WIRE_HELP_H

#include "priv/link.h"
#include "priv/role.h"

/* A process in the place of the one that had the link, which may be zeroed: nobody had it. The
 * peer's end of its wire. */
static inline int
wire_anew(struct link *link, enum wire_dir in)
{
	int ends[2];

	assert_true(wire_pair(ends));
	if (link->in != 0)
		link_done(link);
	link_init(link, ends[0], in);
	return ends[1];
}

/* The same; the peer's end has come over the peer's lifeline and is to be taken. */
static inline void
wire_anew_to(struct link *link, enum wire_dir in, struct role_ctx *peer, enum role role)
{
	int fd = wire_anew(link, in);

	assert_int_equal(peer->peer_fd[role], -1);
	peer->peer_fd[role] = fd;
}

#endif
