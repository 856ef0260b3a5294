/*
 * One walk describes the format of a sample; encoder and decoder are its two instantiations, so
 * they cannot disagree. What it codes: is it on time and the same as before? If not, is it off
 * time, is it one of the last four different values, or how far from the prediction (the last
 * value or the running mean, whichever did better of late) in units of the recent spread. Every
 * yes/no answer has a probability of its own that learns. It trusts its state, but not the stream,
 * which may come from a file: every loop ends, and what is decoded is brought into bounds.
 */
#include "store/codec.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "store/quantise.h"

#define RAW_AT_ONCE 12 /* bits of raw data that one step of the range coder takes */

#define NEAR 4 /* ticks: as late as a busy machine gets */
#define NEAR_BITS 3
#define DRIFT_MAX 8         /* moves of the schedule to one side that change the step */
#define LEN_MAX 21          /* bits of a scaled difference; no two codes are so far apart */
#define GAP_MAX (1LL << 40) /* ticks, some 3,000 years */
#define LEFT_OUT_MAX 65535  /* what code_number() with a length of 4 bits takes */

#define DIFFERENCE_MAX (2 * QUANTISE_CODE_MAX)

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* The same walk runs in both directions: with encode set, answers go in; else they come out. */
struct io {
	struct codec *c;
	bool encode;
	uint8_t *out;    /* encoding */
	uint32_t window; /* decoding */
	unsigned taken;
	struct rc_source *src;
};

#define FORCED static inline __attribute__((always_inline))

FORCED void
settle(struct io *io)
{
	if (io->encode)
		io->out = rc_flush(&io->c->rc, io->out);
	else
		io->taken += rc_fill(&io->c->rc, &io->window, io->src);
}

FORCED unsigned
code_bit(struct io *io, uint16_t *prob, unsigned bit)
{
	struct rc *rc = &io->c->rc;
	uint32_t ones = (rc->range >> 12) * (*prob >> 4);

	if (!io->encode)
		bit = io->window - rc->low < ones;
	if (bit) {
		rc->range = ones;
	} else {
		rc->low += ones;
		rc->range -= ones;
	}
	rc_learn(prob, bit);
	settle(io);
	return bit;
}

/* Bits that are as likely 0 as 1: n of them, lowest first in pieces. */
FORCED uint64_t
code_raw(struct io *io, uint64_t value, unsigned n)
{
	struct rc *rc = &io->c->rc;
	uint64_t result = 0;

	for (unsigned done = 0; done < n; done += RAW_AT_ONCE) {
		unsigned width = n - done < RAW_AT_ONCE ? n - done : RAW_AT_ONCE;
		uint32_t mask = (1u << width) - 1, piece = (uint32_t)(value >> done) & mask;

		rc->range >>= width;
		if (!io->encode) {
			piece = (io->window - rc->low) / rc->range;
			piece = piece > mask ? mask : piece;
		}
		rc->low += piece * rc->range;
		result |= (uint64_t)piece << done;
		settle(io);
	}
	return result;
}

/* A number from 1 on, by its length in bits (which takes len_bits) and what follows its highest. */
FORCED uint64_t
code_number(struct io *io, uint64_t n, unsigned len_bits)
{
	unsigned len = io->encode ? 63 - (unsigned)__builtin_clzll(n) : 0;

	len = (unsigned)code_raw(io, len, len_bits);
	return code_raw(io, n & ((1ULL << len) - 1), len) | 1ULL << len;
}

/*
 * Learns from an unexpected time when to expect the next. One late wake-up does not move the
 * schedule; two to one side move it by a tick; being moved on and on changes the step by a tick. An
 * altogether different gap, seen twice, is the new step.
 */
FORCED void
learn_gap(struct codec *c, int64_t gap, int64_t off, bool near)
{
	int side = off > 0 ? 1 : -1;

	near = near && c->step > 2 * NEAR;
	if (c->step == 0 || (gap == c->odd_step && !near))
		c->step = (uint32_t)gap;
	c->ahead = c->step;
	c->odd_step = (uint32_t)gap;
	if (near) {
		bool move = c->off * side > 0;

		c->drift = (int8_t)(c->drift + (move ? side : 0));
		c->ahead += (uint32_t)((move ? side : 0) - (int)off);
	}
	if (abs(c->drift) >= DRIFT_MAX) {
		c->step += (uint32_t)side;
		c->drift = 0;
	}
	c->off = near ? (int8_t)off : 0;
}

FORCED void
learn_on_time(struct codec *c)
{
	c->ahead = c->step;
	c->off = 0;
	c->drift -= (c->drift > 0) - (c->drift < 0);
}

/* An unexpected time: a little early or late, or with some samples left out, or anything. */
FORCED int64_t
code_off_time(struct io *io, int64_t tick)
{
	struct codec *c = io->c;
	int64_t due = c->tick + c->ahead, off = tick - due;
	bool near = code_bit(io, &c->probs.near, off >= -NEAR && off <= NEAR);
	bool left_out =
	    c->step > 0 && off > 0 && off % c->step == 0 && off / c->step <= LEFT_OUT_MAX;

	if (near) {
		off = (int64_t)code_raw(
		    io, (uint64_t)(off < 0 ? off + NEAR : off + NEAR - 1), NEAR_BITS);
		tick = due + off - (off < NEAR ? NEAR : NEAR - 1);
	} else if (code_raw(io, left_out, 1)) {
		uint64_t n = io->encode ? (uint64_t)off / c->step : 0;

		tick = due + (int64_t)code_number(io, n, 4) * c->step;
	} else {
		uint64_t gap = code_number(io, (uint64_t)(tick - c->tick), 6);

		tick = c->tick + (int64_t)(gap < GAP_MAX ? gap : GAP_MAX);
	}
	if (c->tick >= 0 && tick - c->tick <= CODEC_STEP_MAX)
		learn_gap(c, tick - c->tick, tick - due, near);
	return tick;
}

FORCED unsigned
spread_bits(const struct codec *c)
{
	uint32_t size = c->spread >> 4 | 7;

	return 29 - (unsigned)__builtin_clz(size);
}

static inline int32_t
within_codes(int32_t code)
{
	return (int32_t)num_clamp(code, -QUANTISE_CODE_MAX, QUANTISE_CODE_MAX);
}

/* A code by its difference from the prediction: magnitude as Exp-Golomb, scaled by the spread. */
FORCED int32_t
code_difference(struct io *io, int32_t code)
{
	struct codec *c = io->c;
	struct codec_probs *p = &c->probs;
	int32_t guess = c->lean > 0 ? c->mean >> 8 : c->last;
	uint32_t size = (uint32_t)abs(code - guess), limit = (c->spread >> 4) * 8 + 16;
	unsigned shift = spread_bits(c), len = 0, top;
	uint32_t scaled = (size >> shift) + 1, low;
	unsigned want = 31 - (unsigned)__builtin_clz(scaled);

	while (len < LEN_MAX &&
	       code_bit(io, &p->more[len < LEN(p->more) ? len : LEN(p->more) - 1], len < want))
		len++;
	scaled = io->encode ? scaled : 1;
	if (len > 0) {
		top = code_bit(io, &p->top[len < 3 ? len - 1 : 2], scaled >> (len - 1) & 1);
		low = (uint32_t)code_raw(io, scaled & ((1u << (len - 1)) - 1), len - 1);
		scaled = 1u << len | top << (len - 1) | low;
	}
	low = (uint32_t)code_raw(io, (size & ((1u << shift) - 1)) << 1 | (code < guess), shift + 1);
	size = (scaled - 1) << shift | low >> 1;
	size = (uint32_t)num_min(size, DIFFERENCE_MAX);
	code = within_codes(low & 1 ? guess - (int32_t)size : guess + (int32_t)size);

	size = (uint32_t)num_min(size, limit); /* one outlier must not cost the next samples */
	c->spread += (uint32_t)(((int32_t)(size * 16) - (int32_t)c->spread) >> 3);
	return code;
}

/* The nearest code in another unit; a value near the end of all must not leave it by rounding. */
static int32_t
convert(int32_t code, unsigned from, unsigned to)
{
	double value = quantise_value(code, from);

	return quantise_code(fmax(-QUANTISE_MAX, fmin(value, QUANTISE_MAX)), to);
}

/* The codes kept so far, in another unit. */
static void
change_unit(struct codec *c, unsigned unit)
{
	for (unsigned i = 0; i < CODEC_RECENT; i++)
		if (c->recent[i] < QUANTISE_RAW)
			c->recent[i] = convert(c->recent[i], c->unit, unit);
	c->last = convert(c->last, c->unit, unit);
	c->mean = c->last * 256;
	c->unit = (uint8_t)unit;
}

FORCED int32_t
code_fresh(struct io *io, const struct codec_sample *s)
{
	struct codec *c = io->c;
	bool raw = s->code >= QUANTISE_RAW;

	if (code_bit(io, &c->probs.special, raw || s->unit != c->unit)) {
		if (code_raw(io, raw, 1))
			return (int32_t)code_raw(
			           io, (uint64_t)s->code & (QUANTISE_RAW - 1), QUANTISE_RAW_BITS) |
			       QUANTISE_RAW;
		change_unit(c, (unsigned)code_raw(io, s->unit, 3));
	}
	return code_difference(io, s->code);
}

/* Index of the code among the recent ones, which depends on the old unit; CODEC_RECENT if fresh. */
static unsigned
find_recent(const struct codec *c, const struct codec_sample *s)
{
	unsigned i = 0;

	if (s->code < QUANTISE_RAW && s->unit != c->unit)
		return CODEC_RECENT;
	while (i < CODEC_RECENT && c->recent[i] != s->code)
		i++;
	return i;
}

/* To the front with what was at index; a fresh code replaces the last one that is not 0. */
FORCED void
move_to_front(struct codec *c, unsigned index, int32_t code)
{
	if (index == CODEC_RECENT && c->recent[--index] == 0)
		index--;
	for (; index > 0; index--)
		c->recent[index] = c->recent[index - 1];
	c->recent[0] = code;
}

/* Zeros come and go (an idle disk) and say nothing about the next value that is not zero. */
FORCED void
learn_code(struct codec *c, int32_t code)
{
	int32_t gain;

	if (code == 0 || code >= QUANTISE_RAW)
		return;
	gain = abs(code - c->last) - abs(code - (c->mean >> 8));
	c->lean += (gain * 16 - c->lean) >> 3;
	c->mean += (code * 256 - c->mean) >> 3;
	c->last = code;
}

/* One sample, either way. Encoding, *s is what goes in; decoding, what comes out. */
FORCED void
walk(struct io *io, struct codec_sample *s)
{
	struct codec *c = io->c;
	struct codec_probs *p = &c->probs;
	unsigned index = io->encode ? find_recent(c, s) : 0;
	bool late = io->encode && s->tick != c->tick + c->ahead;
	unsigned history = c->history % CODEC_HISTORY;
	unsigned change = code_bit(io, &p->change[history], late || index > 0);

	if (!io->encode)
		*s = (struct codec_sample){.tick = c->tick + c->ahead};
	if (!change) {
		learn_on_time(c);
	} else {
		late = code_bit(io, &p->off_time, late);
		if (late)
			s->tick = code_off_time(io, s->tick);
		else
			learn_on_time(c);
		if (late && !code_raw(io, index > 0, 1))
			index = 0;
		else if (code_bit(io, &p->fresh[history % 4], index == CODEC_RECENT))
			index = CODEC_RECENT;
		else if (!code_bit(io, &p->older[0], index > 1))
			index = 1;
		else
			index = 2 + code_bit(io, &p->older[1], index > 2);
	}
	s->code = index == CODEC_RECENT ? code_fresh(io, s) : c->recent[index];
	s->unit = c->unit;
	c->tick = s->tick;
	c->history = (uint8_t)(c->history << 1 | (index > 0));
	if (index > 0)
		move_to_front(c, index, s->code);
	learn_code(c, s->code);
}

void
codec_init(struct codec *c)
{
	/* Where the probabilities of three recorded servers ended up, on average. */
	static const struct codec_probs typical = {
	    .change = {RC_PROB(175, 4), RC_PROB(2700, 4), RC_PROB(1950, 4), RC_PROB(2570, 4),
	        RC_PROB(1430, 4), RC_PROB(2900, 4), RC_PROB(2270, 4), RC_PROB(3900, 4)},
	    .off_time = RC_PROB(40, 4),
	    .near = RC_PROB(2048, 4),
	    .fresh = {RC_PROB(1900, 4), RC_PROB(2000, 4), RC_PROB(2800, 4), RC_PROB(3300, 4)},
	    .older = {RC_PROB(870, 4), RC_PROB(730, 4)},
	    .special = RC_PROB(70, 4),
	    .more = {RC_PROB(2700, 4), RC_PROB(1900, 4), RC_PROB(1200, 4), RC_PROB(1000, 4),
	        RC_PROB(1600, 4), RC_PROB(2000, 4)},
	    .top = {RC_PROB(1740, 4), RC_PROB(1630, 4), RC_PROB(1190, 4)},
	};

	memset(c, 0, sizeof(*c));
	c->rc.range = UINT32_MAX;
	c->tick = -1;
	c->spread = 64;
	c->probs = typical;
}

size_t
codec_encode(struct codec *c, const struct codec_sample *s, uint8_t out[CODEC_BYTES_MAX])
{
	struct io io = {.c = c, .encode = true, .out = out};
	struct codec_sample copy = *s;

	assert(s->tick > c->tick);
	walk(&io, &copy);
	assert(io.out - out <= CODEC_BYTES_MAX);
	return (size_t)(io.out - out);
}

void
codec_tail(const struct codec *c, uint8_t out[CODEC_TAIL])
{
	for (unsigned i = 0; i < CODEC_TAIL; i++)
		out[i] = (uint8_t)(c->rc.low >> (24 - 8 * i));
}

uint32_t
codec_open(struct rc_source *src)
{
	uint32_t window = 0;

	for (unsigned i = 0; i < CODEC_TAIL; i++)
		window = window << 8 | (src->at < src->end ? *src->at++ : src->more(src));
	return window;
}

unsigned
codec_decode(struct codec *c, uint32_t *window, struct rc_source *src, struct codec_sample *s)
{
	struct io io = {.c = c, .window = *window, .src = src};

	walk(&io, s);
	*window = io.window;
	return io.taken;
}
