/*
 * A range coder: turns yes/no answers of known probability into bytes at close to their entropy.
 * Carry-less (Subbotin's), so that a byte that has left never changes: what has been written is
 * final, and writing needs no look back over block borders. Encoder and decoder keep the same two
 * numbers in step; a decoder can thus start wherever the encoder's were noted.
 *
 * Everything is inline: these run a dozen times a sample.
 */
#ifndef STORE_RANGECODER_H
#define STORE_RANGECODER_H

#include <stdint.h>

#define RC_TOP                                                                            \
	(1u << 24) /* the first byte is settled when low and low + range agree above this \
	            */
#define RC_BOTTOM (1u << 16) /* range never falls below, so 12 bits of probability always fit */

struct rc {
	uint32_t low, range;
};

/* Where bytes come from when decoding. more() gives the next byte once at == end, or refills. */
struct rc_source {
	const uint8_t *at, *end;
	uint8_t (*more)(struct rc_source *src);
};

/*
 * A probability that learns: 12 bits, of the answer being 1, over a 4-bit count of answers seen. It
 * moves fast at first and by 1/32 of the way later on.
 */
#define RC_PROB(p, count) ((uint16_t)((p) << 4 | (count)))

static inline void
rc_learn(uint16_t *prob, unsigned bit)
{
	unsigned p = *prob >> 4, seen = *prob & 15, rate = seen < 8 ? seen / 2 + 1 : 5;

	p = bit ? p + ((4095 - p) >> rate) : p - (p >> rate);
	p = p < 8 ? 8 : p > 4087 ? 4087 : p;
	*prob = RC_PROB(p, seen < 15 ? seen + 1 : 15);
}

/* True while a byte is ready to leave, or must. */
static inline int
rc_settled(struct rc *rc)
{
	if ((rc->low ^ (rc->low + rc->range)) < RC_TOP)
		return 1;
	if (rc->range >= RC_BOTTOM)
		return 0;
	rc->range = -rc->low & (RC_BOTTOM - 1);
	return 1;
}

static inline uint8_t *
rc_flush(struct rc *rc, uint8_t *out)
{
	while (rc_settled(rc)) {
		*out++ = (uint8_t)(rc->low >> 24);
		rc->low <<= 8;
		rc->range <<= 8;
	}
	return out;
}

/* Returns the number of bytes taken from src. */
static inline unsigned
rc_fill(struct rc *rc, uint32_t *window, struct rc_source *src)
{
	unsigned n = 0;

	for (; rc_settled(rc); n++) {
		uint8_t byte = src->at < src->end ? *src->at++ : src->more(src);

		*window = *window << 8 | byte;
		rc->low <<= 8;
		rc->range <<= 8;
	}
	return n;
}

#endif
