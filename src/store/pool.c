/*
 * A bump allocator with a free list. Blocks that were given back are handed out first, so that the
 * pages in use stay few. It trusts its callers to give back only what they took, once.
 */
#include "store/pool.h"

#include <assert.h>

#include "base/mem.h"

void
pool_init(struct pool *pool, size_t bytes)
{
	size_t count = bytes / sizeof(struct pool_block);

	if (count >= POOL_NONE / 2)
		count = POOL_NONE / 2;
	/* Large zeroed memory is mapped, not written: untouched pages are not there yet. */
	pool->area = count ? mem_zalloc(count, sizeof(struct pool_block)) : NULL;
	pool->count = (uint32_t)count;
	pool->fresh = 0;
	pool->freed = POOL_NONE;
	pool->used = 0;
}

void
pool_done(struct pool *pool)
{
	mem_free(pool->area);
	pool->area = NULL;
	pool->count = pool->used = 0;
}

uint32_t
pool_take(struct pool *pool)
{
	uint32_t block = pool->freed;

	if (block != POOL_NONE)
		pool->freed = pool->area[block].next;
	else if (pool->fresh < pool->count)
		block = pool->fresh++;
	else
		return POOL_NONE;
	pool->area[block].next = POOL_NONE;
	pool->used++;
	return block;
}

void
pool_give(struct pool *pool, uint32_t block)
{
	assert(block < pool->fresh && pool->used > 0);
	pool->area[block].next = pool->freed;
	pool->freed = block;
	pool->used--;
}
