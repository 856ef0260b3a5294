/*
 * The launcher's end of a worker's lifeline, a SOCK_SEQPACKET socket; role.h has the other.
 */
#ifndef PRIV_LIFELINE_H
#define PRIV_LIFELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/crash_report.h"
#include "priv/role.h"

enum lifeline_event {
	LIFELINE_NOTHING, /* no packet is there */
	LIFELINE_CLOSED,  /* the other end is */
	LIFELINE_ACCUSATION,
	LIFELINE_CRASH,
	LIFELINE_INVALID,
};

struct lifeline_packet {
	enum role accused;
	struct crash_report crash;
};

/* Takes one packet; never blocks. The packet has the member that belongs to the event. */
enum lifeline_event lifeline_receive(int fd, struct lifeline_packet *out);

/* False: no room. */
bool lifeline_ping(int fd);

/* The launcher's descriptor 2 becomes the worker's. False with errno. */
bool lifeline_hand_log(int fd);

/* The control socket, for one that was started without. False with errno. */
bool lifeline_hand_control(int fd, int control_fd);

/* The end of a new wire to that peer, which takes the place of the old one. False with errno. */
bool lifeline_hand_wire(int fd, enum role peer, int wire_fd);

/* A configuration to be followed in place. False: no room for all of it; the worker has half. */
bool lifeline_configure(int fd, const char *blob, size_t len, const struct now *configured_at);

/* Has the worker left the last ping unread? Where the kernel does not tell, it has not. */
bool lifeline_is_unread(int fd);

#endif
