/*
 * gaps: what is not watched is listed as long as its owner says so, and no longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/collect/gaps.c"

#include "base/mem.h"
#include "fake_host.h"
#include "tests/unit/log_help.h"

static struct gaps gaps;

static const char *
words(size_t i)
{
	static char text[200];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	gaps_add_what(&gaps.items[i], &b);
	buf_adds(&b, ": ");
	gaps_add_why(&gaps.items[i], &b);
	return text;
}

static void
note(const char *what)
{
	gaps_note(
	    &gaps, &(struct gap){.kind = GAP_UNREAD, .root = "proc", .what = what, .err = ENOENT});
}

static void
what_is_not_noted_again_has_ended(void **state)
{
	(void)state;
	gaps.len = 0;
	gaps_begin(&gaps, 1);
	note("stat");
	note("vmstat");
	note("stat");
	gaps_end(&gaps);
	assert_int_equal(gaps.len, 2);
	/* Another owner's stay; one that both have is of who looked last. */
	gaps_begin(&gaps, 2);
	note("vmstat");
	gaps_end(&gaps);
	gaps_begin(&gaps, 1);
	gaps_end(&gaps);
	assert_int_equal(gaps.len, 1);
	assert_string_equal(words(0), "proc/vmstat: No such file or directory (ENOENT)");
	gaps_begin(&gaps, 2);
	gaps_end(&gaps);
	assert_int_equal(gaps.len, 0);
}

static void
a_table_that_is_taken_whole_is_none(void **state)
{
	(void)state;
	gaps.len = 0;
	gaps_note_bound(&gaps, "disks", NULL, 96, 96);
	gaps_note_bound(&gaps, "disks", NULL, 0, 0);
	assert_int_equal(gaps.len, 0);
	gaps_note_bound(&gaps, "disks", NULL, 96, 300);
	assert_string_equal(words(0), "disks: 96 of 300 are watched");
	gaps_note_bound(&gaps, "disks", NULL, 96, GAPS_UNCOUNTED);
	assert_string_equal(words(0), "disks: 96 are watched, and there are more");
	gaps_note_bound(&gaps, "disks", NULL, 90, 90);
	assert_int_equal(gaps.len, 0);
}

static void
the_list_has_an_end(void **state)
{
	static char names[GAPS_MAX + 5][8];

	(void)state;
	gaps.len = 0;
	for (size_t i = 0; i < GAPS_MAX + 5; i++) {
		snprintf(names[i], sizeof(names[i]), "f%zu", i);
		note(names[i]);
		note(names[0]);
	}
	assert_int_equal(gaps.len, GAPS_MAX);
}

/* By the collectors: a file that is not there, one that makes no sense, and both mended. */
static void
files_come_and_go(void **state)
{
	extern const struct collector collector_memory;
	struct fake f;

	(void)state;
	set_log_level(LOGL_ERROR);
	fake_init(&f);
	fake_open(&f, &collector_memory);
	fake_write(&f, "proc/vmstat", "pswpin 1\n");
	fake_write(&f, "proc/meminfo", "nonsense\n");
	for (int round = 1; round <= 3; round++) {
		gaps_begin(&f.host.gaps, 1);
		fake_collect(&f, round * 10);
		gaps_end(&f.host.gaps);
		gaps = f.host.gaps;
		assert_int_equal(gaps.len, round == 1 ? 2 : 1);
		fake_write(&f, "proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 5 kB\n");
	}
	assert_string_equal(words(0), "proc/pressure/memory: No such file or directory (ENOENT)");
	assert_string_equal(
	    gaps.items[0].metrics, "mem.pressure_some_percent, mem.pressure_full_percent");
	set_log_level(LOGL_INFO);
	fake_done(&f);
}

static void
what_is_too_long_to_be_read_at_once_is_said(void **state)
{
	struct host_file file = {.path = "huge", .tells = "x", .fd = -1};
	size_t len = HOST_TEXT_MAX + 5000;
	char *bytes = mem_zalloc(len, 1);
	struct fake f;
	FILE *log;

	(void)state;
	fake_init(&f);
	fake_write_bytes(&f, "proc/huge", bytes, len);
	log = catch_log(LOGL_WARN);
	assert_int_equal(host_read(&f.host, &file), HOST_TEXT_MAX - 1);
	assert_int_equal(host_read(&f.host, &file), HOST_TEXT_MAX - 1);
	assert_int_equal(count_logged(log, "only 524287 bytes of proc/huge"), 1);
	release_log(log);
	gaps = f.host.gaps;
	assert_int_equal(gaps.len, 1);
	assert_string_equal(
	    words(0), "proc/huge: only 524287 bytes of it, or of a line of it, are read");
	mem_free(bytes);
	fake_done(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_noted_again_has_ended),
	    cmocka_unit_test(a_table_that_is_taken_whole_is_none),
	    cmocka_unit_test(the_list_has_an_end),
	    cmocka_unit_test(files_come_and_go),
	    cmocka_unit_test(what_is_too_long_to_be_read_at_once_is_said),
	};

	return cmocka_run_group_tests_name("gaps", tests, NULL, NULL);
}
