/*
 * The file of the agent's snapshot: opaque bytes, written whole or not at all. A new one grows
 * under another name and takes the place of the old one when all of it is on disk, so a reader
 * never meets half of one. It must never take the room that the state database needs, and whoever
 * asks for it cannot fill the disk: one file at a time, of bounded size, at a bounded rate.
 */
#ifndef KEEPER_SNAPSHOT_FILE_H
#define KEEPER_SNAPSHOT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "keeper/workdir.h"
#include "priv/wire.h"

#define SNAPSHOT_BYTES_MAX WIRE_SNAPSHOT_MAX
#define SNAPSHOT_MARGIN_BYTES (16 << 20) /* stay free: the log and the growth of state.db */
#define SNAPSHOT_EVERY_SECS 60           /* as a lasting rate */
#define SNAPSHOT_BURST 8 /* at once: somebody tries settings, a reload each, then stops it */

struct snapshot_file {
	const struct workdir *dir;
	int writing, reading;  /* descriptors, -1: not now */
	uint64_t written;      /* bytes of the one that is written */
	uint64_t written_hash; /* FNV-1a of them */
	uint64_t left;         /* bytes of the one that is read */
	int64_t full_rate_ns;  /* when all of the burst may be used again */
	char why[160];         /* the last call that was false or -1 failed */
};

/* Removes what an earlier keeper left half-written. */
void snapshot_file_init(struct snapshot_file *file, const struct workdir *dir);
void snapshot_file_done(struct snapshot_file *file);

/* Starts a new one; bytes: in all, 0 when that is not known. One that was not ended is dropped. */
bool snapshot_file_begin(struct snapshot_file *file, uint64_t bytes, const struct now *now);

/* False: failed, and what was written is removed. */
bool snapshot_file_add(struct snapshot_file *file, const void *piece, size_t len);
/* Puts it in place of the old one, if it is bytes long and has this hash; on disk when true. */
bool snapshot_file_commit(struct snapshot_file *file, uint64_t bytes, uint64_t hash);
void snapshot_file_abort(struct snapshot_file *file);

/*
 * Reading: open, then read until 0, the end, or -1. It is closed by itself then; a file that is not
 * there is an empty one.
 */
bool snapshot_file_open(struct snapshot_file *file);
ssize_t snapshot_file_read(struct snapshot_file *file, void *piece, size_t cap);
void snapshot_file_close(struct snapshot_file *file);

#endif
