/*
 * The packets of a lifeline to a worker, for both of its ends.
 */
#ifndef PRIV_LIFELINE_PACKET_H
#define PRIV_LIFELINE_PACKET_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/clock.h"

/* First byte of a packet to a worker; a ping has any other. */
#define LIFELINE_LOG 'l'     /* with the log's descriptor */
#define LIFELINE_WIRE 'w'    /* a byte: the peer; with the new end of the wire to it */
#define LIFELINE_CONTROL 's' /* with the control socket */
#define LIFELINE_CONF_PIECE 'c'
#define LIFELINE_CONF_END 'C'
#define LIFELINE_PIECE_MAX 8192 /* bytes of a configuration in one packet */

/* What follows LIFELINE_CONF_END; both ends are the same program. */
struct lifeline_conf_end {
	uint64_t len; /* of all pieces together */
	struct now configured_at;
};

/* Room for the one descriptor that a packet may have with it. */
union lifeline_fd {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

#endif
