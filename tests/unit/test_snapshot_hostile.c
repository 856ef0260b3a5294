/*
 * Snapshots that no core wrote: damaged, forged or foreign ones cost no more than themselves and do
 * not harm what goes on afterwards; what is cut off is said to be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/snapshot.c"

#include "tests/unit/log_help.h"
#include "tests/unit/random.h"
#include "tests/unit/snapshot_help.h"

#define CYCLES 200

static struct stream stream, whole;

/* Some hours of a host; random levels. */
static void
save_a_life(struct stream *st)
{
	struct scene *s = scene_begin();

	core_start_judging(&s->core);
	for (int i = 0; i < CYCLES; i++)
		scene_cycle(s, 70 + draw(30));
	stream_save(st, &s->core, &s->now, 1 + draw(4096));
	scene_end(s);
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
take(struct scene *s, const struct stream *st, struct snapshot_reader *r)
{
	bool ok;

	snapshot_reader_init(r, &s->core, &s->now);
	ok = stream_give(r, st, 0, st->len, 1 + draw(4096));
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

/* Each record's checksum becomes that of its bytes. */
static void
put_checksums(struct stream *st)
{
	size_t at = STREAM_MAGIC_BYTES, end = st->len;

	while (at + STREAM_RECORD_HEAD <= end) {
		struct bytes_in in;
		size_t payload;

		bytes_in_init(&in, st->bytes + at, sizeof(uint32_t));
		payload = bytes_get_u32(&in);
		if (payload > end - at - STREAM_RECORD_HEAD)
			return;
		st->len = at;
		stream_add(st, st->bytes + at + STREAM_RECORD_HEAD, payload);
		at = st->len;
		st->len = end;
	}
}

/* Whatever a disk makes of it: the reader and what goes on afterwards take no harm. */
static void
spoil(struct stream *st)
{
	static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff};
	size_t head = draw(2) == 0 ? 200 : st->len;
	size_t at = draw(head), n = draw(4) == 0 ? 8 : 1;

	for (size_t i = at; i < at + n && i < st->len; i++) {
		if (n == 1 && draw(2) == 0)
			st->bytes[i] ^= (uint8_t)(1u << draw(8));
		else
			st->bytes[i] = odd[draw(sizeof(odd))];
	}
}

static void
hostile_bytes_with_right_checksums_do_no_harm(void **state)
{
	(void)state;
	save_a_life(&whole);
	for (int run = 0; run < 200; run++) {
		struct scene *s = start_later((int64_t)draw(2) * 1000000);
		struct snapshot_reader r;

		if (draw(2) == 0)
			str_copy(s->core.boot_count.id, sizeof(s->core.boot_count.id), "other");
		memcpy(&stream, &whole, sizeof(whole));
		for (uint64_t n = 1 + draw(8); n > 0; n--)
			spoil(&stream);
		put_checksums(&stream);
		(void)take(s, &stream, &r);
		live_on(s);
		stream_save(&stream, &s->core, &s->now, 1 + draw(4096));
		scene_end(s);
	}
}

/* Wherever it ends: what came before the cut is taken, and the cut is said. */
static void
a_stream_that_is_cut_off_says_so(void **state)
{
	size_t len;

	(void)state;
	save_a_life(&stream);
	len = stream.len;
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
}

/* Whichever byte is wrong: nothing of its record is taken, and the stream is never whole. */
static void
a_byte_that_is_wrong_costs_its_record_and_the_rest(void **state)
{
	struct scene *a = begin_busy(8);

	(void)state;
	stream_save(&stream, &a->core, &a->now, 65536);
	for (size_t at = 0; at < stream.len; at++) {
		struct scene *b = begin_after(a, 0);
		struct snapshot_reader r;
		uint32_t record = 0;
		bool sound;

		while (stream_record(&stream, record + 1) <= at && record < 4)
			record++;
		snapshot_reader_init(&r, &b->core, &b->now);
		stream.bytes[at] ^= (uint8_t)(1u << at % 8);
		sound = stream_give(&r, &stream, 0, stream.len, 65536);
		stream.bytes[at] ^= (uint8_t)(1u << at % 8);
		assert_false(r.whole);
		assert_int_equal(sound, r.why == NULL);
		/* A wrong length may ask for more than there is; all else is found out. */
		if (sound)
			assert_true(at >= stream_record(&stream, record) &&
			            at < stream_record(&stream, record) + 4);
		assert_int_equal(r.read, record > 0 ? record - 1 : 0);
		assert_int_equal(scene_samples_kept(b), 8 * r.read);
		snapshot_reader_done(&r);
		assert_string_equal(cycle_with_full_memory(b), "");
		scene_end(b);
	}
	scene_end(a);
}

/* Why the stream is refused by a fresh core; "" if it is not. */
static const char *
refused(struct scene *s)
{
	struct snapshot_reader r;
	const char *why;
	bool sound;

	core_done(&s->core);
	scene_start(s);
	boot_count_look(&s->core.boot_count, "11111111-aaaa\n");
	snapshot_reader_init(&r, &s->core, &s->now);
	sound = stream_give(&r, &stream, 0, stream.len, 50);
	assert_int_equal(sound, r.why == NULL);
	why = r.why == NULL ? "" : r.why;
	assert_int_equal(r.has_head, r.why == NULL);
	snapshot_reader_done(&r);
	return why;
}

static void
a_head_that_makes_no_sense_ends_it(void **state)
{
	static const char damaged[] = "its head is damaged";
	struct scene *s = scene_begin();
	int64_t boot_ns = s->now.boot_ns, wall_ms = s->now.wall_ms;
	const char *const mine = "11111111-aaaa", *const theirs = "22222222-bbbb";

	(void)state;
	stream_start(&stream, 2, boot_ns, wall_ms, mine, 0);
	assert_string_equal(refused(s), "");
	stream_start(&stream, 0, boot_ns, wall_ms, mine, 0);
	assert_string_equal(refused(s), "it is of another version");
	stream_start(&stream, 3, boot_ns, wall_ms, mine, 0);
	assert_string_equal(refused(s), "it is of another version");
	stream_start(&stream, 2, -1, wall_ms, mine, 0);
	assert_string_equal(refused(s), damaged);
	stream_start(&stream, 2, boot_ns, -1, mine, 0);
	assert_string_equal(refused(s), damaged);
	stream_start(&stream, 2, 0, 0, mine, 0);
	assert_string_equal(refused(s), "");
	stream_start(&stream, 2, boot_ns, wall_ms, "0123456789012345678901234567890123456789", 0);
	assert_string_equal(refused(s), damaged);
	stream_start(&stream, 2, boot_ns, wall_ms, "012345678901234567890123456789012345678", 0);
	assert_string_equal(refused(s), "");
	/* Offsets that no clock can have: either refused or brought to a sane place. */
	stream_start(&stream, 2, INT64_MAX, 0, theirs, INT64_MIN);
	assert_string_equal(refused(s), damaged);
	stream_start(&stream, 2, INT64_MAX, INT64_MAX, theirs, INT64_MAX);
	refused(s);
	stream_start(&stream, 2, 0, 0, theirs, INT64_MIN);
	refused(s);
	stream_start(&stream, 2, boot_ns, wall_ms, mine, INT64_MIN);
	refused(s);
	stream.len = 0;
	stream_add(&stream, stream.bytes, 0);
	stream_add(&stream, stream.bytes, 0);
	assert_string_equal(refused(s), "it is no snapshot");
	stream_start(&stream, 2, boot_ns, wall_ms, mine, 0);
	stream.len = STREAM_MAGIC_BYTES; /* a first record of nothing */
	stream_add(&stream, stream.bytes, 0);
	assert_string_equal(refused(s), "it is of another version");
	scene_end(s);
}

static void
a_record_may_be_so_long_and_no_longer(void **state)
{
	struct scene *s = scene_begin();
	struct bytes_out out;

	(void)state;
	/* The head has the magic before it in the same room. */
	for (uint32_t more = 0; more < 2; more++) {
		bytes_out_init(&out, stream.bytes, STREAM_MAX);
		bytes_put_u32(&out, 0x736f736e);
		bytes_put_u32(&out, SNAPSHOT_RECORD_MAX - 16 + more);
		bytes_put_u64(&out, 0);
		stream.len = out.len;
		core_done(&s->core);
		scene_start(s);
		{
			struct snapshot_reader r;

			snapshot_reader_init(&r, &s->core, &s->now);
			assert_int_equal(stream_give(&r, &stream, 0, stream.len, 50), more == 0);
			if (more == 0) { /* it does fit */
				stream.len += SNAPSHOT_RECORD_MAX - 16;
				assert_false(stream_give(&r, &stream, 16, stream.len, 65536));
			}
			assert_string_equal(
			    r.why, more == 0 ? "a checksum is wrong" : "a record is too long");
			snapshot_reader_done(&r);
		}
	}
	for (uint32_t more = 0; more < 2; more++) {
		stream_start(&stream, 2, s->now.boot_ns, s->now.wall_ms, "11111111-aaaa", 0);
		bytes_out_init(&out, stream.bytes + stream.len, 12);
		bytes_put_u32(&out, SNAPSHOT_RECORD_MAX - 12 + more);
		bytes_put_u64(&out, 1);
		stream.len += 12 + SNAPSHOT_RECORD_MAX - 12;
		core_done(&s->core);
		scene_start(s);
		{
			struct snapshot_reader r;

			snapshot_reader_init(&r, &s->core, &s->now);
			assert_false(stream_give(&r, &stream, 0, stream.len, 65536));
			assert_string_equal(
			    r.why, more == 0 ? "a checksum is wrong" : "a record is too long");
			snapshot_reader_done(&r);
		}
	}
	scene_end(s);
}

struct forged {
	const char *metric;
	int64_t interval_ms;
	uint8_t count;
	const char *labels[5];
	int parts; /* of the three; -1: one of them is longer than the record */
	int64_t unseen_ns;
};

static void
add_forged(const struct forged *f)
{
	static uint8_t payload[4096];
	struct bytes_out out;

	bytes_out_init(&out, payload, sizeof(payload));
	bytes_put_text(&out, f->metric);
	bytes_put_i64(&out, f->interval_ms);
	bytes_put_i64(&out, f->unseen_ns);
	bytes_put_u8(&out, f->count);
	for (uint8_t i = 0; i < f->count && i < 5; i++) {
		if (f->labels[i] != NULL)
			bytes_put_text(&out, f->labels[i]);
	}
	for (int i = 0; i < f->parts; i++)
		bytes_put_u32(&out, 0);
	if (f->parts < 0)
		bytes_put_u32(&out, 1000);
	stream_add(&stream, payload, out.len);
}

/* What a newer version, or damage, may have written: passed over, and what follows is read. */
static void
series_that_are_not_known_are_passed_over(void **state)
{
	static char long_text[SERIES_TEXT_MAX + 1];
	const int64_t year_ms = 366LL * 86400 * 1000;
	const struct {
		struct forged record;
		bool read;
	} cases[] = {
	    {{"cpu.load_1m", 10000, 0, {0}, 3, 0}, true},
	    {{"cpu.load_1m", 1, 0, {0}, 3, 0}, true},
	    {{"cpu.load_1m", 10000, 0, {0}, 3, INT64_MAX / 2}, true},
	    {{"cpu.load_1m", 10000, 0, {0}, 3, INT64_MAX / 2 + 1}, false},
	    {{"cpu.load_1m", 10000, 0, {0}, 3, -1}, false},
	    {{"cpu.load_1m", year_ms, 0, {0}, 3, 0}, true},
	    {{"cpu.load_1m", year_ms + 1, 0, {0}, 3, 0}, false},
	    {{"cpu.load_1m", 0, 0, {0}, 3, 0}, false},
	    {{"cpu.load_1m", -10000, 0, {0}, 3, 0}, false},
	    {{"cpu.load_1m", 10000, 0, {0}, 2, 0}, false},
	    {{"cpu.load_1m", 10000, 0, {0}, 0, 0}, false},
	    {{"cpu.load_1m", 10000, 0, {0}, -1, 0}, false},
	    {{"cpu.load_1m", 10000, 1, {"x"}, 3, 0}, false},
	    {{"cpu.phase_of_the_moon", 10000, 0, {0}, 3, 0}, false},
	    {{"", 10000, 0, {0}, 3, 0}, false},
	    {{"disk.usage_percent", 10000, 3, {"/a", "sda1", "ext4"}, 3, 0}, true},
	    {{"disk.usage_percent", 10000, 2, {"/a", "sda1"}, 3, 0}, false},
	    {{"disk.usage_percent", 10000, 4, {"/a", "sda1", "ext4", "x"}, 3, 0}, false},
	    {{"disk.usage_percent", 10000, 255, {"/a", "sda1", "ext4", "x", "y"}, 3, 0}, false},
	    {{"disk.usage_percent", 10000, 3, {"/a", "sda1", long_text}, 3, 0}, false},
	    {{"disk.usage_percent", 10000, 3, {"/a", "sda1", long_text + 1}, 3, 0}, true},
	    {{"disk.usage_percent", 10000, 3, {"/a", "sda1", NULL}, 0, 0}, false},
	};
	static const struct forged last = {"cpu.load_15m", 10000, 0, {0}, 3, 0};
	struct scene *s = scene_begin();

	(void)state;
	memset(long_text, 'a', SERIES_TEXT_MAX);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct snapshot_reader r;

		core_done(&s->core);
		scene_start(s);
		stream_start(&stream, 2, s->now.boot_ns, s->now.wall_ms, "11111111-aaaa", 0);
		add_forged(&cases[i].record);
		add_forged(&last);
		stream_add(&stream, stream.bytes, 0);
		snapshot_reader_init(&r, &s->core, &s->now);
		assert_true(stream_give(&r, &stream, 0, stream.len, 7));
		assert_true(r.whole);
		if (r.read != 1u + cases[i].read)
			fail_msg("case %zu: %u series", i, r.read);
		scene_ref_of(s, METRIC_CPU_LOAD_15M);
		snapshot_reader_done(&r);
		core_start_judging(&s->core);
		assert_string_equal(scene_cycle(s, 20), "");
	}
	scene_end(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hostile_bytes_with_right_checksums_do_no_harm),
	    cmocka_unit_test(a_stream_that_is_cut_off_says_so),
	    cmocka_unit_test(a_byte_that_is_wrong_costs_its_record_and_the_rest),
	    cmocka_unit_test(a_head_that_makes_no_sense_ends_it),
	    cmocka_unit_test(a_record_may_be_so_long_and_no_longer),
	    cmocka_unit_test(series_that_are_not_known_are_passed_over),
	};

	random_start();
	set_log_level(LOGL_ERROR + 1);
	return cmocka_run_group_tests_name("snapshot_hostile", tests, NULL, NULL);
}
