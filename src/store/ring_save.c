/*
 * A ring to a record and back. Loading trusts no byte: it decodes all samples from the tail's codec
 * on, and encodes them again beside it. Only if that gives the very bytes of the record and ends in
 * the head's codec are they the work of an encoder, which is what a ring relies on when its head
 * goes on to grow. Until then no block is taken.
 */
#include "store/ring_save.h"

#include <string.h>

#include "base/num.h"
#include "store/codec_bytes.h"

/* Versions, number of samples, fits, two codecs; after the length of the whole. */
#define HEADER_BYTES (1 + 1 + 4 + QUANTISE_COUNT + 2 * CODEC_SAVED_BYTES)

/* A record taken apart: nothing of it is checked but the codecs, each for itself. */
struct record {
	uint32_t len;
	const uint8_t *fits;
	struct codec tail, head;
	const uint8_t *stream;
	size_t stream_len;
};

/* The samples that will be kept: from here on. */
struct part {
	struct codec codec;
	size_t at;    /* in the stream */
	uint32_t len; /* 0: not found yet */
	double newest;
};

/* The stream, then the bytes that end it, then zeros. */
struct reader {
	struct rc_source src; /* first: read_tail() gets at the rest through it */
	uint8_t tail[CODEC_TAIL];
};

static size_t
stream_bytes(const struct ring *r)
{
	return (size_t)(r->blocks - 1) * POOL_BLOCK_BYTES + r->head.offset - r->tail.offset;
}

size_t
ring_saved_bytes(const struct ring *r)
{
	return r->len > 0 ? 4 + HEADER_BYTES + stream_bytes(r) : 0;
}

static void
put_stream(const struct ring *r, const struct pool *pool, struct bytes_out *out)
{
	struct ring_place at = r->tail;

	for (; at.block != r->head.block; at.offset = 0) {
		const struct pool_block *block = pool_at(pool, at.block);

		bytes_put(out, block->bytes + at.offset, POOL_BLOCK_BYTES - at.offset);
		at.block = block->next;
	}
	bytes_put(out, pool_at(pool, at.block)->bytes + at.offset, r->head.offset - at.offset);
}

bool
ring_save(const struct ring *r, const struct pool *pool, struct bytes_out *out)
{
	size_t bytes = ring_saved_bytes(r);
	struct codec tail;

	if (r->len == 0)
		return false;
	if (out->full || bytes > out->cap - out->len) {
		out->full = true;
		return false;
	}
	bytes_put_u32(out, (uint32_t)(bytes - 4));
	bytes_put_u8(out, RING_SAVE_VERSION);
	bytes_put_u8(out, CODEC_VERSION);
	bytes_put_u32(out, r->len);
	bytes_put(out, r->fits, sizeof(r->fits));
	ring_tail_codec(r, pool, &tail);
	codec_put(&tail, out);
	codec_put(&r->codec, out);
	put_stream(r, pool, out);
	return true;
}

static bool
get_record(struct record *rec, const uint8_t *bytes, size_t len)
{
	struct bytes_in in;

	bytes_in_init(&in, bytes, len);
	if (bytes_get_u8(&in) != RING_SAVE_VERSION || bytes_get_u8(&in) != CODEC_VERSION)
		return false;
	rec->len = bytes_get_u32(&in);
	rec->fits = bytes_get(&in, QUANTISE_COUNT);
	if (!codec_get(&rec->tail, &in) || !codec_get(&rec->head, &in))
		return false;
	rec->stream_len = (size_t)(in.end - in.at);
	rec->stream = bytes_get(&in, rec->stream_len);
	return rec->len <= RING_SAVED_LEN_MAX;
}

static uint8_t
read_tail(struct rc_source *src)
{
	struct reader *reader = (struct reader *)(void *)src;

	if (src->end == reader->tail + CODEC_TAIL)
		return 0;
	src->at = reader->tail;
	src->end = reader->tail + CODEC_TAIL;
	return *src->at++;
}

static void
reader_init(struct reader *reader, const struct record *rec)
{
	reader->src.at = rec->stream;
	reader->src.end = rec->stream + rec->stream_len;
	reader->src.more = read_tail;
	codec_tail(&rec->head, reader->tail);
}

/* Blocks for that many bytes of stream and for the tail's codec. */
static uint64_t
blocks_for(size_t bytes)
{
	return (bytes + POOL_BLOCK_BYTES - 1) / POOL_BLOCK_BYTES + (bytes == 0) + 1;
}

/* Would the encoder write that sample, and these bytes for it? */
static bool
encodes_to(struct codec *encoder, const struct codec_sample *s, const uint8_t *bytes, size_t len)
{
	uint8_t out[CODEC_BYTES_MAX];

	if (s->tick <= encoder->tick || s->tick > RING_TICK_MAX ||
	    !quantise_is_code(s->code, s->unit))
		return false;
	return codec_encode(encoder, s, out) == len && memcmp(out, bytes, len) == 0;
}

/* True when the record is what an encoder made. *part: its newest samples that fit. */
static bool
replay(const struct record *rec, uint32_t capacity, uint32_t blocks, struct part *part)
{
	struct codec decoder = rec->tail, encoder = rec->tail;
	struct codec_sample s = {0};
	struct reader reader;
	uint32_t window;
	size_t at = 0;

	reader_init(&reader, rec);
	window = codec_open(&reader.src);
	part->len = 0;
	for (uint32_t left = rec->len; left > 0; left--) {
		const uint8_t *bytes = rec->stream + at;

		if (part->len == 0 && left <= capacity &&
		    blocks_for(rec->stream_len - at) <= blocks)
			*part = (struct part){.codec = decoder, .at = at, .len = left};
		at += codec_decode(&decoder, &window, &reader.src, &s);
		if (at > rec->stream_len ||
		    !encodes_to(&encoder, &s, bytes, (size_t)(rec->stream + at - bytes)))
			return false;
	}
	part->newest = quantise_value(s.code, s.unit);
	return at == rec->stream_len && codec_equal(&decoder, &rec->head) &&
	       codec_equal(&encoder, &rec->head);
}

/* The tail's codec takes a block unless it is the one that all rings start with. */
static void
take_state(struct ring *r, struct pool *pool, const struct codec *codec)
{
	struct codec fresh;

	codec_init(&fresh);
	if (codec_equal(codec, &fresh))
		return;
	r->state = pool_take(pool);
	memcpy(pool_at(pool, r->state)->bytes, codec, sizeof(*codec));
}

/* The ring is empty, and there are enough free blocks: replay() has seen to it. */
static void
take_stream(struct ring *r, struct pool *pool, const uint8_t *bytes, size_t len)
{
	r->head.block = r->tail.block = pool_take(pool);
	r->blocks = 1;
	while (len > 0) {
		size_t n = num_min_size(len, POOL_BLOCK_BYTES);

		if (r->head.offset > 0) {
			uint32_t block = pool_take(pool);

			pool_at(pool, r->head.block)->next = block;
			r->head.block = block;
			r->blocks++;
		}
		memcpy(pool_at(pool, r->head.block)->bytes, bytes, n);
		r->head.offset = (uint32_t)n;
		bytes += n;
		len -= n;
	}
}

bool
ring_load(struct ring *r, struct pool *pool, struct bytes_in *in)
{
	struct record rec;
	struct part part;
	size_t len;
	const uint8_t *bytes = bytes_get_raw(in, &len);

	ring_clear(r, pool);
	if (bytes == NULL || !get_record(&rec, bytes, len) ||
	    !replay(&rec, r->capacity, pool_free_count(pool), &part) || part.len == 0)
		return false;
	take_state(r, pool, &part.codec);
	take_stream(r, pool, rec.stream + part.at, rec.stream_len - part.at);
	memcpy(r->fits, rec.fits, sizeof(r->fits));
	r->codec = rec.head;
	r->newest = part.newest;
	r->len = part.len;
	return true;
}
