/*
 * The keeper's service for the agent's snapshot: its pieces into a file, answered SNAP_SAVED or
 * SNAP_FAILED once for each SNAP_BEGIN, and back when asked to SNAP_LOAD. What the bytes mean, and
 * whether they are sound, is the agent's business.
 */
#ifndef KEEPER_SNAPSHOT_H
#define KEEPER_SNAPSHOT_H

#include "keeper/reply.h"
#include "keeper/snapshot_file.h"
#include "priv/wire.h"

struct snapshot {
	struct snapshot_file file;
	uint64_t number; /* the agent's, of the one being saved */
	bool saving;     /* pieces are awaited; false: they are of one that has failed */
	bool loading;    /* pieces are on their way */
	uint64_t sent;   /* bytes of a load */
};

void snapshot_init(struct snapshot *snapshot, const struct workdir *dir);
void snapshot_done(struct snapshot *snapshot);

/* in: a message of the agent, not read yet; its last field is checked by the caller. */
enum reply snapshot_handle(
    struct snapshot *snapshot, struct wire_msg *in, struct wire_msg *out, const struct now *now);

/* The next message of a load; false: none is under way. */
bool snapshot_next(struct snapshot *snapshot, struct wire_msg *out);

/* Another agent: half a save and half a load are forgotten. */
void snapshot_reset(struct snapshot *snapshot);

#endif
