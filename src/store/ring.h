/*
 * The last `capacity` samples of one series, compressed, in blocks of a shared pool. Exactly that
 * many are kept: from then on each sample that comes in lets the oldest go.
 *
 * Times are kept in ticks of 100 ms: they come back at most 100 ms off, jitter within that is
 * smoothed away. Values come back within a relative 1e-3, whole numbers up to 1000 exactly;
 * magnitudes below 2.2e-308 as 0. The errors of different samples are independent.
 *
 * When the pool is empty a ring gives up its own oldest samples, never another's.
 */
#ifndef STORE_RING_H
#define STORE_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/codec.h"
#include "store/quantise.h"
#include "store/pool.h"

#define RING_TICK_NS 100000000LL
#define RING_TICK_MAX (INT64_MAX / RING_TICK_NS - 1)

/*
 * A place in the stream of bytes. The end of a full block is that block's until a byte beyond it
 * has been passed: so no place in use lies in a block that was given back.
 */
struct ring_place {
	uint32_t block;
	uint32_t offset; /* in the block; may be its end */
};

struct ring {
	struct codec codec;     /* at the head */
	struct ring_place head; /* where samples are appended */
	struct ring_place tail; /* where the oldest sample starts */
	double newest;          /* as it will come back */
	uint64_t dropped;       /* samples let go since ring_init(), for whatever reason */
	uint32_t len, capacity;
	uint32_t blocks; /* of the stream */
	uint32_t state;  /* block that holds the tail's codec; POOL_NONE: nothing dropped yet */
	uint8_t fits[QUANTISE_COUNT]; /* how many of the last samples each grid would have held, to
	                                 255 */
};

/* No memory is taken yet. capacity: at least 1. */
void ring_init(struct ring *r, uint32_t capacity);

/* Empties it and returns its blocks. Its samples count as dropped. */
void ring_clear(struct ring *r, struct pool *pool);

/*
 * False if refused: not finite, over 1.79e308, a negative time, not at least a tick after the
 * newest, or not a single block to be had.
 */
bool ring_append(struct ring *r, struct pool *pool, int64_t boot_ns, double value);

/* False when empty. */
bool ring_newest(const struct ring *r, int64_t *boot_ns, double *value);

/* Bytes that it takes, itself included. */
size_t ring_bytes(const struct ring *r);

/*
 * Walks samples in order of time; any change of the ring ends the walk. It decodes from the oldest
 * on, wherever the range begins: some 30 ns a sample.
 */
struct ring_iter {
	struct rc_source src; /* first: more() gets at the rest through it */
	const struct ring *ring;
	const struct pool *pool;
	struct codec codec;
	uint32_t window;
	uint32_t block;
	uint32_t left;
	int64_t from, to;  /* ticks, both included */
	int64_t offset_ns; /* taken off the times that come out; store_walk() sets it */
	uint8_t tail[CODEC_TAIL];
	bool in_tail;
};

/*
 * For what else reads rings (ring_cursor.c, ring_save.c). The codec as it was before the oldest
 * sample, the stream opened at a place, and the place n bytes on.
 */
void ring_tail_codec(const struct ring *r, const struct pool *pool, struct codec *out);
void ring_open(
    struct ring_iter *it, const struct ring *r, const struct pool *pool, struct ring_place at);
struct ring_place ring_place_after(
    const struct ring *r, const struct pool *pool, struct ring_place at, unsigned n);

/* Samples with from_ns <= time <= to_ns, as the times come back. */
void ring_iter_init(struct ring_iter *it, const struct ring *r, const struct pool *pool,
    int64_t from_ns, int64_t to_ns);
bool ring_iter_next(struct ring_iter *it, int64_t *boot_ns, double *value);

#endif
