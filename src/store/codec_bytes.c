/*
 * A codec's state to bytes, field by field, and back. It trusts no byte: each field must lie in the
 * range that encoding keeps it in, for the arithmetic of codec.c relies on that. A state that
 * passes may still be one that no series leads to; to tell is the reader's of the whole stream.
 */
#include "store/codec_bytes.h"

#include <string.h>

#include "store/quantise.h"

#define PROBS (sizeof(struct codec_probs) / sizeof(uint16_t))
#define PROB_MIN 8 /* as rc_learn() keeps them */
#define PROB_MAX 4087
#define TICK_MAX (1LL << 40)
#define STEP_SLACK 64 /* a step can creep over CODEC_STEP_MAX by a few ticks */
#define DRIFT_MAX 7
#define OFF_MAX 4
#define DIFFERENCE_MAX (2 * QUANTISE_CODE_MAX)

_Static_assert(sizeof(struct codec) == 120 && PROBS == 26,
    "struct codec has changed: raise CODEC_VERSION, and save the new field");

void
codec_put(const struct codec *c, struct bytes_out *out)
{
	uint16_t probs[PROBS];

	bytes_put_u32(out, c->rc.low);
	bytes_put_u32(out, c->rc.range);
	bytes_put_i64(out, c->tick);
	bytes_put_u32(out, c->step);
	bytes_put_u32(out, c->ahead);
	bytes_put_u32(out, c->odd_step);
	bytes_put_u8(out, (uint8_t)c->drift);
	bytes_put_u8(out, (uint8_t)c->off);
	for (unsigned i = 0; i < CODEC_RECENT; i++)
		bytes_put_u32(out, (uint32_t)c->recent[i]);
	bytes_put_u32(out, (uint32_t)c->last);
	bytes_put_u32(out, (uint32_t)c->mean);
	bytes_put_u32(out, (uint32_t)c->lean);
	bytes_put_u32(out, c->spread);
	bytes_put_u8(out, c->unit);
	bytes_put_u8(out, c->history);
	memcpy(probs, &c->probs, sizeof(probs));
	for (unsigned i = 0; i < PROBS; i++)
		bytes_put_u16(out, probs[i]);
}

static void
get_fields(struct codec *c, struct bytes_in *in)
{
	uint16_t probs[PROBS];

	memset(c, 0, sizeof(*c));
	c->rc.low = bytes_get_u32(in);
	c->rc.range = bytes_get_u32(in);
	c->tick = bytes_get_i64(in);
	c->step = bytes_get_u32(in);
	c->ahead = bytes_get_u32(in);
	c->odd_step = bytes_get_u32(in);
	c->drift = (int8_t)bytes_get_u8(in);
	c->off = (int8_t)bytes_get_u8(in);
	for (unsigned i = 0; i < CODEC_RECENT; i++)
		c->recent[i] = (int32_t)bytes_get_u32(in);
	c->last = (int32_t)bytes_get_u32(in);
	c->mean = (int32_t)bytes_get_u32(in);
	c->lean = (int32_t)bytes_get_u32(in);
	c->spread = bytes_get_u32(in);
	c->unit = bytes_get_u8(in);
	c->history = bytes_get_u8(in);
	for (unsigned i = 0; i < PROBS; i++)
		probs[i] = bytes_get_u16(in);
	memcpy(&c->probs, probs, sizeof(probs));
}

static bool
lies_within(int64_t value, int64_t bound)
{
	return value >= -bound && value <= bound;
}

/* Between two symbols: the range is wide enough, no byte waits to leave, and no carry can come. */
static bool
is_settled(const struct rc *rc)
{
	return rc->range >= RC_BOTTOM && (rc->low ^ (rc->low + rc->range)) >= RC_TOP &&
	       (uint64_t)rc->low + rc->range <= 1ULL << 32;
}

static bool
are_times_sound(const struct codec *c)
{
	const uint32_t step_max = CODEC_STEP_MAX + STEP_SLACK;

	return c->tick >= -1 && c->tick <= TICK_MAX && c->step <= step_max &&
	       c->ahead <= step_max && c->odd_step <= step_max &&
	       lies_within(c->drift, DRIFT_MAX) && lies_within(c->off, OFF_MAX);
}

static bool
are_codes_sound(const struct codec *c)
{
	if (c->unit >= QUANTISE_COUNT)
		return false;
	for (unsigned i = 0; i < CODEC_RECENT; i++)
		if (!quantise_is_code(c->recent[i], c->unit))
			return false;
	return lies_within(c->last, QUANTISE_CODE_MAX) &&
	       lies_within(c->mean, 256LL * QUANTISE_CODE_MAX) &&
	       lies_within(c->lean, 16LL * DIFFERENCE_MAX) && c->spread <= 16u * DIFFERENCE_MAX;
}

static bool
are_probs_sound(const struct codec *c)
{
	uint16_t probs[PROBS];

	memcpy(probs, &c->probs, sizeof(probs));
	for (unsigned i = 0; i < PROBS; i++)
		if (probs[i] >> 4 < PROB_MIN || probs[i] >> 4 > PROB_MAX)
			return false;
	return true;
}

bool
codec_get(struct codec *c, struct bytes_in *in)
{
	get_fields(c, in);
	return !in->bad && is_settled(&c->rc) && are_times_sound(c) && are_codes_sound(c) &&
	       are_probs_sound(c);
}

bool
codec_equal(const struct codec *a, const struct codec *b)
{
	uint8_t bytes[2][CODEC_SAVED_BYTES];
	struct bytes_out out[2];

	bytes_out_init(&out[0], bytes[0], sizeof(bytes[0]));
	bytes_out_init(&out[1], bytes[1], sizeof(bytes[1]));
	codec_put(a, &out[0]);
	codec_put(b, &out[1]);
	return memcmp(bytes[0], bytes[1], sizeof(bytes[0])) == 0;
}
