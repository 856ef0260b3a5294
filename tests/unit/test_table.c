/* The table of vital signs: what is there is shown, what is absent is not, and names are harmless.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/show/table.c"

#include "base/mem.h"

struct scene {
	struct series_table *series;
	struct batch batch;
	struct latest latest;
	struct table_input in;
	struct buf out;
};

static int
begin(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));
	struct now now = {.boot_ns = 100 * NS_PER_SEC, .wall_ms = 1700000000000};

	s->series = series_table_new(NULL);
	batch_init(&s->batch, s->series, 256);
	batch_reset(&s->batch, &now);
	latest_init(&s->latest, s->series);
	buf_init(&s->out, mem_zalloc(1, TABLE_TEXT_MAX), TABLE_TEXT_MAX);
	s->in = (struct table_input){.latest = &s->latest,
	    .now = now,
	    .hostname = "web-1",
	    .uptime_secs = NAN,
	    .max_lines = 2,
	    .width = 80};
	*fixture = s;
	return 0;
}

static int
end(void **fixture)
{
	struct scene *s = *fixture;

	mem_free(s->out.data);
	latest_done(&s->latest);
	batch_done(&s->batch);
	series_table_free(s->series);
	mem_free(s);
	return 0;
}

static void
add_mount(struct scene *s, const char *mountpoint, double usage)
{
	const char *labels[] = {mountpoint, "/dev/sda1", "ext4"};

	batch_add_labelled(
	    &s->batch, &(struct series_ref){0}, METRIC_DISK_USAGE, labels, usage, NAN);
}

static const char *
draw(struct scene *s)
{
	latest_add(&s->latest, &s->batch);
	s->out.len = 0;
	table_write(&s->in, &s->out);
	return s->out.data;
}

static void
an_empty_host_has_only_a_head(void **fixture)
{
	const char *text = draw(*fixture);

	assert_non_null(strstr(text, "web-1"));
	assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text));
	assert_null(strchr(text, '\033'));
	assert_null(strstr(text, "nan"));
}

static void
present_values_are_shown_in_their_units(void **fixture)
{
	struct scene *s = *fixture;
	const char *text;

	batch_add(&s->batch, METRIC_CPU_USAGE, 12.34, NAN);
	batch_add(&s->batch, METRIC_CPU_USER, 8, NAN);
	batch_add(&s->batch, METRIC_MEM_USAGE, 45.2, NAN);
	batch_add(&s->batch, METRIC_MEM_AVAILABLE, 3.0 * (1 << 30), NAN);
	text = draw(s);
	assert_non_null(strstr(text, "CPU    12.3% █▎"));
	assert_non_null(strstr(text, "user 8.0%"));
	assert_null(strstr(text, "steal"));
	assert_non_null(strstr(text, "available 3.0 GiB"));
	assert_non_null(strstr(text, "no swap"));
	assert_null(strstr(text, "nan"));
}

static void
rows_past_the_most_are_counted(void **fixture)
{
	struct scene *s = *fixture;
	const char *text;

	add_mount(s, "/", 10);
	add_mount(s, "/var", 20);
	add_mount(s, "/home", 30);
	add_mount(s, "/srv", 40);
	text = draw(s);
	assert_non_null(strstr(text, "/var"));
	assert_null(strstr(text, "/srv"));
	assert_non_null(strstr(text, "and 2 more\n"));
}

static void
names_cannot_drive_the_terminal(void **fixture)
{
	struct scene *s = *fixture;
	const char *text;

	add_mount(s, "/\033[2J\nx", 10);
	text = draw(s);
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "\\x1b[2J\\x0ax"));
}

static void
old_values_disappear(void **fixture)
{
	struct scene *s = *fixture;

	batch_add(&s->batch, METRIC_CPU_USAGE, 50, NAN);
	assert_non_null(strstr(draw(s), "CPU"));
	for (int i = 0; i < 3; i++) { /* three of its intervals */
		s->in.now.boot_ns += 10 * NS_PER_SEC;
		batch_reset(&s->batch, &s->in.now);
		assert_non_null(strstr(draw(s), "CPU"));
	}
	batch_reset(&s->batch, &s->in.now);
	s->in.now.boot_ns += 10 * NS_PER_SEC;
	batch_reset(&s->batch, &s->in.now);
	assert_null(strstr(draw(s), "CPU"));
}

static void
limits_colour_values(void **fixture)
{
	struct conf_detect limits_of = {0};
	struct scene *s = *fixture;

	for (int i = 0; i < LIMIT_COUNT; i++) {
		limits_of.warn[i] = 80;
		limits_of.critical[i] = 90;
	}
	s->in.limits = &limits_of;
	s->in.colour = true;
	batch_add(&s->batch, METRIC_CPU_USAGE, 85, NAN);
	batch_add(&s->batch, METRIC_MEM_USAGE, 95, NAN);
	draw(s);
	assert_non_null(strstr(s->out.data, "\033[33m 85.0%"));
	assert_non_null(strstr(s->out.data, "\033[1;31m 95.0%"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_empty_host_has_only_a_head, begin, end),
	    cmocka_unit_test_setup_teardown(present_values_are_shown_in_their_units, begin, end),
	    cmocka_unit_test_setup_teardown(rows_past_the_most_are_counted, begin, end),
	    cmocka_unit_test_setup_teardown(names_cannot_drive_the_terminal, begin, end),
	    cmocka_unit_test_setup_teardown(old_values_disappear, begin, end),
	    cmocka_unit_test_setup_teardown(limits_colour_values, begin, end),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
