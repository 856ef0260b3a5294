/*
 * The packets of a lifeline to a worker, for both of its ends.
 */
#ifndef PRIV_LIFELINE_PACKET_H
#define PRIV_LIFELINE_PACKET_H

#include <stdint.h>

/* First byte of a packet to a worker; a ping and a log file have any other. */
#define LIFELINE_CONF_PIECE 'c'
#define LIFELINE_CONF_END 'C'
#define LIFELINE_PIECE_MAX 8192 /* bytes of a configuration in one packet */

/* What follows LIFELINE_CONF_END; both ends are the same program. */
struct lifeline_conf_end {
	uint64_t len; /* of all pieces together */
	int64_t configured_wall_ms;
};

#endif
