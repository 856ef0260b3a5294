/*
 * Follows the head of a ring at a distance, for windows over its last n samples: each sample that
 * leaves the window comes out once, as it came back from ring_iter_next() when it was in it. Some
 * 50 ns a sample; it takes no block and does not hold back what the ring drops.
 */
#ifndef STORE_RING_CURSOR_H
#define STORE_RING_CURSOR_H

#include <stdint.h>

#include "store/ring.h"

struct ring_cursor {
	struct codec codec;      /* before the oldest sample of the window */
	struct ring_place place; /* where that starts */
	uint64_t index;          /* samples before it since ring_init() */
	uint32_t n;
};

enum ring_cursor_result {
	RING_CURSOR_NONE, /* at most n samples lie ahead: none has left the window */
	RING_CURSOR_VALUE,
	RING_CURSOR_LOST, /* the ring has dropped samples of the window, or was cleared */
};

/*
 * Stands so that the last n samples, or as many as there are, lie ahead: finds that place from the
 * oldest sample on. n: below the ring's capacity, or the ring drops a sample before it comes out.
 */
void ring_cursor_init(
    struct ring_cursor *c, const struct ring *r, const struct pool *pool, uint32_t n);

/*
 * The next value that has left the window; to be called after each append until it says
 * RING_CURSOR_NONE. It must be the ring of ring_cursor_init(). Once lost, it stays lost until
 * ring_cursor_init() is called again; *value is set for RING_CURSOR_VALUE alone.
 */
enum ring_cursor_result ring_cursor_next(
    struct ring_cursor *c, const struct ring *r, const struct pool *pool, double *value);

/*
 * Starts a walk over the samples ahead of the cursor, the window once ring_cursor_next() has said
 * RING_CURSOR_NONE, with ring_iter_next(). False when lost.
 */
bool ring_cursor_walk(const struct ring_cursor *c, const struct ring *r, const struct pool *pool,
    struct ring_iter *it);

#endif
