/*
 * A ring from any bytes. First byte: the capacity; second: the blocks of the pool; the rest: what a
 * file says. With the first byte's highest bit set, only the codec at the tail is taken from there,
 * and what follows tells which samples it encodes: the record is right, however odd the codec that
 * it starts with, so it must be taken. What is taken has growing times and finite values, comes out
 * the same when it is saved again, and lives on: samples are appended, and a cursor follows, until
 * all of the old are gone.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "store/codec_bytes.h"
#include "store/ring_cursor.h"
#include "store/ring_save.h"

#define BLOCKS_MAX 64
#define STREAM_MAX 4096

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

/* A sample that an encoder in that state takes, as the bytes say; false at their end. */
static bool
get_sample(struct bytes_in *in, const struct codec *c, struct codec_sample *s)
{
	uint8_t how = bytes_get_u8(in);
	int64_t due = c->tick + c->ahead;

	switch (how & 3) {
	case 0:
		s->tick = due;
		break;
	case 1:
		s->tick = due + (how >> 2 & 7) - 4;
		break;
	case 2:
		s->tick = due + (int64_t)bytes_get_u16(in) * c->step;
		break;
	default:
		s->tick = (int64_t)(bytes_get_u64(in) % RING_TICK_MAX);
	}
	s->tick = s->tick > c->tick ? s->tick : c->tick + 1;
	s->unit = c->unit;
	s->code = c->recent[how >> 5 & 3];
	if (how >> 7) {
		s->code = (int32_t)bytes_get_u32(in);
		if (s->code < QUANTISE_RAW)
			s->unit = (how >> 5 | (how >> 2 & 4)) % QUANTISE_COUNT;
		if (!quantise_is_code(s->code, s->unit))
			s->code %= 300000;
	}
	return !in->bad && s->tick <= RING_TICK_MAX;
}

/* A record of samples encoded from a codec in any state that is let in. */
static void
forge(struct bytes_in *in, struct bytes_out *out)
{
	static uint8_t stream[STREAM_MAX];
	uint8_t fits[QUANTISE_COUNT] = {0};
	struct codec tail, head;
	struct codec_sample s;
	size_t len = 0;
	uint32_t count = 0;

	if (!codec_get(&tail, in))
		return;
	head = tail;
	for (; len + CODEC_BYTES_MAX <= STREAM_MAX && get_sample(in, &head, &s); count++)
		len += codec_encode(&head, &s, stream + len);
	if (count == 0)
		return;
	bytes_put_u32(out, (uint32_t)(1 + 1 + 4 + sizeof(fits) + 2 * CODEC_SAVED_BYTES + len));
	bytes_put_u8(out, RING_SAVE_VERSION);
	bytes_put_u8(out, CODEC_VERSION);
	bytes_put_u32(out, count);
	bytes_put(out, fits, sizeof(fits));
	codec_put(&tail, out);
	codec_put(&head, out);
	bytes_put(out, stream, len);
	assert(!out->full);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t forged[STREAM_MAX + 1024];
	struct bytes_out out;
	struct bytes_in in;
	struct pool pool;
	struct ring r;
	bool right = false;

	if (size < 2)
		return 0;
	pool_init(&pool, (size_t)(data[1] % BLOCKS_MAX) * sizeof(struct pool_block));
	ring_init(&r, 1 + 2u * (data[0] & 127));
	bytes_in_init(&in, data + 2, size - 2);
	if (data[0] & 128) {
		bytes_out_init(&out, forged, sizeof(forged));
		forge(&in, &out);
		bytes_in_init(&in, forged, out.len);
		right = out.len > 0 && pool.count >= 3;
	}
	if (ring_load(&r, &pool, &in)) {
		int64_t newest = check_samples(&r, &pool);

		check_saving(&r, &pool);
		check_life(&r, &pool, newest);
	} else {
		assert(r.len == 0 && !right);
	}
	ring_clear(&r, &pool);
	assert(pool.used == 0);
	pool_done(&pool);
	return 0;
}

#include "tests/fuzz/replay_main.h"
