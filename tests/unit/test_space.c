/*
 * Alerts about space say what is left, and how soon it is gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "src/core/space.c"

#include "tests/unit/subject_help.h"

#define GIB (1024.0 * 1024 * 1024)

struct scene {
	struct series_table *series;
	struct store *store;
	struct latest latest;
	struct batch batch;
	struct series_ref usage, available;
	struct now now;
};

static void
begin(struct scene *s)
{
	*s = (struct scene){.now = {.boot_ns = 5000 * NS_PER_SEC, .wall_ms = 1790000000000}};
	s->series = series_table_new(NULL);
	s->store = store_new(&(struct store_limits){.series = series_capacity(s->series)});
	latest_init(&s->latest, s->series);
	batch_init(&s->batch, s->series, 16);
}

static void
end(struct scene *s)
{
	batch_done(&s->batch);
	latest_done(&s->latest);
	store_free(s->store);
	series_table_free(s->series);
}

/* Ten seconds later so much is free. */
static void
sample(struct scene *s, double free_bytes)
{
	const char *values[] = {"/var", "/dev/sda1", "ext4"};

	s->now.boot_ns += 10 * NS_PER_SEC;
	s->now.wall_ms += 10000;
	batch_reset(&s->batch, &s->now);
	s->batch.interval_ms = 10000;
	batch_add_labelled(&s->batch, &s->usage, METRIC_DISK_USAGE, values, 95, NAN);
	batch_add_labelled(
	    &s->batch, &s->available, METRIC_DISK_AVAILABLE, values, free_bytes, NAN);
	store_add(s->store, &s->batch);
	latest_add(&s->latest, &s->batch);
}

static struct alert_facts
tell(struct scene *s, enum metric_id metric, bool gone)
{
	struct notices list = {0};
	struct alert_facts facts;

	notices_add(&list, notice_new(NOTICE_FIRE, 0, 1));
	list.items[0]->facts[0].subject = metric_subject(metric);
	list.items[0]->facts[0].subject.hash = series_at(s->series, s->usage.id)->hash;
	list.items[0]->facts[0].gone = gone;
	space_fill(&s->latest, s->store, &list, &s->now);
	facts = list.items[0]->facts[0];
	notices_done(&list);
	return facts;
}

static void
a_disk_that_fills_says_how_fast(void **state)
{
	struct alert_facts f;
	struct scene s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 90; i++)
		sample(&s, 50 * GIB);
	f = tell(&s, METRIC_DISK_USAGE, false);
	assert_true(f.space_known);
	assert_true(f.free_bytes >= 50 * GIB && f.fill_rate <= 0);
	for (int i = 1; i <= 9; i++) /* eight minutes of rest do not hide a bad one */
		sample(&s, (50 - i) * GIB);
	f = tell(&s, METRIC_DISK_USAGE, false);
	assert_true(f.free_bytes <= 41 * GIB);
	assert_true(fabs(f.fill_rate - GIB / 10) < GIB / 200);
	for (int i = 0; i < 30; i++) /* nor does a minute of rest hide ten bad ones */
		sample(&s, 41 * GIB);
	f = tell(&s, METRIC_DISK_USAGE, false);
	assert_true(fabs(f.fill_rate - 9 * GIB / 600) < GIB / 200);
	end(&s);
}

/* Rounding of the history, space that was freed, one sample only: none of it is growth. */
static void
what_does_not_fill_has_no_rate(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	sample(&s, 40 * GIB);
	assert_true(tell(&s, METRIC_DISK_USAGE, false).fill_rate <= 0);
	for (int i = 0; i < 70; i++)
		sample(&s, 40 * GIB - i * 1024.0 * 1024);
	assert_true(tell(&s, METRIC_DISK_USAGE, false).fill_rate <= 0);
	sample(&s, 60 * GIB);
	assert_true(tell(&s, METRIC_DISK_USAGE, false).fill_rate <= 0);
	end(&s);
}

static void
only_alerts_on_space_have_it(void **state)
{
	struct scene s;

	(void)state;
	begin(&s);
	sample(&s, 40 * GIB);
	assert_true(tell(&s, METRIC_DISK_AVAILABLE, false).space_known);
	assert_false(tell(&s, METRIC_DISK_READ_ONLY, false).space_known);
	assert_false(tell(&s, METRIC_DISK_USAGE, true).space_known);
	end(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_disk_that_fills_says_how_fast),
	    cmocka_unit_test(what_does_not_fill_has_no_rate),
	    cmocka_unit_test(only_alerts_on_space_have_it),
	};

	return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
