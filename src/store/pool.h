/*
 * Blocks of memory that many rings share: one area of a size fixed at the start. Pages that no
 * block has used yet cost nothing.
 */
#ifndef STORE_POOL_H
#define STORE_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_NONE UINT32_MAX
#define POOL_BLOCK_BYTES 124

/* With 128 bytes a ring of a day wastes little at its two ends, and the links are 3 %. */
struct pool_block {
	uint32_t next; /* the owner's; POOL_NONE at the end */
	uint8_t bytes[POOL_BLOCK_BYTES];
};

struct pool {
	struct pool_block *area;
	uint32_t count; /* blocks in all */
	uint32_t fresh; /* blocks from here on were never used */
	uint32_t freed; /* list of those given back */
	uint32_t used;
};

/* bytes: budget, rounded down to whole blocks, at most 256 GiB. */
void pool_init(struct pool *pool, size_t bytes);
void pool_done(struct pool *pool);

/* A block of unknown contents with next = POOL_NONE; POOL_NONE when all are in use. */
uint32_t pool_take(struct pool *pool);
void pool_give(struct pool *pool, uint32_t block);

static inline struct pool_block *
pool_at(const struct pool *pool, uint32_t block)
{
	return &pool->area[block];
}

static inline uint32_t
pool_free_count(const struct pool *pool)
{
	return pool->count - pool->used;
}

#endif
