/*
 * Cores whose memory goes through a snapshot: streams of bytes, whole, in pieces, and forged ones
 * with right checksums.
 */
#ifndef TESTS_SNAPSHOT_HELP_H
#define TESTS_SNAPSHOT_HELP_H

#include "tests/unit/core_scene.h"

#include "core/snapshot.h"

#define STREAM_MAX (1u << 20)

/* How a record is laid out, by core/snapshot.h. */
#define STREAM_MAGIC_BYTES 4
#define STREAM_RECORD_HEAD 12

struct stream {
	size_t len;
	uint8_t bytes[STREAM_MAX];
};

/* All that the core knows, in pieces of at most `piece` bytes. */
static inline void
stream_save(struct stream *st, const struct core *core, const struct now *now, size_t piece)
{
	struct snapshot_writer w;
	size_t n;

	st->len = 0;
	snapshot_writer_init(&w, core, now);
	while ((n = snapshot_writer_next(&w, st->bytes + st->len, piece)) > 0) {
		assert_true(n <= piece);
		st->len += n;
		assert_true(st->len + piece <= STREAM_MAX);
	}
	assert_int_equal(w.bytes, st->len);
	snapshot_writer_done(&w);
}

/* Bytes from..to of a stream in pieces; false: it turned out to be of no use. */
static inline bool
stream_give(
    struct snapshot_reader *r, const struct stream *st, size_t from, size_t to, size_t piece)
{
	for (size_t at = from; at < to; at += piece) {
		if (!snapshot_reader_take(r, st->bytes + at, to - at < piece ? to - at : piece))
			return false;
	}
	return true;
}

/* Where record i begins: 0 is the head, behind the magic. */
static inline size_t
stream_record(const struct stream *st, size_t i)
{
	size_t at = STREAM_MAGIC_BYTES;

	for (; i > 0; i--) {
		uint32_t len = 0;

		for (int byte = 3; byte >= 0; byte--)
			len = len << 8 | st->bytes[at + (size_t)byte];
		at += STREAM_RECORD_HEAD + len;
	}
	return at;
}

/* Appends a record with the right checksum. */
static inline void
stream_add(struct stream *st, const uint8_t *payload, size_t len)
{
	struct bytes_out out;

	bytes_out_init(&out, st->bytes + st->len, STREAM_MAX - st->len);
	bytes_put_u32(&out, (uint32_t)len);
	bytes_put_u64(&out, str_hash(STR_HASH_SEED, payload, len));
	bytes_put(&out, payload, len);
	assert_false(out.full);
	st->len += out.len;
}

#endif
