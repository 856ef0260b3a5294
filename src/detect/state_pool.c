/*
 * Chunks of blocks, and a list of those given back that runs through the blocks themselves. It
 * trusts its callers to give back only what they took, once.
 */
#include "detect/state_pool.h"

#include <stdalign.h>
#include <string.h>

#include "base/mem.h"

void
state_pool_init(struct state_pool *pool, size_t bytes, uint32_t most)
{
	size_t align = alignof(max_align_t);

	*pool = (struct state_pool){
	    .stride = (bytes + align - 1) / align * align, .most = most, .unused = STATE_NONE};
	pool->chunks = mem_zalloc(most / STATE_CHUNK + 1, sizeof(*pool->chunks));
}

void
state_pool_done(struct state_pool *pool)
{
	for (uint32_t i = 0; i < pool->chunk_count; i++)
		mem_free(pool->chunks[i]);
	mem_free(pool->chunks);
	*pool = (struct state_pool){.chunks = NULL};
}

void *
state_pool_at(const struct state_pool *pool, uint32_t block)
{
	return pool->chunks[block / STATE_CHUNK] + block % STATE_CHUNK * pool->stride;
}

uint32_t
state_pool_take(struct state_pool *pool)
{
	uint32_t block = pool->unused;

	if (block != STATE_NONE) {
		memcpy(&pool->unused, state_pool_at(pool, block), sizeof(pool->unused));
		memset(state_pool_at(pool, block), 0, pool->stride);
		return block;
	}
	if (pool->used == pool->most)
		return STATE_NONE;
	if (pool->used == pool->chunk_count * STATE_CHUNK)
		pool->chunks[pool->chunk_count++] = mem_zalloc(STATE_CHUNK, pool->stride);
	return pool->used++;
}

void
state_pool_give(struct state_pool *pool, uint32_t block)
{
	memcpy(state_pool_at(pool, block), &pool->unused, sizeof(pool->unused));
	pool->unused = block;
}

size_t
state_pool_bytes(const struct state_pool *pool)
{
	return pool->chunk_count * STATE_CHUNK * pool->stride;
}
