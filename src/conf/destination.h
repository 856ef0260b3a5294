/*
 * Where a job may go: the index-th destination of a kind. Rows: X(ID, name, how many there may be,
 * runners): so many of a kind are delivered to at a time, and no kind takes another's runners. The
 * numbers travel between the processes of one program and are kept nowhere.
 */
#ifndef CONF_DESTINATION_H
#define CONF_DESTINATION_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"

/* The index of a channel is its enum channel_id. */
#define DESTINATIONS(X)                                   \
	X(CHANNEL, channel, CHANNEL_COUNT, CHANNEL_COUNT) \
	X(HEARTBEAT, heartbeat, 1, 1)

#define X(id, name, count, runners) DESTINATION_##id,
enum destination_kind { DESTINATIONS(X) DESTINATION_KINDS };
#undef X

#define X(id, name, count, runners) +(runners)
enum { DESTINATION_RUNNERS = DESTINATIONS(X) }; /* of all kinds */
#undef X

struct destination {
	enum destination_kind kind;
	uint32_t index;
};

/* Of numbers that a peer sent; false: there can be no such destination. */
bool destination_read(unsigned kind, uint32_t index, struct destination *out);

/* For people: "discord", "heartbeat". */
const char *destination_name(struct destination to);

/* How it is reached. */
const struct conf_channel *destination_settings(const struct conf *conf, struct destination to);

unsigned destination_runners(enum destination_kind kind);

#endif
