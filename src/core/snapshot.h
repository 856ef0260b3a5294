/*
 * The memory of the core that is too much for rows: rings, the minute roll-up and the detectors'
 * states, as one stream of bytes, made and read series by series. Made at stop, before the agent is
 * replaced, and once an hour. What is not in it (alerts, notices, silences) are rows: core/kept.h.
 *
 * The stream, little-endian: u32 magic, then records: u32 length, u64 checksum (FNV-1a), payload.
 * The first record is the head, then one a series, the last one has no payload. Its version grows
 * with any change of the payloads; a stream of another version is not read.
 */
#ifndef CORE_SNAPSHOT_H
#define CORE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/core.h"

/* A series with a ring of a day fits many times; one that does not is left out and counted. */
#define SNAPSHOT_RECORD_MAX (256u * 1024)

struct snapshot_writer {
	const struct core *core;
	struct now now;
	uint8_t *record; /* the one being handed out */
	size_t len, given;
	uint32_t next; /* series to come; UINT32_MAX: all are out */
	uint32_t written, left_out;
};

/* Takes memory for one record. core must outlive it; it may go on between calls. */
void snapshot_writer_init(
    struct snapshot_writer *w, const struct core *core, const struct now *now);
void snapshot_writer_done(struct snapshot_writer *w);
/* Fills at most cap bytes; 0: the end. */
size_t snapshot_writer_next(struct snapshot_writer *w, uint8_t *out, size_t cap);
void snapshot_writer_restart(struct snapshot_writer *w);

struct snapshot_reader {
	struct core *core;
	struct now now;
	uint8_t *record;
	size_t len, want; /* of the record, so far and in all */
	int64_t shift_ns; /* from boot times of the stream to those of now */
	bool has_head, whole;
	const char *why; /* what is wrong with the stream; NULL: nothing */
	uint32_t read;   /* series */
};

/*
 * Into a core that has seen no sample yet. What was read before the stream turned out to be damaged
 * stays: each record is whole.
 */
void snapshot_reader_init(struct snapshot_reader *r, struct core *core, const struct now *now);
void snapshot_reader_restart(struct snapshot_reader *r); /* the stream from its first byte again */
void snapshot_reader_done(struct snapshot_reader *r);
/* False: the stream is of no use from here on; why says the reason. */
bool snapshot_reader_take(struct snapshot_reader *r, const uint8_t *bytes, size_t len);
/* No more bytes come, for that reason; NULL: there are none. NULL: the stream was whole; else what
 * is wrong with it. */
const char *snapshot_reader_end(const struct snapshot_reader *r, const char *why);

#endif
