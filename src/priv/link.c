/*
 * Reads one end of a wire, and goes over to the next when the launcher hands one over. A peer that
 * breaks the table is not listened to any more until another one is there; the launcher, not this
 * file, replaces it. An end of file is no event: the launcher replaces whoever is behind it.
 */
#include "priv/link.h"

#include "base/io.h"
#include "base/log.h"

#define LAST_MESSAGES_MAX 4096 /* of the dead; more are of who got its end from it */

void
link_init(struct link *link, int fd, enum wire_dir in)
{
	*link = (struct link){.fd = fd, .next = -1, .fresh = fd >= 0, .in = in};
}

void
link_done(struct link *link)
{
	io_close(&link->fd);
	io_close(&link->next);
}

bool
link_take(struct link *link, int fd)
{
	if (fd < 0)
		return false;
	io_close(&link->next);
	link->next = fd;
	link->last_messages = LAST_MESSAGES_MAX;
	return true;
}

static enum link_event
go_over(struct link *link)
{
	io_close(&link->fd);
	link->fd = link->next;
	link->next = -1;
	link->fresh = false;
	log_debug("wire: another peer");
	return LINK_FRESH;
}

enum link_event
link_recv(struct link *link, struct wire_msg *msg)
{
	bool replaced = link->next >= 0;
	enum wire_io io;

	if (link->fresh) {
		link->fresh = false;
		return LINK_FRESH;
	}
	io = link->fd < 0 ? WIRE_GONE : wire_recv(link->fd, msg, link->in);
	if (io == WIRE_OK && (!replaced || link->last_messages-- > 0))
		return LINK_MESSAGE;
	if (io == WIRE_GONE || io == WIRE_VIOLATION)
		io_close(&link->fd);
	if (replaced)
		return go_over(link);
	return io == WIRE_VIOLATION ? LINK_VIOLATION : LINK_NOTHING;
}

bool
link_violation(struct link *link)
{
	io_close(&link->fd);
	return link->next < 0;
}

enum wire_io
link_send(struct link *link, const struct wire_msg *msg)
{
	if (msg->bad)
		return WIRE_VIOLATION;
	return link_up(link) ? wire_send(link->fd, msg) : WIRE_GONE;
}
