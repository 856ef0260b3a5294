/*
 * A ring as bytes for a file, and back. The stream goes as it lies in memory, so saving costs a
 * copy; loading decodes and encodes each sample once, some 60 ns, and accepts only what a ring of
 * this program could have held: accidents and malice come out as false, never as a broken ring.
 */
#ifndef STORE_RING_SAVE_H
#define STORE_RING_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "store/ring.h"

/* To raise whenever the record changes; it also has the codec's version. */
#define RING_SAVE_VERSION 1
#define RING_SAVED_LEN_MAX (1u << 20) /* samples: over what a configuration may ask for */

/*
 * Appends a record. False, with nothing written, when the ring is empty or the record does not fit
 * whole; then out->full is set.
 */
bool ring_save(const struct ring *r, const struct pool *pool, struct bytes_out *out);

/* Bytes that ring_save() will write; 0 for an empty ring. */
size_t ring_saved_bytes(const struct ring *r);

/*
 * Fills an empty ring from a record of ring_save(). Its capacity stays: of more samples, or of more
 * than there are free blocks for, the newest are taken. False, the ring left empty, for anything
 * but a whole and right record of this version, or without a free block. in moves past the record
 * in both cases, unless it is cut: then in->bad is set.
 */
bool ring_load(struct ring *r, struct pool *pool, struct bytes_in *in);

#endif
