/*
 * One end of a link between two workers, over sockets that outlive both of them. The launcher keeps
 * the sockets, so a peer that dies is no end of file; instead its successor greets first:
 *
 *	new -> old	HELLO(generation, 0)
 *	old -> new	HELLO(own generation, generation)
 *
 * Each side ignores what comes before the peer's greeting or answer, since it was meant for its
 * predecessor, and learns by LINK_FRESH that the peer knows nothing: what was in flight must be
 *sent again, half a transaction forgotten. LINK_FRESH comes once for each pair of generations.
 */
#ifndef PRIV_LINK_H
#define PRIV_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "priv/wire.h"

struct link {
	int fd;
	enum wire_dir in;     /* what comes in here */
	uint32_t mine;        /* our generation */
	uint32_t peer;        /* the peer's, 0 until known: the link is down */
	bool greeting_owed;   /* our greeting has not gone out */
	uint32_t answer_owed; /* generation to answer, 0: none */
	bool muted;           /* broke the table: unheard until the next greeting */
	uint64_t violations;  /* seen on this end */
};

enum link_event {
	LINK_NOTHING,   /* no more to read now */
	LINK_MESSAGE,   /* msg is a message other than HELLO */
	LINK_FRESH,     /* the peer is new to us: send again what was in flight */
	LINK_GONE,      /* the launcher and the peer are gone */
	LINK_VIOLATION, /* counted; the link is down until the peer's successor greets: accuse it */
};

/* Greets the peer. */
void link_init(struct link *link, int fd, enum wire_dir in, uint32_t generation);

/* Reads on until something is to be told. LINK_NOTHING: poll again, then call again. */
enum link_event link_recv(struct link *link, struct wire_msg *msg);

/* A message that link_recv gave has bad fields: the same as LINK_VIOLATION from link_recv. */
void link_violation(struct link *link);

/* WIRE_AGAIN also while the link is down: keep the message until LINK_FRESH. */
enum wire_io link_send(struct link *link, const struct wire_msg *msg);

static inline bool
link_up(const struct link *link)
{
	return link->peer != 0;
}

/* True while a HELLO waits for room: watch the descriptor for writing and call link_flush. */
bool link_flush(struct link *link);

#endif
