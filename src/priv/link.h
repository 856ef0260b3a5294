/*
 * One end of the wire between two workers. Each start of either brings a new pair of sockets, so
 * what comes in on one is of one life of the peer, and a new end means a peer that knows nothing:
 * what was in flight must be sent again, half a transaction forgotten. LINK_FRESH says so, once for
 * each end, before anything of it is read. What the peer's predecessor said before it died is still
 * given out, then its end is closed.
 */
#ifndef PRIV_LINK_H
#define PRIV_LINK_H

#include <stdbool.h>

#include "priv/wire.h"

#define LINK_TURN_MESSAGES 64 /* read in one turn of the loop, which has others to serve */

struct link {
	int fd;                 /* owned; -1: none, until the next one comes */
	int next;               /* owned; takes the place of fd once that has been read; -1: none */
	unsigned last_messages; /* that may still be read of fd, when there is a next */
	bool fresh;             /* fd is new: to be told */
	enum wire_dir in;       /* what comes in here */
};

enum link_event {
	LINK_NOTHING,   /* no more to read now */
	LINK_MESSAGE,   /* msg is a message */
	LINK_FRESH,     /* the peer is new to us: send again what was in flight */
	LINK_VIOLATION, /* the link is down until the peer's successor comes: accuse it */
};

/* fd: -1 where it comes later. */
void link_init(struct link *link, int fd, enum wire_dir in);
void link_done(struct link *link);

/*
 * The end of a wire to a peer that has just been started, as role_take_wire gives it; -1: none, and
 * false. True: call link_recv soon.
 */
bool link_take(struct link *link, int fd);

/* Reads on until something is to be told. LINK_NOTHING: watch again, then call again. */
enum link_event link_recv(struct link *link, struct wire_msg *msg);

/*
 * A message that link_recv gave has bad fields: the link is down, as after LINK_VIOLATION. True:
 * accuse the peer. False: it is gone, and its successor did nothing.
 */
bool link_violation(struct link *link);

/* WIRE_AGAIN: no room, keep it. WIRE_GONE: nobody is there; LINK_FRESH tells of whoever comes. */
enum wire_io link_send(struct link *link, const struct wire_msg *msg);

static inline bool
link_up(const struct link *link)
{
	return link->fd >= 0 && link->next < 0 && !link->fresh;
}

/* The descriptor to watch, for reading at least; -1: none. */
static inline int
link_watched(const struct link *link)
{
	return link->next >= 0 ? link->next : link->fd;
}

/* True: something is to be told at once. Watch for writing too, which calls back: it has room. */
static inline bool
link_has_news(const struct link *link)
{
	return link->next >= 0 || link->fresh;
}

#endif
