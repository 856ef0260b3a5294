/*
 * Snapshots of a core: another core that reads one goes on as the first would have; what is cut
 * costs no more than itself, and times move with a reboot.
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

	assert_true(store_walk(a->core.store, scene_ref_of(a, metric), INT64_MIN, INT64_MAX, &ia));
	assert_true(store_walk(b->core.store, scene_ref_of(b, metric), INT64_MIN, INT64_MAX, &ib));
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

/* As what is in the stream moves: its boot times to those of now. */
static void
expect_moved(struct scene *s, const char *saved_id, int64_t boot_ms, int64_t wall_ms, int64_t ms)
{
	struct snapshot_reader r;

	stream_start(&stream, 2, s->now.boot_ns + boot_ms * NS_PER_MS, s->now.wall_ms + wall_ms,
	    saved_id, 7 * NS_PER_SEC);
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
	assert_true(store_walk(
	    b->core.store, scene_ref_of(b, METRIC_MEM_USAGE), INT64_MIN, INT64_MAX, &it));
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
	struct series_ref ref = scene_ref_of(a, METRIC_MEM_USAGE);
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
	scene_ref_of(b, METRIC_CPU_LOAD_15M);
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
