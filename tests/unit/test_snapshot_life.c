/* What one core writes of its series another one takes for its own: also how they stood. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/snapshot_help.h"

static struct stream stream;

static void
hand_over(const struct scene *from, struct scene *to)
{
	struct snapshot_reader r;

	stream_save(&stream, &from->core, &from->now, 4096);
	snapshot_reader_init(&r, &to->core, &to->now);
	assert_true(stream_give(&r, &stream, 0, stream.len, 4096));
	assert_true(r.whole);
	assert_int_equal(r.read, stream.written);
	snapshot_reader_done(&r);
}

static uint32_t
room(const struct scene *s)
{
	return series_room(s->core.series, GROUP_DISK);
}

/* A full group gives the places of what has ended to others: after a restart as before it. */
static void
what_had_ended_does_not_come_back_to_life(void **state)
{
	struct scene *before = scene_begin(), *after = scene_begin();
	uint32_t all = room(before);

	(void)state;
	core_start_judging(&before->core);
	scene_cycle(before, 50);
	assert_int_equal(room(before), all - 1);
	for (int i = 0; i <= GONE_INTERVALS; i++) /* a cycle is over when the next one begins */
		scene_cycle(before, NAN);
	assert_int_equal(room(before), all);
	hand_over(before, after);
	assert_int_equal(room(after), all);
	assert_int_equal(scene_samples_kept(after), scene_samples_kept(before));
	scene_end(before);
	scene_end(after);
}

/* Two chances missed before, one after. */
static void
what_was_silent_has_no_second_life(void **state)
{
	struct scene *before = scene_begin(), *after = scene_begin();
	uint32_t all = room(before);

	(void)state;
	core_start_judging(&before->core);
	scene_cycle(before, 50);
	for (int i = 0; i < GONE_INTERVALS; i++)
		scene_cycle(before, NAN);
	hand_over(before, after);
	assert_int_equal(room(after), all - 1);
	core_start_judging(&after->core);
	for (int i = 0; i < 3; i++) /* the first two are there to measure time by */
		scene_cycle(after, NAN);
	assert_int_equal(room(after), all);
	scene_end(before);
	scene_end(after);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_had_ended_does_not_come_back_to_life),
	    cmocka_unit_test(what_was_silent_has_no_second_life),
	};

	return cmocka_run_group_tests_name("snapshot_life", tests, NULL, NULL);
}
