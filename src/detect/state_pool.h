/*
 * Equal blocks of memory for states: taken and given back one by one, grown in chunks up to a
 * bound. A block does not move.
 */
#ifndef DETECT_STATE_POOL_H
#define DETECT_STATE_POOL_H

#include <stddef.h>
#include <stdint.h>

#define STATE_NONE UINT32_MAX
#define STATE_CHUNK 64 /* blocks that are allocated together */

struct state_pool {
	size_t stride;
	uint32_t most, used; /* blocks; used: of the chunks that there are */
	uint32_t unused;     /* head of those given back */
	unsigned char **chunks;
	uint32_t chunk_count;
};

/* bytes: of a block, not 0; most: blocks at most. Nothing is allocated yet. */
void state_pool_init(struct state_pool *pool, size_t bytes, uint32_t most);
void state_pool_done(struct state_pool *pool);

/* A zeroed block; STATE_NONE when there are as many as there may be. */
uint32_t state_pool_take(struct state_pool *pool);
void state_pool_give(struct state_pool *pool, uint32_t block);

/* The block; aligned for anything. */
void *state_pool_at(const struct state_pool *pool, uint32_t block);

/* Bytes allocated so far. */
size_t state_pool_bytes(const struct state_pool *pool);

#endif
