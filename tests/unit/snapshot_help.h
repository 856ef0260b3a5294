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
	uint32_t written; /* series, by who saved it */
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
	st->written = w.written;
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

/* A core of the same configuration and boot, that has seen nothing, so much later. */
static inline struct scene *
begin_after(const struct scene *before, int64_t ms)
{
	struct scene *s = scene_begin();

	s->now = before->now;
	scene_pass(s, ms);
	s->core.boot_count = before->core.boot_count;
	core_start_judging(&s->core);
	return s;
}

/* A judging core after so many cycles, the last two with a memory that is too full. */
static inline struct scene *
begin_busy(int cycles)
{
	struct scene *s = scene_begin();

	boot_count_look(&s->core.boot_count, "11111111-aaaa\n");
	core_start_judging(&s->core);
	for (int i = 0; i < cycles; i++) {
		scene_pass(s, SCENE_STEP_MS);
		core_begin(&s->core, &s->now);
		scene_sample(s, i % 50);
		batch_add(&s->core.batch, METRIC_MEM_USAGE, i < cycles - 2 ? i % 7 : 85, NAN);
		core_judge(&s->core, &s->core.batch, NULL, &s->now);
		assert_string_equal(scene_told(s), "");
	}
	return s;
}

static inline const char *
cycle_with_full_memory(struct scene *s)
{
	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	scene_sample(s, 20);
	batch_add(&s->core.batch, METRIC_MEM_USAGE, 85, NAN);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
	return scene_told(s);
}

static inline struct series_ref
scene_ref_of(const struct scene *s, enum metric_id metric)
{
	uint32_t id = series_find(s->core.series, metric, NULL);

	assert_true(id != SERIES_NONE);
	return (struct series_ref){id, series_at(s->core.series, id)->gen};
}

/* A head as it may be forged; the rest of it, the roll-up's and the detectors', is missing. */
static inline void
stream_start(struct stream *st, uint16_t version, int64_t boot_ns, int64_t wall_ms, const char *id,
    int64_t offset)
{
	uint8_t payload[256];
	struct bytes_out out;

	bytes_out_init(&out, st->bytes, STREAM_MAX);
	bytes_put_u32(&out, 0x736f736e);
	st->len = out.len;
	bytes_out_init(&out, payload, sizeof(payload));
	bytes_put_u16(&out, version);
	bytes_put_i64(&out, boot_ns);
	bytes_put_i64(&out, wall_ms);
	bytes_put_text(&out, id);
	bytes_put_i64(&out, offset);
	stream_add(st, payload, out.len);
}

#endif
