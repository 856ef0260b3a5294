/*
 * scan: whatever surrounds them, the numbers of a table come out; whatever is wrong with them, they
 * stay out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "src/collect/scan.c"

struct pair {
	uint64_t a, b;
};

static const struct scan_key keys[] = {
    SCAN_KEY("Alpha:", struct pair, a),
    SCAN_KEY("Beta:", struct pair, b),
};

/* The text in memory that ends where it ends. */
static char *
exact(const char *text)
{
	size_t len = strlen(text);
	char *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	return memcpy(copy, text, len);
}

static uint64_t
scan(const char *text, struct pair *out)
{
	char *copy = exact(text);
	uint64_t found;

	*out = (struct pair){77, 77};
	found = scan_keys(copy, strlen(text), keys, 2, out);
	free(copy);
	return found;
}

static void
test_keys(void **state)
{
	struct pair p;

	(void)state;
	assert_int_equal(scan("Alpha:  1 kB\nGamma: 5\nBeta:\t22\n", &p), 3);
	assert_int_equal(p.a, 1);
	assert_int_equal(p.b, 22);
	assert_int_equal(scan("Beta:2\nAlpha:18446744073709551615\n", &p), 3);
	assert_true(p.a == UINT64_MAX);
}

static void
test_keys_only_at_line_start(void **state)
{
	struct pair p;

	(void)state;
	assert_int_equal(scan("XAlpha: 1\n Alpha: 2\nSome Alpha: 3\n", &p), 0);
	assert_int_equal(p.a, 77);
}

static void
test_bad_numbers_are_absent(void **state)
{
	static const char *const bad[] = {"Alpha: -1\n", "Alpha: 18446744073709551616\n",
	    "Alpha: 12x\n", "Alpha:\n", "Alpha: \n", "Alpha: 12", "Alpha", "", "\n\n",
	    "Alpha: 0x10\n", "Alpha: 1.5\n", "Alpha: 99999999999999999999999999999999999999\n"};
	struct pair p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(scan(bad[i], &p), 0);
		assert_int_equal(p.a, 77);
	}
	/* The others are still there, and the first of two counts even when it is bad. */
	assert_int_equal(scan("Alpha: -1\nAlpha: 5\nBeta: 3\n", &p), 2);
	assert_int_equal(p.b, 3);
}

static void
test_nul_bytes(void **state)
{
	static const char text[] = "\0\0\nAlpha: 7\n\0Beta: 8\n";
	struct pair p = {0, 0};

	(void)state;
	assert_int_equal(scan_keys(text, sizeof(text) - 1, keys, 2, &p), 1);
	assert_int_equal(p.a, 7);
}

/* Any cut of a table gives a part of what the whole gives, and never a number that is not in it. */
static void
test_truncation(void **state)
{
	static const char text[] = "Alpha: 123456\nother 9\nBeta: 987654\n";
	struct pair p;

	(void)state;
	for (size_t n = 0; n <= sizeof(text) - 1; n++) {
		uint64_t found = scan_keys(text, n, keys, 2, &p);

		if (found & 1)
			assert_int_equal(p.a, 123456);
		if (found & 2)
			assert_int_equal(p.b, 987654);
		assert_int_equal(found, (n >= 14 ? 1 : 0) + (n >= sizeof(text) - 1 ? 2 : 0));
	}
}

/* Random tables of known numbers in random order, with lines of noise between. */
static void
test_random_tables(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 2000; round++) {
		uint64_t a = ((uint64_t)rand() << 31) + (uint64_t)rand(), b = (uint64_t)rand();
		char text[512], line[2][64];
		int first = rand() % 2, n = 0;
		struct pair p;

		snprintf(line[0], sizeof(line[0]), "Alpha:%*s%llu kB\n", rand() % 9, "",
		    (unsigned long long)a);
		snprintf(line[1], sizeof(line[1]), "Beta:%*s%llu\n", rand() % 9, "",
		    (unsigned long long)b);
		for (int i = 0; i < 2; i++) {
			for (int k = rand() % 4; k > 0; k--)
				n += snprintf(
				    text + n, sizeof(text) - (size_t)n, "noise%d: %d\n", k, rand());
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%s", line[first ^ i]);
		}
		assert_int_equal(scan(text, &p), 3);
		assert_true(p.a == a && p.b == b);
	}
}

static const struct scan_key columns[] = {
    SCAN_KEY("Good", struct pair, a),
    SCAN_KEY("Bad", struct pair, b),
};

static uint64_t
scan_table(const char *text, struct pair *out)
{
	char *copy = exact(text);
	uint64_t found;

	*out = (struct pair){77, 77};
	found = scan_columns(copy, strlen(text), "Tcp:", columns, 2, out);
	free(copy);
	return found;
}

static void
test_columns_by_name(void **state)
{
	struct pair p;

	(void)state;
	assert_int_equal(
	    scan_table("Ip: Good Bad\nIp: 1 2\nTcp: X Bad Y Good\nTcp: 5 6 -1 8\n", &p), 3);
	assert_int_equal(p.a, 8);
	assert_int_equal(p.b, 6);
	assert_int_equal(scan_table("Tcp: Good Bad\nTcp: 5 -6\n", &p), 1);
	/* Fewer values than names. */
	assert_int_equal(scan_table("Tcp: Good Bad\nTcp: 5\n", &p), 1);
	/* Not a pair, not the table, names that only begin alike. */
	assert_int_equal(scan_table("Tcp: Good Bad\nUdp: 5 6\n", &p), 0);
	assert_int_equal(scan_table("TcpExt: Good\nTcpExt: 5\n", &p), 0);
	assert_int_equal(scan_table("Tcp: Goodness Ba\nTcp: 5 6\n", &p), 0);
	assert_int_equal(scan_table("Tcp: Good\n", &p), 0);
	assert_int_equal(scan_table("Tcp: Good\nTcp: 5", &p), 0);
	assert_int_equal(scan_table("Tcp:\nTcp:\n", &p), 0);
	assert_int_equal(scan_table("Tcp\nTcp: Good\nTcp: 7\n", &p), 1);
	assert_int_equal(p.a, 7);
	assert_int_equal(scan_table("Tcp: Good\nTcp\n", &p), 0);
	/* Of a column that occurs twice the first counts, of a table that does as well. */
	assert_int_equal(scan_table("Tcp: Good Good\nTcp: 5 6\nTcp: Bad\nTcp: 1\n", &p), 1);
	assert_int_equal(p.a, 5);
	assert_int_equal(scan_table("Tcp: Good Good\nTcp: x 6\n", &p), 0);
}

static bool
single(const char *text, uint64_t *v)
{
	char *copy = exact(text);
	bool ok = scan_single(copy, strlen(text), v);

	free(copy);
	return ok;
}

static void
test_single(void **state)
{
	uint64_t v = 0;

	(void)state;
	assert_true(scan_single("42\n", 3, &v));
	assert_int_equal(v, 42);
	assert_false(scan_single("42 43\n", 6, &v));
	assert_false(scan_single("-42\n", 4, &v));
	assert_false(scan_single("\n", 1, &v));
	assert_false(scan_single("", 0, &v));
	assert_true(single("43", &v));
	assert_int_equal(v, 43);
	assert_true(single(" \t44 \t\n", &v));
	assert_int_equal(v, 44);
	assert_false(scan_single("4\0002\n", 4, &v));
}

static double
decimal(const char *text)
{
	char *copy = exact(text);
	const char *p = copy;
	double v;
	bool ok = scan_decimal(&p, copy + strlen(text), &v);

	free(copy);
	return ok ? v : -1;
}

static void
test_decimal(void **state)
{
	(void)state;
	assert_true(decimal("0.25 ") == 0.25);
	assert_true(decimal("12") == 12);
	assert_true(decimal("3.5\n") == 3.5);
	assert_true(decimal("1.000000000000000000000000001") == 1);
	assert_true(decimal("-1.5") == -1);
	assert_true(decimal("1.5e3") == -1);
	assert_true(decimal(".5") == -1);
	assert_true(decimal("nan") == -1);
	assert_true(decimal("1,5") == -1);
	assert_true(decimal("9.") == 9);
	assert_true(decimal("0.09 ") == 0.09);
	assert_true(decimal("0.123456789\n") == 0.123456789);
	assert_true(decimal("0.1234567899\n") == 0.123456789);
	assert_true(decimal("0.5/ ") == -1);
	assert_true(decimal("0.5:") == -1);
	assert_true(decimal("\t0.5\t") == 0.5);
	assert_true(decimal("") == -1);
}

/* As many keys as there are bits. */
static void
test_sixty_four_keys(void **state)
{
	static char names[64][8];
	struct scan_key many[64];
	uint64_t values[64];
	char text[2048];
	int n = 0;

	(void)state;
	for (size_t i = 0; i < 64; i++) {
		snprintf(names[i], sizeof(names[i]), "k%zu:", i);
		many[i] = (struct scan_key){
		    names[i], (uint16_t)strlen(names[i]), 0, i * sizeof(uint64_t)};
		n += snprintf(text + n, sizeof(text) - (size_t)n, "k%zu: %zu\n", i, i + 100);
	}
	assert_true(scan_keys(text, (size_t)n, many, 64, values) == UINT64_MAX);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(values[i], i + 100);
	assert_true(scan_keys(text, (size_t)n, many, 63, values) == UINT64_MAX >> 1);
}

/* A number some columns behind its key. */
static void
test_skipped_columns(void **state)
{
	static const struct scan_key skipping[] = {
	    SCAN_KEY_COLUMN("size ", 1, struct pair, a), SCAN_KEY_COLUMN("c ", 2, struct pair, b)};
	static const char text[] = "size 4 1234\nc x y 5\n", few[] = "size 4\nc x y\n";
	struct pair p;

	(void)state;
	assert_int_equal(scan_keys(text, sizeof(text) - 1, skipping, 2, &p), 3);
	assert_int_equal(p.a, 1234);
	assert_int_equal(p.b, 5);
	assert_int_equal(scan_keys(few, sizeof(few) - 1, skipping, 2, &p), 0);
}

static void
test_numbers_of_some_columns(void **state)
{
	static const unsigned char some[] = {0, 2, 3, 7};
	static const char line[] = "  10 x 18446744073709551616 30 -1  5 6\t70";
	uint64_t values[4] = {9, 9, 9, 9};

	(void)state;
	assert_int_equal(scan_numbers(line, line + sizeof(line) - 1, some, 4, values), 1 | 4 | 8);
	assert_int_equal(values[0], 10);
	assert_int_equal(values[1], 0);
	assert_int_equal(values[2], 30);
	assert_int_equal(values[3], 70);
	/* A line that is too short. */
	assert_int_equal(scan_numbers(line, line + 4, some, 4, values), 1);
	assert_int_equal(values[0], 10);
	assert_int_equal(values[3], 0);
	assert_int_equal(scan_numbers(line, line, some, 4, values), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_keys_only_at_line_start),
	    cmocka_unit_test(test_bad_numbers_are_absent),
	    cmocka_unit_test(test_nul_bytes),
	    cmocka_unit_test(test_truncation),
	    cmocka_unit_test(test_random_tables),
	    cmocka_unit_test(test_columns_by_name),
	    cmocka_unit_test(test_single),
	    cmocka_unit_test(test_decimal),
	    cmocka_unit_test(test_sixty_four_keys),
	    cmocka_unit_test(test_skipped_columns),
	    cmocka_unit_test(test_numbers_of_some_columns),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
