/*
 * Snapshots that no core wrote: with every checksum right they neither stop the reader nor harm
 * what goes on afterwards; what is cut off is said to be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/snapshot.c"

#include "tests/unit/core_scene.h"
#include "tests/unit/random.h"

#define STREAM_MAX (1 << 20)
#define CYCLES 200

struct stream {
	uint8_t *bytes;
	size_t len;
};

static struct stream
save(struct scene *s)
{
	struct stream out = {mem_zalloc(1, STREAM_MAX), 0};
	struct snapshot_writer w;
	size_t n;

	snapshot_writer_init(&w, &s->core, &s->now);
	while ((n = snapshot_writer_next(&w, out.bytes + out.len, 1 + draw(4096))) > 0) {
		out.len += n;
		assert_true(out.len + 4096 < STREAM_MAX);
	}
	snapshot_writer_done(&w);
	return out;
}

/* Some hours of a host; random levels. */
static struct stream
save_a_life(void)
{
	struct scene *s = scene_begin();
	struct stream out;

	core_start_judging(&s->core);
	for (int i = 0; i < CYCLES; i++)
		scene_cycle(s, 70 + draw(30));
	out = save(s);
	scene_end(s);
	return out;
}

/* A process that starts after what made the stream. */
static struct scene *
start_later(int64_t ms)
{
	struct scene *s = scene_begin();

	scene_pass(s, CYCLES * SCENE_STEP_MS + ms);
	return s;
}

static bool
take(struct scene *s, const struct stream *stream, struct snapshot_reader *r)
{
	bool ok = true;

	snapshot_reader_init(r, &s->core, &s->now);
	for (size_t at = 0, n; at < stream->len && ok; at += n) {
		n = 1 + draw(4096);
		n = n < stream->len - at ? n : stream->len - at;
		ok = snapshot_reader_take(r, stream->bytes + at, n);
	}
	snapshot_reader_done(r);
	return ok;
}

static void
live_on(struct scene *s)
{
	core_start_judging(&s->core);
	for (int i = 0; i < 10; i++)
		scene_cycle(s, 70 + draw(30));
}

static void
put_checksum(uint8_t *record, size_t payload)
{
	struct bytes_out out;

	bytes_out_init(&out, record + sizeof(uint32_t), sizeof(uint64_t));
	bytes_put_u64(&out, checksum(record + RECORD_HEAD, payload));
}

/* Each record's checksum becomes that of its bytes. */
static void
put_checksums(struct stream *stream)
{
	for (size_t at = sizeof(uint32_t); at + RECORD_HEAD <= stream->len;) {
		struct bytes_in in;
		size_t payload;

		bytes_in_init(&in, stream->bytes + at, sizeof(uint32_t));
		payload = bytes_get_u32(&in);
		if (payload > stream->len - at - RECORD_HEAD)
			return;
		put_checksum(stream->bytes + at, payload);
		at += RECORD_HEAD + payload;
	}
}

/* Whatever a disk makes of it: the reader and what goes on afterwards take no harm. */
static void
spoil(struct stream *stream)
{
	static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff};
	size_t head = draw(2) == 0 ? 200 : stream->len;
	size_t at = draw(head), n = draw(4) == 0 ? 8 : 1;

	for (size_t i = at; i < at + n && i < stream->len; i++) {
		if (n == 1 && draw(2) == 0)
			stream->bytes[i] ^= (uint8_t)(1u << draw(8));
		else
			stream->bytes[i] = odd[draw(sizeof(odd))];
	}
}

static void
hostile_bytes_with_right_checksums_do_no_harm(void **state)
{
	struct stream whole = save_a_life();
	struct stream piece = {mem_zalloc(1, whole.len), whole.len};

	(void)state;
	for (int run = 0; run < 200; run++) {
		struct scene *s = start_later((int64_t)draw(2) * 1000000);
		struct snapshot_reader r;
		struct stream again;

		if (draw(2) == 0)
			str_copy(s->core.boot_count.id, sizeof(s->core.boot_count.id), "other");
		memcpy(piece.bytes, whole.bytes, whole.len);
		for (uint64_t n = 1 + draw(8); n > 0; n--)
			spoil(&piece);
		put_checksums(&piece);
		(void)take(s, &piece, &r);
		live_on(s);
		again = save(s);
		mem_free(again.bytes);
		scene_end(s);
	}
	mem_free(whole.bytes);
	mem_free(piece.bytes);
}

/* Wherever it ends: what came before the cut is taken, and the cut is said. */
static void
a_stream_that_is_cut_off_says_so(void **state)
{
	struct stream stream = save_a_life();
	size_t len = stream.len;

	(void)state;
	for (int run = 0; run < 20; run++) {
		struct scene *s = start_later(0);
		struct snapshot_reader r;

		stream.len = run == 0 ? len - 1 : draw(len);
		assert_true(take(s, &stream, &r));
		assert_string_equal(snapshot_reader_end(&r, NULL), "it is cut off");
		assert_string_equal(snapshot_reader_end(&r, "no disk"), "no disk");
		live_on(s);
		scene_end(s);
	}
	mem_free(stream.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hostile_bytes_with_right_checksums_do_no_harm),
	    cmocka_unit_test(a_stream_that_is_cut_off_says_so),
	};

	random_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
