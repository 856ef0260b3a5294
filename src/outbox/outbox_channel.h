/*
 * What is known of one channel's deliveries, for status, metrics and the heartbeat.
 */
#ifndef OUTBOX_OUTBOX_CHANNEL_H
#define OUTBOX_OUTBOX_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTBOX_ERROR_MAX 160

struct outbox_channel {
	uint64_t sent, failures; /* deliveries and failed attempts since start */
	uint64_t set_aside;      /* notices that the service refused twice */
	uint64_t folded;         /* notices that went into a digest */
	size_t queued;
	int64_t ahead_ms; /* how far our clock is ahead of the service's; 0: as far as tolerated */
	bool paused;      /* the service denied us */
	char last_error[OUTBOX_ERROR_MAX]; /* "" after a delivery */
};

#endif
