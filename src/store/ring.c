/*
 * A ring is one endless stream of bytes with two cursors: samples are encoded at the head, and the
 * oldest is decoded at the tail to drop it, which brings the tail's codec to where the head's was
 * back then. Blocks thus need no headers, and what the codec has learnt is never thrown away. It
 * trusts the caller for nothing: what cannot be kept is refused.
 */
#include "store/ring.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define FITS_MAX 255
/* A coarser grid is taken when it would have held this many samples in a row. */
#define FITS_ENOUGH 32

_Static_assert(sizeof(struct codec) <= POOL_BLOCK_BYTES, "the tail's codec fits a block");

static uint8_t
read_on(struct rc_source *src)
{
	struct ring_iter *it = (struct ring_iter *)(void *)src;
	const struct ring *r = it->ring;
	const struct pool_block *block;

	if (it->in_tail)
		return 0;
	if (it->block == r->head.block) {
		codec_tail(&r->codec, it->tail);
		src->at = it->tail;
		src->end = it->tail + CODEC_TAIL;
		it->in_tail = true;
		return *src->at++;
	}
	it->block = pool_at(it->pool, it->block)->next;
	block = pool_at(it->pool, it->block);
	src->at = block->bytes;
	src->end = block->bytes + (it->block == r->head.block ? r->head.offset : POOL_BLOCK_BYTES);
	return src->at < src->end ? *src->at++ : read_on(src);
}

void
ring_tail_codec(const struct ring *r, const struct pool *pool, struct codec *out)
{
	if (r->state == POOL_NONE)
		codec_init(out);
	else
		memcpy(out, pool_at(pool, r->state)->bytes, sizeof(*out));
}

void
ring_open(struct ring_iter *it, const struct ring *r, const struct pool *pool, struct ring_place at)
{
	const struct pool_block *block = pool_at(pool, at.block);
	bool is_last = at.block == r->head.block;

	it->ring = r;
	it->pool = pool;
	it->block = at.block;
	it->in_tail = false;
	it->src.at = block->bytes + at.offset;
	it->src.end = block->bytes + (is_last ? r->head.offset : POOL_BLOCK_BYTES);
	it->src.more = read_on;
	it->window = codec_open(&it->src);
}

static void
open_at_tail(struct ring_iter *it, const struct ring *r, const struct pool *pool)
{
	ring_open(it, r, pool, r->tail);
	ring_tail_codec(r, pool, &it->codec);
}

struct ring_place
ring_place_after(const struct ring *r, const struct pool *pool, struct ring_place at, unsigned n)
{
	at.offset += n;
	while (at.offset > POOL_BLOCK_BYTES && at.block != r->head.block) {
		at.block = pool_at(pool, at.block)->next;
		at.offset -= POOL_BLOCK_BYTES;
	}
	return at;
}

/* Moves the tail n bytes on and returns the blocks that it leaves behind. */
static void
advance_tail(struct ring *r, struct pool *pool, unsigned n)
{
	struct ring_place to = ring_place_after(r, pool, r->tail, n);

	while (r->tail.block != to.block) {
		uint32_t next = pool_at(pool, r->tail.block)->next;

		pool_give(pool, r->tail.block);
		r->blocks--;
		r->tail.block = next;
	}
	r->tail = to;
}

/*
 * Drops the oldest sample. The first time it takes a block to keep the codec in, and when there is
 * none drops on until there is: at worst all samples.
 */
static void
drop_oldest(struct ring *r, struct pool *pool)
{
	struct ring_iter it;
	struct codec_sample sample;

	open_at_tail(&it, r, pool);
	do {
		if (r->len == 0) {
			ring_clear(r, pool);
			return;
		}
		advance_tail(r, pool, codec_decode(&it.codec, &it.window, &it.src, &sample));
		r->len--;
		r->dropped++;
		if (r->state == POOL_NONE)
			r->state = pool_take(pool);
	} while (r->state == POOL_NONE);
	memcpy(pool_at(pool, r->state)->bytes, &it.codec, sizeof(it.codec));
}

/* Sees to it that a sample of any length can be written. */
static bool
make_room(struct ring *r, struct pool *pool)
{
	if (r->len == r->capacity)
		drop_oldest(r, pool);
	if (r->blocks > 0 && r->head.offset + CODEC_BYTES_MAX <= POOL_BLOCK_BYTES)
		return true;
	while (pool_free_count(pool) == 0 && r->blocks > 1)
		drop_oldest(r, pool);
	if (pool_free_count(pool) == 0)
		ring_clear(r, pool); /* its only block: the newest samples matter more */
	if (r->blocks > 0)
		return true;
	r->head.block = r->tail.block = pool_take(pool);
	r->blocks = r->head.block != POOL_NONE;
	return r->blocks > 0;
}

static void
write_bytes(struct ring *r, struct pool *pool, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (r->head.offset == POOL_BLOCK_BYTES) {
			uint32_t block = pool_take(pool); /* there is one: make_room() */

			pool_at(pool, r->head.block)->next = block;
			r->head.block = block;
			r->head.offset = 0;
			r->blocks++;
		}
		pool_at(pool, r->head.block)->bytes[r->head.offset++] = bytes[i];
	}
}

/* Notes which grids hold the value, and chooses: the one in use, unless there is reason to change.
 */
static unsigned
choose_unit(struct ring *r, double value)
{
	unsigned current = r->codec.unit, unit;

	for (unsigned i = 0; i < QUANTISE_COUNT; i++) {
		if (!quantise_fits(value, i))
			r->fits[i] = 0;
		else if (r->fits[i] < FITS_MAX)
			r->fits[i]++;
	}
	for (unit = 0; unit < QUANTISE_COUNT; unit++) {
		if (unit == current && r->fits[unit] > 0)
			return unit;
		if (r->fits[unit] >= FITS_ENOUGH || r->fits[unit] > r->len)
			return unit;
	}
	return r->fits[QUANTISE_LOG] > 0 ? QUANTISE_LOG : current;
}

/*
 * The code of a value. The newest value, where it is near enough, is as good as the nearest and
 * cheaper; a raw code is the way out that always works.
 */
static struct codec_sample
choose_code(struct ring *r, double value, double *kept)
{
	const struct codec *c = &r->codec;
	unsigned unit = choose_unit(r, value);
	struct codec_sample s = {.unit = c->unit, .code = c->recent[0]};

	*kept = r->newest;
	if (quantise_close(value, r->newest))
		return s;
	s.unit = (uint8_t)unit;
	s.code = quantise_code(value, unit);
	*kept = quantise_value(s.code, unit);
	if (!quantise_close(value, *kept)) {
		s.unit = c->unit;
		s.code = quantise_raw_code(value);
		*kept = quantise_value(s.code, unit);
	}
	return s;
}

/* The expected tick if it is one of the two around the time, so that jitter costs nothing. */
static int64_t
choose_tick(const struct codec *c, int64_t boot_ns)
{
	int64_t tick = boot_ns / RING_TICK_NS;

	return tick + 1 == c->tick + c->ahead ? tick + 1 : tick;
}

void
ring_init(struct ring *r, uint32_t capacity)
{
	memset(r, 0, sizeof(*r));
	r->capacity = capacity > 0 ? capacity : 1;
	r->head.block = r->tail.block = POOL_NONE;
	r->state = POOL_NONE;
	codec_init(&r->codec);
}

void
ring_clear(struct ring *r, struct pool *pool)
{
	uint64_t dropped = r->dropped + r->len;
	uint32_t block = r->tail.block;

	for (; r->blocks > 0; r->blocks--) {
		uint32_t next = pool_at(pool, block)->next;

		pool_give(pool, block);
		block = next;
	}
	if (r->state != POOL_NONE)
		pool_give(pool, r->state);
	ring_init(r, r->capacity);
	r->dropped = dropped;
}

bool
ring_append(struct ring *r, struct pool *pool, int64_t boot_ns, double value)
{
	uint8_t bytes[CODEC_BYTES_MAX];
	struct codec_sample s;
	int64_t tick;

	if (!(fabs(value) <= QUANTISE_MAX) || boot_ns < 0)
		return false;
	tick = choose_tick(&r->codec, boot_ns);
	if (tick <= r->codec.tick || tick > RING_TICK_MAX || !make_room(r, pool))
		return false;
	if (fabs(value) < DBL_MIN)
		value = 0;
	s = choose_code(r, value, &r->newest);
	s.tick = tick;
	write_bytes(r, pool, bytes, codec_encode(&r->codec, &s, bytes));
	r->len++;
	return true;
}

bool
ring_newest(const struct ring *r, int64_t *boot_ns, double *value)
{
	if (r->len == 0)
		return false;
	*boot_ns = r->codec.tick * RING_TICK_NS;
	*value = r->newest;
	return true;
}

size_t
ring_bytes(const struct ring *r)
{
	return sizeof(*r) + (r->blocks + (r->state != POOL_NONE)) * sizeof(struct pool_block);
}

void
ring_iter_init(struct ring_iter *it, const struct ring *r, const struct pool *pool, int64_t from_ns,
    int64_t to_ns)
{
	it->left = r->len;
	it->offset_ns = 0;
	it->from = from_ns <= 0 ? 0 : (from_ns - 1) / RING_TICK_NS + 1;
	it->to = to_ns < 0 ? -1 : to_ns / RING_TICK_NS;
	if (r->len > 0)
		open_at_tail(it, r, pool);
}

bool
ring_iter_next(struct ring_iter *it, int64_t *boot_ns, double *value)
{
	struct codec_sample s;

	while (it->left > 0) {
		it->left--;
		codec_decode(&it->codec, &it->window, &it->src, &s);
		if (s.tick > it->to)
			it->left = 0;
		else if (s.tick >= it->from) {
			*boot_ns = s.tick * RING_TICK_NS - it->offset_ns;
			*value = quantise_value(s.code, s.unit);
			return true;
		}
	}
	return false;
}
