/*
 * Snapshots of a core: another core that reads one goes on as the first would have; what is cut,
 * damaged, forged or foreign costs no more than itself, and times move with a reboot.
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

static struct stream stream, other;

/* A core of the same configuration and boot, that has seen nothing, so much later. */
static struct scene *
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
static struct scene *
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

static const char *
cycle_with_full_memory(struct scene *s)
{
	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	scene_sample(s, 20);
	batch_add(&s->core.batch, METRIC_MEM_USAGE, 85, NAN);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
	return scene_told(s);
}

static struct series_ref
ref_of(const struct scene *s, enum metric_id metric)
{
	uint32_t id = series_find(s->core.series, metric, NULL);

	assert_true(id != SERIES_NONE);
	return (struct series_ref){id, series_at(s->core.series, id)->gen};
}

/* The mount's, wherever it is in the table. */
static uint32_t
mount_id(const struct scene *s)
{
	const char *const values[] = {"/var", "sda1", "ext4"};

	return series_find(s->core.series, METRIC_DISK_USAGE, values);
}

static void
expect_same_history(const struct scene *a, const struct scene *b, enum metric_id metric)
{
	struct ring_iter ia, ib;
	int64_t na, nb;
	double va, vb;
	int samples = 0;

	assert_true(store_walk(a->core.store, ref_of(a, metric), INT64_MIN, INT64_MAX, &ia));
	assert_true(store_walk(b->core.store, ref_of(b, metric), INT64_MIN, INT64_MAX, &ib));
	for (; ring_iter_next(&ia, &na, &va); samples++) {
		assert_true(ring_iter_next(&ib, &nb, &vb));
		assert_int_equal(na, nb);
		assert_true(va == vb);
	}
	assert_false(ring_iter_next(&ib, &nb, &vb));
	assert_true(samples > 0);
}

static void
expect_same_minutes(const struct scene *a, const struct scene *b)
{
	struct rollup_row ra, rb;
	uint32_t aa = 0, ab = 0;
	struct now ma = rollup_minute(a->core.rollup), mb = rollup_minute(b->core.rollup);

	assert_memory_equal(&ma, &mb, sizeof(ma));
	while (rollup_next(a->core.rollup, &aa, &ra)) {
		assert_true(rollup_next(b->core.rollup, &ab, &rb));
		assert_int_equal(ra.count, rb.count);
		assert_true(ra.min == rb.min && ra.max == rb.max && ra.last == rb.last);
		assert_true(ra.mean == rb.mean);
		assert_true(
		    isnan(ra.five_mean) ? isnan(rb.five_mean) != 0 : ra.five_mean == rb.five_mean);
	}
	assert_false(rollup_next(b->core.rollup, &ab, &rb));
}

/* Rings, open minutes and timers: no cycle tells the two cores apart. */
static void
a_core_goes_on_where_the_other_was(void **state)
{
	struct scene *a = begin_busy(100), *b = begin_after(a, 0);
	struct snapshot_reader r;
	int told = 0;

	(void)state;
	stream_save(&stream, &a->core, &a->now, 4096);
	snapshot_reader_init(&r, &b->core, &b->now);
	assert_true(stream_give(&r, &stream, 0, stream.len, 333));
	assert_true(r.whole);
	assert_int_equal(r.read, 3);
	assert_int_equal(r.shift_ns, 0);
	snapshot_reader_done(&r);
	expect_same_history(a, b, METRIC_MEM_USAGE);
	for (int i = 0; i < 40; i++) {
		assert_string_equal(
		    cycle_with_full_memory(a), i != 1 ? "" : "fire warn mem.usage_percent");
		assert_string_equal(cycle_with_full_memory(b), a->text);
		told += a->text[0] != '\0';
		if (i >= 6) /* the first that the second saw to its end */
			expect_same_minutes(a, b);
	}
	assert_int_equal(told, 1);
	assert_int_equal(scene_samples_kept(b), scene_samples_kept(a));
	expect_same_history(a, b, METRIC_MEM_USAGE);
	scene_end(a);
	scene_end(b);
}

static void
the_size_of_pieces_does_not_matter(void **state)
{
	struct scene *a = begin_busy(30);

	(void)state;
	stream_save(&stream, &a->core, &a->now, 65536);
	for (size_t piece = 1; piece < 200; piece += piece < 20 ? 1 : 37) {
		struct scene *b = begin_after(a, 0);
		struct snapshot_reader r;

		stream_save(&other, &a->core, &a->now, piece);
		assert_int_equal(other.len, stream.len);
		assert_memory_equal(other.bytes, stream.bytes, stream.len);
		snapshot_reader_init(&r, &b->core, &b->now);
		assert_true(stream_give(&r, &stream, 0, stream.len, piece));
		assert_true(r.whole && r.read == 3);
		expect_same_history(a, b, METRIC_CPU_LOAD_1M);
		/* What follows the end is passed over. */
		assert_true(stream_give(&r, &stream, 0, 100, piece));
		assert_true(r.whole && r.read == 3);
		snapshot_reader_done(&r);
		scene_end(b);
	}
	scene_end(a);
}

/* Of a stream that ends early the whole records are read, and it is known not to be whole. */
static void
a_stream_that_is_cut_gives_its_whole_records(void **state)
{
	struct scene *a = begin_busy(8);

	(void)state;
	stream_save(&stream, &a->core, &a->now, 65536);
	for (size_t cut = 0; cut < stream.len; cut++) {
		struct scene *b = begin_after(a, 0);
		struct snapshot_reader r;
		uint32_t records = 0;

		while (stream_record(&stream, records + 1) <= cut && records < 4)
			records++;
		snapshot_reader_init(&r, &b->core, &b->now);
		assert_true(stream_give(&r, &stream, 0, cut, 65536));
		assert_false(r.whole);
		assert_null(r.why);
		assert_int_equal(r.read, records > 0 ? records - 1 : 0);
		assert_int_equal(scene_samples_kept(b), 8 * r.read);
		snapshot_reader_done(&r);
		assert_string_equal(cycle_with_full_memory(b), "");
		scene_end(b);
	}
	scene_end(a);
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

/* A head as it may be forged; the rest of it, the roll-up's and the detectors', is missing. */
static void
start_stream(uint16_t version, int64_t boot_ns, int64_t wall_ms, const char *id, int64_t offset)
{

	uint8_t payload[256];
	struct bytes_out out;

	bytes_out_init(&out, stream.bytes, STREAM_MAX);
	bytes_put_u32(&out, 0x736f736e);
	stream.len = out.len;
	bytes_out_init(&out, payload, sizeof(payload));
	bytes_put_u16(&out, version);
	bytes_put_i64(&out, boot_ns);
	bytes_put_i64(&out, wall_ms);
	bytes_put_text(&out, id);
	bytes_put_i64(&out, offset);
	stream_add(&stream, payload, out.len);
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
	start_stream(2, boot_ns, wall_ms, mine, 0);
	assert_string_equal(refused(s), "");
	start_stream(0, boot_ns, wall_ms, mine, 0);
	assert_string_equal(refused(s), "it is of another version");
	start_stream(3, boot_ns, wall_ms, mine, 0);
	assert_string_equal(refused(s), "it is of another version");
	start_stream(2, -1, wall_ms, mine, 0);
	assert_string_equal(refused(s), damaged);
	start_stream(2, boot_ns, -1, mine, 0);
	assert_string_equal(refused(s), damaged);
	start_stream(2, 0, 0, mine, 0);
	assert_string_equal(refused(s), "");
	start_stream(2, boot_ns, wall_ms, "0123456789012345678901234567890123456789", 0);
	assert_string_equal(refused(s), damaged);
	start_stream(2, boot_ns, wall_ms, "012345678901234567890123456789012345678", 0);
	assert_string_equal(refused(s), "");
	/* Offsets that no clock can have: either refused or brought to a sane place. */
	start_stream(2, INT64_MAX, 0, theirs, INT64_MIN);
	assert_string_equal(refused(s), damaged);
	start_stream(2, INT64_MAX, INT64_MAX, theirs, INT64_MAX);
	refused(s);
	start_stream(2, 0, 0, theirs, INT64_MIN);
	refused(s);
	start_stream(2, boot_ns, wall_ms, mine, INT64_MIN);
	refused(s);
	stream.len = 0;
	stream_add(&stream, stream.bytes, 0);
	stream_add(&stream, stream.bytes, 0);
	assert_string_equal(refused(s), "it is no snapshot");
	start_stream(2, boot_ns, wall_ms, mine, 0);
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
		start_stream(2, s->now.boot_ns, s->now.wall_ms, "11111111-aaaa", 0);
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
		start_stream(2, s->now.boot_ns, s->now.wall_ms, "11111111-aaaa", 0);
		add_forged(&cases[i].record);
		add_forged(&last);
		stream_add(&stream, stream.bytes, 0);
		snapshot_reader_init(&r, &s->core, &s->now);
		assert_true(stream_give(&r, &stream, 0, stream.len, 7));
		assert_true(r.whole);
		if (r.read != 1u + cases[i].read)
			fail_msg("case %zu: %u series", i, r.read);
		ref_of(s, METRIC_CPU_LOAD_15M);
		snapshot_reader_done(&r);
		core_start_judging(&s->core);
		assert_string_equal(scene_cycle(s, 20), "");
	}
	scene_end(s);
}

/* As what is in the stream moves: its boot times to those of now. */
static void
expect_moved(struct scene *s, const char *saved_id, int64_t boot_ms, int64_t wall_ms, int64_t ms)
{
	struct snapshot_reader r;

	start_stream(2, s->now.boot_ns + boot_ms * NS_PER_MS, s->now.wall_ms + wall_ms, saved_id,
	    7 * NS_PER_SEC);
	snapshot_reader_init(&r, &s->core, &s->now);
	assert_true(stream_give(&r, &stream, 0, stream.len, 50));
	assert_int_equal(r.shift_ns, ms * NS_PER_MS);
	assert_int_equal(store_offset(s->core.store), 7 * NS_PER_SEC - ms * NS_PER_MS);
	snapshot_reader_done(&r);
}

static void
times_move_with_a_reboot_and_not_without(void **state)
{
	const char *const mine = "11111111-aaaa", *const theirs = "22222222-bbbb";
	struct scene *s = scene_begin();

	(void)state;
	/* By the names of the boots, whatever the clocks say. */
	str_copy(s->core.boot_count.id, sizeof(s->core.boot_count.id), mine);
	expect_moved(s, mine, -5000, -5000, 0);
	expect_moved(s, mine, -5000, -3600000, 0);
	expect_moved(s, theirs, -5000, -5000, 0); /* 5 s off: the wall clock says the same */
	expect_moved(s, theirs, 500000, -3000, -503000);
	expect_moved(s, theirs, 500000, 3000, -500000); /* the clock was put back */
	expect_moved(s, theirs, -900000, -3600000, 900000 - 3600000);
	expect_moved(s, "", -5000, -3600000, 5000 - 3600000);
	s->core.boot_count.id[0] = '\0';
	expect_moved(s, theirs, -5000, -3600000, 5000 - 3600000);
	/* Without names the clocks tell: both have gone on alike, but for less than a minute. */
	expect_moved(s, "", 0, 0, 0);
	expect_moved(s, "", -5000, -5000 - 59999, 0);
	expect_moved(s, "", -5000, -5000 - 60000, -60000);
	expect_moved(s, "", -100000, -100000 + 59999, 0);
	expect_moved(s, "", -100000, -100000 + 60000, 60000);
	expect_moved(s, "", 1, 0, -1); /* no boot clock runs backwards */
	scene_end(s);
}

/* Half a minute of reboot: what waited to fire waits on, its history lies before this boot. */
static void
after_a_reboot_history_lies_before_it(void **state)
{
	struct scene *a = begin_busy(20), *b = begin_after(a, 0);
	const int64_t saved_ns = a->now.boot_ns;
	struct snapshot_reader r;
	struct ring_iter it;
	struct rollup_row row;
	int64_t ns;
	double value;
	int samples = 0;

	(void)state;
	stream_save(&stream, &a->core, &a->now, 4096);
	b->now.boot_ns = 3 * NS_PER_SEC;
	b->now.wall_ms += 15000;
	boot_count_look(&b->core.boot_count, "22222222-bbbb\n");
	snapshot_reader_init(&r, &b->core, &b->now);
	assert_true(stream_give(&r, &stream, 0, stream.len, 100) && r.whole);
	assert_int_equal(r.shift_ns, 3 * NS_PER_SEC - 15 * NS_PER_SEC - saved_ns);
	snapshot_reader_done(&r);
	assert_true(
	    store_walk(b->core.store, ref_of(b, METRIC_MEM_USAGE), INT64_MIN, INT64_MAX, &it));
	while (ring_iter_next(&it, &ns, &value)) {
		samples++;
		assert_int_equal(ns, (3 - 15 - 200 + 10 * samples) * NS_PER_SEC);
	}
	assert_int_equal(samples, 20);
	/* It waits since 10 s before the snapshot; here that is 22 s before the boot. */
	b->now.boot_ns -= 5 * NS_PER_SEC;
	b->now.wall_ms -= 5000;
	assert_string_equal(cycle_with_full_memory(b), "fire warn mem.usage_percent");
	/* The minute that was open is not of this boot's minutes. */
	b->now.boot_ns += 60 * NS_PER_SEC;
	cycle_with_full_memory(b);
	assert_true(rollup_of(b->core.rollup, mount_id(b), &row));
	assert_int_equal(row.count, 1);
	scene_end(a);
	scene_end(b);
}

/* Another keeper begins the stream again: what was read stays, once. */
static void
a_stream_may_begin_again(void **state)
{
	struct scene *a = begin_busy(20);

	(void)state;
	stream_save(&stream, &a->core, &a->now, 4096);
	for (size_t cut = 0; cut <= stream.len; cut += cut < 40 ? 1 : 29) {
		struct scene *b = begin_after(a, 0);
		struct snapshot_reader r;

		snapshot_reader_init(&r, &b->core, &b->now);
		assert_true(stream_give(&r, &stream, 0, cut, 65536));
		snapshot_reader_restart(&r);
		assert_true(stream_give(&r, &stream, 0, stream.len, 65536));
		assert_true(r.whole);
		assert_int_equal(r.read, 3);
		assert_int_equal(scene_samples_kept(b), scene_samples_kept(a));
		/* And after it was found to be damaged. */
		snapshot_reader_restart(&r);
		stream.bytes[stream.len / 2] ^= 1;
		assert_false(stream_give(&r, &stream, 0, stream.len, 65536));
		assert_false(stream_give(&r, &stream, 0, stream.len, 65536));
		stream.bytes[stream.len / 2] ^= 1;
		snapshot_reader_restart(&r);
		assert_true(stream_give(&r, &stream, 0, stream.len, 65536));
		assert_true(r.whole);
		assert_int_equal(r.read, 3);
		snapshot_reader_done(&r);
		cycle_with_full_memory(b);
		assert_string_equal(cycle_with_full_memory(b), "fire warn mem.usage_percent");
		scene_end(b);
	}
	scene_end(a);
}

/* Across a reboot the beginning must not be taken for another offset. */
static void
a_stream_of_another_boot_may_begin_again(void **state)
{
	struct scene *a = begin_busy(20), *b = begin_after(a, 15000);
	struct snapshot_reader r;
	int64_t shift_ns;

	(void)state;
	stream_save(&stream, &a->core, &a->now, 4096);
	b->now.boot_ns = 3 * NS_PER_SEC;
	boot_count_look(&b->core.boot_count, "22222222-bbbb\n");
	snapshot_reader_init(&r, &b->core, &b->now);
	assert_true(stream_give(&r, &stream, 0, stream.len, 65536));
	shift_ns = r.shift_ns;
	snapshot_reader_restart(&r);
	assert_true(stream_give(&r, &stream, 0, stream.len, 65536));
	assert_true(r.whole);
	assert_int_equal(r.shift_ns, shift_ns);
	assert_int_equal(scene_samples_kept(b), scene_samples_kept(a));
	/* Another stream it is not read over these samples. */
	snapshot_reader_restart(&r);
	r.now.wall_ms += 1000;
	assert_false(stream_give(&r, &stream, 0, stream.len, 65536));
	assert_string_equal(r.why, "samples were taken before it came");
	snapshot_reader_done(&r);
	scene_end(a);
	scene_end(b);
}

static void
a_core_that_has_samples_takes_no_other_time(void **state)
{
	struct scene *a = begin_busy(20), *b = begin_after(a, 0);
	struct snapshot_reader r;

	(void)state;
	stream_save(&stream, &a->core, &a->now, 4096);
	b->now.boot_ns = 3 * NS_PER_SEC;
	boot_count_look(&b->core.boot_count, "22222222-bbbb\n");
	scene_cycle(b, 20);
	snapshot_reader_init(&r, &b->core, &b->now);
	assert_false(stream_give(&r, &stream, 0, stream.len, 65536));
	assert_string_equal(r.why, "samples were taken before it came");
	assert_int_equal(scene_samples_kept(b), 2);
	snapshot_reader_done(&r);
	scene_end(a);
	scene_end(b);
}

/* It is made while the core goes on, and may be begun again at any byte. */
static void
a_writer_counts_and_begins_again(void **state)
{
	struct scene *a = begin_busy(20);
	struct snapshot_writer w;

	(void)state;
	stream_save(&stream, &a->core, &a->now, 4096);
	snapshot_writer_init(&w, &a->core, &a->now);
	for (size_t cut = 0; cut <= stream.len + 1; cut += cut < 40 ? 1 : 31) {
		size_t n, len = 0;

		for (size_t left = cut; left > 0; left -= n) {
			n = snapshot_writer_next(&w, other.bytes, left);
			if (n == 0)
				break;
		}
		snapshot_writer_restart(&w);
		while ((n = snapshot_writer_next(&w, other.bytes + len, 1000)) > 0)
			len += n;
		assert_int_equal(len, stream.len);
		assert_memory_equal(other.bytes, stream.bytes, len);
		assert_int_equal(w.bytes, len);
		assert_int_equal(w.written, 3);
		assert_int_equal(w.left_out, 0);
		assert_int_equal(snapshot_writer_next(&w, other.bytes, 1000), 0);
		snapshot_writer_restart(&w);
	}
	snapshot_writer_done(&w);
	assert_null(w.record);
	scene_end(a);
}

static void
series_that_come_amid_a_snapshot_do_not_harm_it(void **state)
{
	struct scene *a = begin_busy(20), *b;
	struct snapshot_writer w;
	struct snapshot_reader r;
	size_t n;

	(void)state;
	snapshot_writer_init(&w, &a->core, &a->now);
	stream.len = 0;
	for (int i = 0; (n = snapshot_writer_next(&w, stream.bytes + stream.len, 50)) > 0; i++) {
		const char *const values[] = {"0123456789abcdef" + i % 16, "x", "ext4"};
		struct series_ref ref = {0};

		stream.len += n;
		scene_pass(a, SCENE_STEP_MS);
		core_begin(&a->core, &a->now);
		scene_sample(a, 20);
		batch_add_labelled(&a->core.batch, &ref, METRIC_DISK_USAGE, values, 10, NAN);
		core_judge(&a->core, &a->core.batch, NULL, &a->now);
	}
	b = begin_after(a, 0);
	snapshot_reader_init(&r, &b->core, &b->now);
	assert_true(stream_give(&r, &stream, 0, stream.len, 4096));
	assert_true(r.whole);
	assert_int_equal(r.read, w.written);
	assert_true(w.written >= 3);
	snapshot_writer_done(&w);
	snapshot_reader_done(&r);
	scene_end(a);
	scene_end(b);
}

/* The parts of a record into any room: nothing is written beyond it. */
static void
what_does_not_fit_is_left_out(void **state)
{
	struct scene *a = begin_busy(50);
	struct series_ref ref = ref_of(a, METRIC_MEM_USAGE);
	struct bytes_out out;
	size_t whole;

	(void)state;
	bytes_out_init(&out, stream.bytes, STREAM_MAX);
	put_series(&a->core, ref.id, &out);
	assert_false(out.full);
	whole = out.len;
	for (size_t cap = 0; cap <= whole; cap++) {
		memset(other.bytes, 0xee, whole + 16);
		bytes_out_init(&out, other.bytes, cap);
		put_series(&a->core, ref.id, &out);
		assert_int_equal(out.full, cap < whole);
		for (size_t i = cap; i < whole + 16; i++)
			assert_int_equal(other.bytes[i], 0xee);
	}
	assert_memory_equal(other.bytes, stream.bytes, whole);
	scene_end(a);
}

/* A history that a record cannot hold: that series goes without, the others do not. */
static void
a_series_too_long_for_a_record_is_counted(void **state)
{
	struct scene *s = scene_begin(), *b;
	struct snapshot_writer w;
	struct snapshot_reader r;
	uint8_t piece[4096];
	size_t n;

	(void)state;
	random_start();
	s->conf->storage.ring_buffer_size = 200000;
	core_done(&s->core);
	scene_start(s);
	for (int i = 0; i < 150000; i++) {
		scene_pass(s, SCENE_STEP_MS);
		core_begin(&s->core, &s->now);
		s->core.batch.interval_ms = SCENE_STEP_MS;
		batch_add(&s->core.batch, METRIC_CPU_LOAD_1M,
		    (double)draw(1u << 31) * (i % 2 == 0 ? 1e200 : 1e-200), NAN);
		if (i < 10)
			batch_add(&s->core.batch, METRIC_CPU_LOAD_15M, 1, NAN);
		core_judge(&s->core, &s->core.batch, NULL, &s->now);
	}
	b = begin_after(s, 0);
	snapshot_writer_init(&w, &s->core, &s->now);
	snapshot_reader_init(&r, &b->core, &b->now);
	while ((n = snapshot_writer_next(&w, piece, sizeof(piece))) > 0)
		assert_true(snapshot_reader_take(&r, piece, n));
	assert_true(r.whole);
	assert_int_equal(w.left_out, 1);
	assert_int_equal(w.written, 1);
	assert_int_equal(r.read, 1);
	assert_int_equal(scene_samples_kept(b), 10);
	ref_of(b, METRIC_CPU_LOAD_15M);
	snapshot_writer_done(&w);
	snapshot_reader_done(&r);
	scene_end(s);
	scene_end(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_core_goes_on_where_the_other_was),
	    cmocka_unit_test(the_size_of_pieces_does_not_matter),
	    cmocka_unit_test(a_stream_that_is_cut_gives_its_whole_records),
	    cmocka_unit_test(a_byte_that_is_wrong_costs_its_record_and_the_rest),
	    cmocka_unit_test(a_head_that_makes_no_sense_ends_it),
	    cmocka_unit_test(a_record_may_be_so_long_and_no_longer),
	    cmocka_unit_test(series_that_are_not_known_are_passed_over),
	    cmocka_unit_test(times_move_with_a_reboot_and_not_without),
	    cmocka_unit_test(after_a_reboot_history_lies_before_it),
	    cmocka_unit_test(a_stream_may_begin_again),
	    cmocka_unit_test(a_stream_of_another_boot_may_begin_again),
	    cmocka_unit_test(a_core_that_has_samples_takes_no_other_time),
	    cmocka_unit_test(a_writer_counts_and_begins_again),
	    cmocka_unit_test(series_that_come_amid_a_snapshot_do_not_harm_it),
	    cmocka_unit_test(what_does_not_fit_is_left_out),
	    cmocka_unit_test(a_series_too_long_for_a_record_is_counted),
	};

	set_log_level(LOGL_ERROR + 1);
	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
