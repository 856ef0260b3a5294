/*
 * The agent's end of the link to the keeper, shared by all that is sent there. Each user says which
 * messages it takes, and is told when another keeper comes. Sending never waits: a user keeps what
 * found no room and is called again when there is some. Users are served in the order in which they
 * were added: as long as one has more to send than there is room, those after it wait.
 */
#ifndef AGENT_KEEPER_LINK_H
#define AGENT_KEEPER_LINK_H

#include <stdbool.h>

#include "base/loop.h"
#include "priv/link.h"
#include "priv/role.h"

#define KEEPER_LINK_USERS_MAX 4

struct keeper_link;

/* A kind of message and who reads its fields; fields that are not there are the link's matter. */
struct keeper_link_message {
	enum wire_id id;
	void (*take)(void *user, struct wire_msg *msg);
};

struct keeper_link_user {
	const struct keeper_link_message *messages; /* the last has the id WIRE_NOTHING */
	void (*fresh)(void *user); /* a keeper that knows nothing: what was in flight is lost */
	bool (*pump)(void *user);  /* sends what it has; true: more, when there is room again */
};

struct keeper_link *keeper_link_new(struct loop *loop, struct role_ctx *ctx);

/* Calls no user any more; users are freed by who made them. */
void keeper_link_free(struct keeper_link *link);

/* At start; no message is taken by two. type and user outlive the link, or its last turn. */
void keeper_link_add(struct keeper_link *link, const struct keeper_link_user *type, void *user);

/* Takes the wire to another keeper, if one has come over the lifeline. */
void keeper_link_take_wire(struct keeper_link *link);

/* WIRE_AGAIN: no room; keep the message and say so in pump. WIRE_GONE: no keeper, and another will
 * be told of by fresh. Only inside of pump. */
enum wire_io keeper_link_send(struct keeper_link *link, const struct wire_msg *msg);

/* A user has something new to send: calls pump now, or soon when called by one of the above. */
void keeper_link_pump(struct keeper_link *link);

#endif
