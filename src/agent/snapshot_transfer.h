/*
 * A snapshot of the agent's memory to the keeper's disk and back, in pieces, as fast as the socket
 * takes them and never waiting. What the bytes mean is the business of who gives and takes them,
 * and so is a checksum that outlives the transfer. Rows of the state go before pieces. A failure is
 * logged once until a save works again; nothing else stops for it.
 */
#ifndef AGENT_SNAPSHOT_TRANSFER_H
#define AGENT_SNAPSHOT_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct keeper_link;
struct snapshot_transfer;

/* Gives the bytes of a save. None of these may call this module. */
struct snapshot_source {
	/* Fills at most cap bytes, which is never 0, and returns how many; 0: the end. */
	size_t (*next)(void *arg, uint8_t *out, size_t cap);
	void (*restart)(void *arg); /* from the first byte again, for another keeper */
	void *arg;
	uint64_t bytes; /* in all; 0: not known. Room on the disk is looked for before */
};

/* Takes the bytes of a load. */
struct snapshot_sink {
	bool (*take)(void *arg, const uint8_t *bytes, size_t len); /* false: no more is wanted */
	void (*restart)(void *arg); /* forget what came: it comes from the first byte again */
	/* The last call, always made once; why is "" when whole. Whole without a byte: nothing. */
	void (*done)(void *arg, bool whole, const char *why);
	void *arg;
};

struct snapshot_transfer_events {
	void (*saved)(void *arg, uint64_t bytes);   /* on disk, the older one is gone */
	void (*failed)(void *arg, const char *why); /* this save; an older one is still there */
};

/* Adds itself to the link, after those whose messages go first. events outlive it. */
struct snapshot_transfer *snapshot_transfer_new(
    struct keeper_link *link, const struct snapshot_transfer_events *events, void *arg);
void snapshot_transfer_free(struct snapshot_transfer *t);

/*
 * Starts a save. source is copied; its functions are called until saved or failed was. False:
 * nothing was started, for another save or a load is under way.
 */
bool snapshot_transfer_save(
    struct snapshot_transfer *t, const struct snapshot_source *source, const struct now *now);

/* Starts a load. sink is copied. False: nothing was started, for a save or load is under way. */
bool snapshot_transfer_load(struct snapshot_transfer *t, const struct snapshot_sink *sink);

/* Gives up a load that takes too long: done is called, and the rest is dropped as it comes. */
void snapshot_transfer_stop_load(struct snapshot_transfer *t);

/* Call once in a while: a save without an answer for a minute has failed. */
void snapshot_transfer_tick(struct snapshot_transfer *t, const struct now *now);

/* No save is under way: at stop, there is nothing to wait for. */
bool snapshot_transfer_idle(const struct snapshot_transfer *t);

#endif
