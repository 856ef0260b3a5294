/*
 * A place in a ring's stream with the codec as it was there. A decoder reads ahead of the sample
 * that it decodes, near the head into bytes that are not final yet; so nothing read ahead is kept:
 * each step opens the stream anew where the last one ended. It trusts that the ring is its own, and
 * tells by the count of dropped samples when the ring has let go what it stood before.
 */
#include "store/ring_cursor.h"

/* At the oldest sample the ring's own place and codec are the right ones, whatever came before. */
static void
stand_at_tail(struct ring_cursor *c, const struct ring *r, const struct pool *pool)
{
	c->index = r->dropped;
	c->place = r->tail;
	ring_tail_codec(r, pool, &c->codec);
}

void
ring_cursor_init(struct ring_cursor *c, const struct ring *r, const struct pool *pool, uint32_t n)
{
	double value;

	c->n = n;
	stand_at_tail(c, r, pool);
	while (ring_cursor_next(c, r, pool, &value) == RING_CURSOR_VALUE)
		continue;
}

static bool
is_lost(const struct ring_cursor *c, const struct ring *r)
{
	return c->index < r->dropped || c->index > r->dropped + r->len;
}

enum ring_cursor_result
ring_cursor_next(
    struct ring_cursor *c, const struct ring *r, const struct pool *pool, double *value)
{
	struct ring_iter it;
	struct codec_sample s;
	unsigned taken;

	if (is_lost(c, r))
		return RING_CURSOR_LOST;
	if (r->dropped + r->len - c->index <= c->n)
		return RING_CURSOR_NONE;
	if (c->index == r->dropped)
		stand_at_tail(c, r, pool);
	ring_open(&it, r, pool, c->place);
	taken = codec_decode(&c->codec, &it.window, &it.src, &s);
	c->place = ring_place_after(r, pool, c->place, taken);
	c->index++;
	*value = quantise_value(s.code, s.unit);
	return RING_CURSOR_VALUE;
}

bool
ring_cursor_walk(const struct ring_cursor *c, const struct ring *r, const struct pool *pool,
    struct ring_iter *it)
{
	if (is_lost(c, r))
		return false;
	ring_iter_init(it, r, pool, 0, INT64_MAX);
	it->left = (uint32_t)(r->dropped + r->len - c->index);
	if (it->left > 0 && c->index > r->dropped) {
		ring_open(it, r, pool, c->place);
		it->codec = c->codec;
	}
	return true;
}
