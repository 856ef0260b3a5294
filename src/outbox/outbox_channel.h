/*
 * What is known of one channel's deliveries, for status, metrics and the heartbeat.
 */
#ifndef OUTBOX_OUTBOX_CHANNEL_H
#define OUTBOX_OUTBOX_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/delivery.h"

#define OUTBOX_ERROR_MAX DELIVERY_TEXT_MAX

/* Where the news of an alert is on its way to a channel. */
enum outbox_place { OUTBOX_NOWHERE, OUTBOX_WAITS, OUTBOX_LEAVES };

struct outbox_channel {
	uint64_t sent, failures; /* deliveries and failed attempts since start */
	uint64_t set_aside;      /* notices told without their text, or not at all */
	uint64_t folded;         /* notices that went into a digest */
	size_t queued;
	size_t rests; /* of queued: those that some of the recipients have */
	/* How far our clock was ahead of the service's at its last answer, 0: as far as tolerated;
	 * and the wall time of the boot clock's zero then. */
	int64_t ahead_ms, boot_wall_ms;
	bool paused;  /* the service denied us, or refuses whatever it is told */
	bool failing; /* attempt after attempt failed since the last delivery; the log says so */
	char last_error[OUTBOX_ERROR_MAX]; /* "" after a delivery */
	/* Who of several recipients did not get the last message, and why; "": all did. */
	char not_all[OUTBOX_ERROR_MAX];
};

/* What it is told now does not arrive. */
static inline bool
outbox_channel_is_stuck(const struct outbox_channel *channel)
{
	return channel->paused || channel->failing;
}

/* The service has answered: our clock is so far ahead of its own. */
void outbox_channel_note_ahead(
    struct outbox_channel *channel, int64_t ahead_ms, const struct now *now);

/* How far it is ahead now: as it was, and moved by what our own clock has been set since. */
int64_t outbox_channel_ahead_ms(const struct outbox_channel *channel, const struct now *now);

#endif
