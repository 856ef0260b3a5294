/*
 * Samples to bytes and back, one at a time, adaptively: about half a byte a sample on a server's
 * ordinary series. A struct codec is all there is to know at a point of the stream: a copy of it,
 * and the stream from there, is enough to decode the rest. It learns only from what it codes, so
 * that a decoder's copy stays equal to what the encoder's was.
 *
 * Whoever changes struct codec or what is learnt raises CODEC_VERSION in codec_bytes.h.
 */
#ifndef STORE_CODEC_H
#define STORE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "store/rangecoder.h"

/*
 * More than the longest coded sample: at most 256 bits of entropy, and each byte or so of them can
 * cost two more when the range straddles a carry (see rangecoder.h).
 */
#define CODEC_BYTES_MAX 96
#define CODEC_STEP_MAX (1 << 30) /* ticks: a longer gap teaches nothing */
#define CODEC_RECENT 4
#define CODEC_HISTORY 8

struct codec_sample {
	int64_t tick; /* later than the sample before; the first: at least 0 */
	int32_t code; /* see quantise.h */
	uint8_t unit;
};

struct codec_probs {
	uint16_t change[CODEC_HISTORY]; /* not (on time, with the value of the one before) */
	uint16_t off_time;
	uint16_t near;     /* a few ticks early or late */
	uint16_t fresh[4]; /* not one of the recent values */
	uint16_t older[2]; /* the third or fourth recent value; the fourth */
	uint16_t special;  /* a raw code or another unit */
	uint16_t more[6];  /* length of the difference, in unary */
	uint16_t top[3];   /* its bit below the highest, for lengths 1, 2, 3 and over */
};

struct codec {
	struct rc rc;
	int64_t tick;      /* of the last sample; -1 before the first */
	uint32_t step;     /* usual ticks between samples; 0 when not known yet */
	uint32_t ahead;    /* ticks to the next one, as expected */
	uint32_t odd_step; /* last unexpected gap */
	int8_t drift;      /* moves of the schedule to one side */
	int8_t off;        /* how far the last sample was from its time, if only a little */
	int32_t recent[CODEC_RECENT]; /* last different codes, newest first */
	int32_t last;                 /* last code but zeros and raw ones */
	int32_t mean;                 /* running mean of the same, times 256 */
	int32_t lean;    /* how much the mean predicts better than last; below 0: worse */
	uint32_t spread; /* mean size of the differences, times 16 */
	uint8_t unit;    /* of the grid in use */
	uint8_t history; /* a bit a sample: did it change? newest lowest */
	struct codec_probs probs;
};

void codec_init(struct codec *c);

/* Appends a sample; returns the number of bytes in out, often 0. */
size_t codec_encode(struct codec *c, const struct codec_sample *s, uint8_t out[CODEC_BYTES_MAX]);

/* The bytes that end the stream so far, so that it can be decoded; appending goes on without them.
 */
#define CODEC_TAIL 4
void codec_tail(const struct codec *c, uint8_t out[CODEC_TAIL]);

/* Starts decoding at c: the window, which codec_decode() moves along. */
uint32_t codec_open(struct rc_source *src);

/*
 * Decodes one sample, which must be there. Returns the number of bytes that the window moved.
 * Of bytes that no encoder wrote it makes some sample, in bounded time, whose tick and code may be
 * what the encoder would not take: the caller checks. c must be what codec_get() would accept.
 */
unsigned codec_decode(
    struct codec *c, uint32_t *window, struct rc_source *src, struct codec_sample *s);

#endif
