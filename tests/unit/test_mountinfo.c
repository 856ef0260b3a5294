/*
 * mountinfo: what was mounted comes out as it was, whatever bytes its path has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "src/collect/mountinfo.c"

#include "base/clock.h"

static size_t
parse(char *text, struct mountinfo *out, size_t max, bool *malformed)
{
	return mountinfo_parse(text, strlen(text), out, max, malformed);
}

/* As the kernel does: blanks, newlines, backslashes and # in octal. */
static void
escape(char *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; *text != '\0' && n + 5 < cap; text++) {
		if (strchr(" \t\n\\#", *text) != NULL)
			n += (size_t)snprintf(
			    out + n, cap - n, "\\%03o", (unsigned)(unsigned char)*text);
		else
			out[n++] = *text;
	}
	out[n] = '\0';
}

static void
random_text(char *out, size_t len)
{
	static const char alphabet[] = "ab/ \t\n\\#0134,-\xc3\xa9";

	for (size_t i = 0; i < len; i++)
		out[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
	out[len] = '\0';
}

static void
test_round_trip(void **state)
{
	static const char *const optional[] = {"", "shared:1 ", "master:2 propagate_from:3 "};
	unsigned seed = (unsigned)clock_seed();

	(void)state;
	print_message("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 3000; round++) {
		char words[3][32], escaped[3][160], text[1024];
		struct mountinfo m;
		bool malformed, ro = rand() % 2 == 0;

		for (int i = 0; i < 3; i++)
			random_text(words[i], (size_t)rand() % 31);
		words[1][0] = '/';
		words[1][1] = '\0';
		random_text(words[1] + 1, (size_t)rand() % 30);
		for (int i = 0; i < 3; i++)
			escape(escaped[i], sizeof(escaped[i]), words[i]);
		snprintf(text, sizeof(text), "%d %d %d:%d %s %s rw,noatime %s- fuse.x %s %s\n",
		    round, 7, 253, 3, escaped[0], escaped[1], optional[rand() % 3], escaped[2],
		    ro ? "ro,x" : "rw,x=ro");
		assert_int_equal(parse(text, &m, 1, &malformed), 1);
		assert_false(malformed);
		assert_int_equal(m.id, round);
		assert_int_equal(m.parent, 7);
		assert_int_equal(m.major, 253);
		assert_int_equal(m.minor, 3);
		assert_string_equal(m.root, words[0]);
		assert_string_equal(m.mountpoint, words[1]);
		assert_string_equal(m.source, words[2]);
		assert_string_equal(m.fstype, "fuse.x");
		assert_int_equal(m.super_read_only, ro);
		assert_false(m.mount_read_only);
	}
}

static void
test_read_only(void **state)
{
	static const struct {
		const char *mount, *super;
		bool mount_ro, super_ro;
	} cases[] = {
	    {"rw,relatime", "rw", false, false},
	    {"ro,relatime", "rw", true, false},
	    {"rw,relatime", "ro,errors=remount-ro", false, true},
	    {"rw", "rw,errors=remount-ro", false, false},
	    {"rw", "rw,emergency_ro", false, true},
	    {"rw", "rw,shutdown", false, true},
	    {"rw", "rw,foo=ro,zero", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mountinfo m;
		bool malformed;
		char text[256];

		snprintf(text, sizeof(text), "1 0 8:1 / / %s - ext4 /dev/sda1 %s\n", cases[i].mount,
		    cases[i].super);
		assert_int_equal(parse(text, &m, 1, &malformed), 1);
		assert_int_equal(m.mount_read_only, cases[i].mount_ro);
		assert_int_equal(m.super_read_only, cases[i].super_ro);
	}
}

static void
test_damaged(void **state)
{
	char text[] =
	    "\n \n1\n1 2 8:1 / / rw\n1 2 8:1 / / rw - ext4 x\nx 2 8:1 / / rw - ext4 x rw\n"
	    "1 2 81 / / rw - ext4 x rw\n1 2 8: / / rw - ext4 x rw\n"
	    "1 2 8:1 / not/absolute rw - ext4 x rw\n"
	    "5 2 8:1 / /good rw -  rw rw\n6 2 8:1 / /cut rw - ext4 x rw";
	struct mountinfo m[4];
	bool malformed;

	(void)state;
	assert_int_equal(mountinfo_count(text, strlen(text)), 10);
	assert_int_equal(parse(text, m, 4, &malformed), 1);
	assert_true(malformed);
	assert_string_equal(m[0].mountpoint, "/good");
	assert_string_equal(m[0].fstype, "");
	assert_int_equal(m[0].order, 9);
}

static void
test_old_form(void **state)
{
	char text[] = "/dev/sda1 / ext4 rw,errors=remount-ro 0 0\n"
	              "srv:/a\\040b /mnt/a\\040b nfs4 ro,vers=4.2 0 0\nnone\n";
	struct mountinfo m[3];
	bool malformed;

	(void)state;
	assert_int_equal(mountinfo_parse_mounts(text, strlen(text), m, 3, &malformed), 2);
	assert_true(malformed);
	assert_string_equal(m[0].source, "/dev/sda1");
	assert_false(m[0].super_read_only);
	assert_string_equal(m[1].mountpoint, "/mnt/a b");
	assert_string_equal(m[1].source, "srv:/a b");
	assert_true(m[1].super_read_only);
}

/* Three octal digits of a byte that is not NUL are one character; anything else is as it stands. */
static void
test_escapes(void **state)
{
	static const struct {
		const char *escaped, *want;
	} cases[] = {
	    {"/\\001", "/\001"},
	    {"/\\100\\107\\170\\177", "/@Gx\177"},
	    {"/\\377x", "/\377x"},
	    {"/\\200", "/\200"},
	    {"/\\000", "/\\000"},
	    {"/\\400", "/\\400"},
	    {"/\\/40", "/\\/40"},
	    {"/\\080", "/\\080"},
	    {"/\\0/0", "/\\0/0"},
	    {"/\\048", "/\\048"},
	    {"/\\04/", "/\\04/"},
	    {"/\\04", "/\\04"},
	    {"/\\", "/\\"},
	    {"/x040", "/x040"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mountinfo m;
		bool malformed;
		char text[256];

		snprintf(text, sizeof(text), "1 0 8:1 / %s rw - ext4 x rw\n", cases[i].escaped);
		assert_int_equal(parse(text, &m, 1, &malformed), 1);
		assert_string_equal(m.mountpoint, cases[i].want);
	}
}

/* What finds no place is left out, and so is what comes after. */
static void
test_more_than_fit(void **state)
{
	char text[] = "1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /b rw - ext4 b rw\n"
	              "3 1 8:3 / /c rw - ext4 c rw\n";
	struct mountinfo m[2];
	bool malformed;

	(void)state;
	assert_int_equal(parse(text, m, 2, &malformed), 2);
	assert_false(malformed);
	assert_string_equal(m[0].mountpoint, "/");
	assert_string_equal(m[1].mountpoint, "/b");
	assert_int_equal(m[1].order, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_read_only),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_old_form),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_more_than_fit),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
