/*
 * A ring, what is saved of it, and a ring that it is loaded into. Includes how rings are saved
 * whole.
 */
#ifndef TESTS_RING_PAIR_H
#define TESTS_RING_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/store/ring_save.c"

#include "base/clock.h"
#include "ring_makers.h"

#define POOL_BYTES (1u << 20)
#define RECORD_MAX 65536
#define MAKERS (sizeof(makers) / sizeof(makers[0]))

static uint8_t record[RECORD_MAX];

static inline size_t
save(const struct ring *r, const struct pool *pool, uint8_t bytes[RECORD_MAX])
{
	struct bytes_out out;

	bytes_out_init(&out, bytes, RECORD_MAX);
	assert_true(ring_save(r, pool, &out) && !out.full);
	assert_true(out.len == ring_saved_bytes(r));
	return out.len;
}

static inline bool
load(struct ring *r, struct pool *pool, const uint8_t *bytes, size_t len)
{
	struct bytes_in in;
	bool ok;

	bytes_in_init(&in, bytes, len);
	ok = ring_load(r, pool, &in);
	if (ok)
		assert_true(!in.bad && in.at == in.end);
	else
		assert_true(r->len == 0 && r->blocks == 0 && pool->used == 0);
	return ok;
}

/* Both give the same samples, to the bit; a may have older ones as well. */
static inline void
assert_same(
    const struct ring *a, const struct pool *pa, const struct ring *b, const struct pool *pb)
{
	struct ring_iter x, y;
	int64_t ns[2];
	double value[2];

	assert_true(a->len >= b->len && b->len > 0);
	ring_iter_init(&x, a, pa, 0, INT64_MAX);
	ring_iter_init(&y, b, pb, 0, INT64_MAX);
	for (uint32_t i = b->len; i < a->len; i++)
		assert_true(ring_iter_next(&x, &ns[0], &value[0]));
	while (ring_iter_next(&x, &ns[0], &value[0])) {
		assert_true(ring_iter_next(&y, &ns[1], &value[1]));
		assert_true(ns[0] == ns[1]);
		assert_memory_equal(&value[0], &value[1], sizeof(double));
	}
	assert_false(ring_iter_next(&y, &ns[1], &value[1]));
	assert_true(ring_newest(b, &ns[1], &value[1]) && ns[0] == ns[1]);
	assert_memory_equal(&value[0], &value[1], sizeof(double));
}

static inline int64_t
grow(struct ring *r, struct pool *pool, int64_t ns, unsigned maker, unsigned gaps, int count)
{
	double x = 0;

	for (int i = 0; i < count; i++, ns += gap_of(gaps))
		assert_true(ring_append(r, pool, ns, makers[maker](&x, i)));
	return ns;
}

/* Two rings with a pool each: what is saved of one is loaded into the other. */
struct pair {
	struct pool pool, other;
	struct ring r, to;
};

static inline void
pair_init(struct pair *p, uint32_t capacity)
{
	pool_init(&p->pool, POOL_BYTES);
	pool_init(&p->other, POOL_BYTES);
	ring_init(&p->r, capacity);
	ring_init(&p->to, capacity);
}

static inline void
pair_done(struct pair *p)
{
	pool_done(&p->pool);
	pool_done(&p->other);
}

/* All that was taken is given back. */
static inline void
pair_clear(struct pair *p)
{
	ring_clear(&p->r, &p->pool);
	ring_clear(&p->to, &p->other);
	assert_true(p->pool.used == 0 && p->other.used == 0);
}

static inline size_t
save_it(const struct pair *p)
{
	return save(&p->r, &p->pool, record);
}

static inline bool
load_it(struct pair *p, size_t len)
{
	return load(&p->to, &p->other, record, len);
}

static inline int
run_ring_tests(const char *name, const struct CMUnitTest *tests, size_t n)
{
	const char *given = getenv("TEST_SEED");

	seed_now = given != NULL ? strtoull(given, NULL, 10) : clock_seed();
	printf("seed %llu (TEST_SEED)\n", (unsigned long long)seed_now);
	return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

#endif
