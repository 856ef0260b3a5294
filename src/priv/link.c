/*
 * Exchanges greetings over the wire, so that a worker knows when its peer has been replaced, and
 * drops what was meant for a predecessor. A peer that breaks the table is not listened to any more
 * until another one greets; the launcher, not this file, replaces it.
 */
#include "priv/link.h"

#include <string.h>

#include "base/log.h"

#define DROPS_MAX 256 /* packets ignored in one call: a flood must not hold the loop */

void
link_init(struct link *link, int fd, enum wire_dir in, uint32_t generation)
{
	memset(link, 0, sizeof(*link));
	link->fd = fd;
	link->in = in;
	link->mine = generation;
	link->greeting_owed = true;
	link_flush(link);
}

bool
link_flush(struct link *link)
{
	if (link->greeting_owed && wire_send_hello(link->fd, link->mine, 0) != WIRE_AGAIN)
		link->greeting_owed = false;
	if (link->greeting_owed || link->answer_owed == 0)
		return link->greeting_owed;
	if (wire_send_hello(link->fd, link->mine, link->answer_owed) != WIRE_AGAIN)
		link->answer_owed = 0;
	return link->answer_owed != 0;
}

void
link_violation(struct link *link)
{
	link->violations++;
	link->peer = 0;
	link->answer_owed = 0;
	link->muted = true;
}

/* True: the peer is new to us. */
static bool
take_hello(struct link *link, uint32_t generation, uint32_t answers)
{
	bool fresh;

	if (generation == 0 || (answers != 0 && (answers != link->mine || link->muted)))
		return false;
	link->muted = false;
	fresh = answers == 0 || link->peer != generation;
	link->peer = generation;
	if (answers == 0)
		link->answer_owed = generation;
	link_flush(link);
	return fresh;
}

static enum link_event
classify(struct link *link, struct wire_msg *msg)
{
	uint32_t generation, answers;

	if (wire_id(msg) != WIRE_HELLO)
		return link_up(link) ? LINK_MESSAGE : LINK_NOTHING;
	generation = wire_get_u32(msg);
	answers = wire_get_u32(msg);
	if (!wire_end(msg)) {
		enum link_event event = link->muted ? LINK_NOTHING : LINK_VIOLATION;

		link_violation(link);
		return event;
	}
	if (!take_hello(link, generation, answers))
		return LINK_NOTHING;
	log_debug("wire: peer of generation %u greets", generation);
	return LINK_FRESH;
}

enum link_event
link_recv(struct link *link, struct wire_msg *msg)
{
	enum link_event event = LINK_NOTHING;

	link_flush(link);
	for (int i = 0; event == LINK_NOTHING && i < DROPS_MAX; i++) {
		switch (wire_recv(link->fd, msg, link->in)) {
		case WIRE_OK:
			event = classify(link, msg);
			break;
		case WIRE_AGAIN:
			return LINK_NOTHING;
		case WIRE_GONE:
			return LINK_GONE;
		case WIRE_VIOLATION:
			event = link->muted ? LINK_NOTHING : LINK_VIOLATION;
			link_violation(link);
			break;
		}
	}
	return event;
}

enum wire_io
link_send(struct link *link, const struct wire_msg *msg)
{
	if (msg->bad)
		return WIRE_VIOLATION;
	if (!link_up(link) || link_flush(link))
		return WIRE_AGAIN;
	return wire_send(link->fd, msg);
}
