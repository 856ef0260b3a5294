/*
 * A ring from any bytes. First byte: the capacity; second: the blocks of the pool; the rest: what a
 * file says. What is taken has growing times and finite values, comes out the same when it is saved
 * again, and lives on: samples are appended, and a cursor follows, until all of the old are gone.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/ring_cursor.h"
#include "store/ring_save.h"

#define BLOCKS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the time of the newest. */
static int64_t
check_samples(const struct ring *r, const struct pool *pool)
{
	struct ring_iter it;
	int64_t ns = 0, last = -1;
	double value = 0, newest = 0;
	uint32_t n = 0;

	ring_iter_init(&it, r, pool, 0, INT64_MAX);
	for (; ring_iter_next(&it, &ns, &value); last = ns, n++)
		assert(ns > last && isfinite(value));
	assert(n == r->len && n > 0);
	assert(ring_newest(r, &ns, &newest) && ns == last && newest == value);
	return last;
}

static void
check_saving(const struct ring *r, const struct pool *pool)
{
	static uint8_t bytes[(BLOCKS_MAX + 8) * POOL_BLOCK_BYTES];
	struct bytes_out out;
	struct bytes_in in;
	struct pool other;
	struct ring again;

	bytes_out_init(&out, bytes, sizeof(bytes));
	assert(ring_save(r, pool, &out));
	bytes_in_init(&in, bytes, out.len);
	pool_init(&other, (BLOCKS_MAX + 2) * sizeof(struct pool_block));
	ring_init(&again, r->capacity);
	assert(ring_load(&again, &other, &in) && again.len == r->len && in.at == in.end);
	pool_done(&other);
}

static void
check_life(struct ring *r, struct pool *pool, int64_t ns)
{
	struct ring_cursor c;
	double value;

	ring_cursor_init(&c, r, pool, r->capacity / 2);
	for (uint32_t i = 0; i < 2 * r->capacity && ns < INT64_MAX / 2; i++) {
		enum ring_cursor_result result;

		ns += NS_PER_SEC * (1 + (i % 13 == 0));
		assert(ring_append(r, pool, ns, i % 7 < 4 ? i : i * 1234.567 - 1e5));
		while ((result = ring_cursor_next(&c, r, pool, &value)) == RING_CURSOR_VALUE)
			assert(isfinite(value));
		if (result == RING_CURSOR_LOST)
			ring_cursor_init(&c, r, pool, r->capacity / 2);
		if (i % 64 == 0)
			check_samples(r, pool);
	}
	check_samples(r, pool);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes_in in;
	struct pool pool;
	struct ring r;

	if (size < 2)
		return 0;
	pool_init(&pool, (size_t)(data[1] % BLOCKS_MAX) * sizeof(struct pool_block));
	ring_init(&r, 1 + 2u * data[0]);
	bytes_in_init(&in, data + 2, size - 2);
	if (ring_load(&r, &pool, &in)) {
		int64_t newest = check_samples(&r, &pool);

		check_saving(&r, &pool);
		check_life(&r, &pool, newest);
	} else {
		assert(r.len == 0);
	}
	ring_clear(&r, &pool);
	assert(pool.used == 0);
	pool_done(&pool);
	return 0;
}

#include "tests/fuzz/replay_main.h"
