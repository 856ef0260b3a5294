/*
 * pidstat: whatever a process calls itself, its numbers are its own; what is cut is not believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/collect/pidstat.c"

#include "base/clock.h"

struct line {
	char text[2048];
	size_t len;
	size_t rss_end; /* just behind the blank after the resident size */
};

static void
render(struct line *l, const char *name, size_t name_len, const struct pidstat *st)
{
	int n = snprintf(l->text, sizeof(l->text), "4194304 (");

	memcpy(l->text + n, name, name_len);
	n += (int)name_len;
	n += snprintf(l->text + n, sizeof(l->text) - (size_t)n,
	    ") %c 1 2 -3 0 -1 %" PRIu64 " 9 9 9 9 %" PRIu64 " %" PRIu64 " -9 -9 20 -19 %" PRIu64
	    " 0 %" PRIu64 " 18446744073709551615 %" PRIu64 " ",
	    st->state, st->flags, st->utime, st->stime, st->threads, st->starttime, st->rss_pages);
	l->rss_end = (size_t)n;
	n += snprintf(l->text + n, sizeof(l->text) - (size_t)n, "18446744073709551615 1 1 0 0\n");
	l->len = (size_t)n;
}

static uint64_t
extreme(void)
{
	static const uint64_t some[] = {0, 1, 9, UINT32_MAX, INT64_MAX, UINT64_MAX};

	return rand() % 2 == 0 ? some[rand() % 6] : (uint64_t)rand() * (uint64_t)rand();
}

static void
assert_same(const struct pidstat *a, const struct pidstat *b)
{
	assert_int_equal(a->state, b->state);
	assert_true(a->flags == b->flags && a->utime == b->utime && a->stime == b->stime);
	assert_true(a->threads == b->threads && a->starttime == b->starttime);
	assert_true(a->rss_pages == b->rss_pages);
}

static void
test_any_name_and_numbers(void **state)
{
	static const char alphabet[] = ") R1(\n\t\\\"x\xff";
	unsigned seed = (unsigned)clock_seed();

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 2000; round++) {
		struct pidstat want = {.state = "RSDZTtXI"[rand() % 8],
		    .flags = extreme(),
		    .utime = extreme(),
		    .stime = extreme(),
		    .threads = extreme(),
		    .starttime = extreme(),
		    .rss_pages = extreme()};
		size_t name_len = (size_t)rand() % 16;
		struct pidstat got;
		struct line l;
		char name[16];

		for (size_t i = 0; i < name_len; i++)
			name[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
		render(&l, name, name_len, &want);
		assert_true(pidstat_parse(l.text, l.len, &got));
		assert_same(&got, &want);
		assert_int_equal(strnlen(got.name, sizeof(got.name)), name_len);
		assert_memory_equal(got.name, name, name_len);
		for (size_t cut = 0; cut < l.rss_end; cut++)
			assert_false(pidstat_parse(l.text, cut, &got));
	}
}

static void
test_known_names(void **state)
{
	static const char longest[] =
	    "kworker/u256:12-events_unbound_and_more_than_sixty_four_characters";
	struct pidstat want = {.state = 'S', .rss_pages = 7}, got;
	struct line l;

	(void)state;
	render(&l, ") R 1 (", 7, &want);
	assert_true(pidstat_parse(l.text, l.len, &got));
	assert_string_equal(got.name, ") R 1 (");
	assert_int_equal(got.state, 'S');
	render(&l, longest, sizeof(longest) - 1, &want);
	assert_true(pidstat_parse(l.text, l.len, &got));
	assert_string_equal(got.name, "kworker/u256:12");
}

static void
test_damaged(void **state)
{
	static const char *const bad[] = {"", "1", "1 (x", "1 x) S", ")(", "1 (x)", "1 (x) S",
	    "1 (x) S 0 0 0 0 -1 y 0 0 0 0 0 0 0 0 0 0 1 0 5 0 7 ",
	    "1 (x) S 0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 5 0 -7 ",
	    "1 (x) S 0 0 0 0 -1 0 0 0 0 0 99999999999999999999 0 0 0 0 0 1 0 5 0 7 ",
	    "1 (x) S  0 0 0 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 5 0 "};
	static const char *const head[] = {"1 (x) S", "1 (x)_S", "1 (x) SS", "1 )x( S", "1 x) S",
	    "1 (x S", "(x)", "(x) ", "(x) S", "(x) S "};
	static const char rest[] = " 1 2 -3 0 -1 0 9 9 9 9 1 2 -9 -9 20 -19 3 0 4 5 6\n";
	struct pidstat got;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pidstat_parse(bad[i], strlen(bad[i]), &got));
	/* Each from memory that ends with it. */
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
		char text[128], *copy;
		size_t len = (size_t)snprintf(
		    text, sizeof(text), "%s%s", head[i], head[i][0] == '1' ? rest : "");

		copy = memcpy(malloc(len + 1), text, len + 1);
		assert_int_equal(pidstat_parse(copy, len, &got), i == 0);
		free(copy);
	}
}

static void
test_small_files(void **state)
{
	static const char io[] = "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 5\n"
	                         "write_bytes: 18446744073709551615\ncancelled_write_bytes: 7\n";
	static const char limits[] = "Limit   Soft Limit   Hard Limit   Units     \n"
	                             "Max open files            1024                 524288"
	                             "               files     \n";
	static const char unlimited[] = "Max open files            unlimited            unlimited"
	                                "            files     \n";
	struct pidio pidio;
	uint64_t n;

	(void)state;
	assert_true(pidstat_io(io, sizeof(io) - 1, &pidio));
	assert_int_equal(pidio.read_bytes, 5);
	assert_true(pidio.write_bytes == UINT64_MAX);
	assert_false(pidstat_io(io, 50, &pidio));
	assert_true(pidstat_file_limit(limits, sizeof(limits) - 1, &n));
	assert_int_equal(n, 1024);
	assert_false(pidstat_file_limit(unlimited, sizeof(unlimited) - 1, &n));
}

static void
test_labels(void **state)
{
	static const char full[PIDSTAT_NAME_MAX] = "exactly_fifteen";
	static const char odd[PIDSTAT_NAME_MAX] = "a\nb\x7f\xff\xc3\xa9\xc3";
	static const char none[PIDSTAT_NAME_MAX] = "";
	static const char cut[PIDSTAT_NAME_MAX] = {'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j',
	    'k', 'l', 'm', '\xe2', '\x82', '\xac'};
	char out[PIDSTAT_NAME_MAX];

	(void)state;
	assert_string_equal(pidstat_label(odd, out), "a?b??\xc3\xa9?");
	assert_string_equal(pidstat_label(none, out), "");
	assert_string_equal(pidstat_label(full, out), full);
	assert_string_equal(pidstat_label(cut, out), "abcdefghijklm??");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_name_and_numbers),
	    cmocka_unit_test(test_known_names),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_small_files),
	    cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests_name("pidstat", tests, NULL, NULL);
}
