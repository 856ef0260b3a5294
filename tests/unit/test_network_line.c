/*
 * network_line: lines of /proc/net/dev as kernels write them, and as they must not be believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/network_line.c"

#include "base/mem.h"

static struct network_line out;

/* From memory that ends where the line ends. */
static bool
parse(const char *line)
{
	size_t len = strlen(line);
	char *copy = memcpy(mem_zalloc(len > 0 ? len : 1, 1), line, len);
	bool ok = network_line_parse(copy, copy + len, &out);

	mem_free(copy);
	return ok;
}

static void
test_line(void **state)
{
	(void)state;
	assert_true(parse("  eth0: 100 2 3 4 5 6 7 8 900 10 11 12 13 14 15 16"));
	assert_string_equal(out.name, "eth0");
	assert_int_equal(out.have, 255);
	assert_int_equal(out.values[NETWORK_RX_BYTES], 100);
	assert_int_equal(out.values[NETWORK_RX_PACKETS], 2);
	assert_int_equal(out.values[NETWORK_RX_ERRORS], 3);
	assert_int_equal(out.values[NETWORK_RX_DROPS], 4);
	assert_int_equal(out.values[NETWORK_TX_BYTES], 900);
	assert_int_equal(out.values[NETWORK_TX_PACKETS], 10);
	assert_int_equal(out.values[NETWORK_TX_ERRORS], 11);
	assert_int_equal(out.values[NETWORK_TX_DROPS], 12);
	/* Old kernels put no blank after the colon; aliases have one in their name. */
	assert_true(parse("eth0:1:4294967295 2 3 4 5 6 7 8 900 10 11 12 13 14 15 16"));
	assert_string_equal(out.name, "eth0:1");
	assert_true(out.values[NETWORK_RX_BYTES] == 4294967295u);
}

static void
test_bad_fields_are_absent(void **state)
{
	(void)state;
	assert_true(parse("eth0: -1 2 18446744073709551616 4 5 6 7 8 900"));
	assert_int_equal(
	    out.have, 1 << NETWORK_RX_PACKETS | 1 << NETWORK_RX_DROPS | 1 << NETWORK_TX_BYTES);
}

static void
test_not_an_interface(void **state)
{
	static const char *const bad[] = {"Inter-|   Receive                |  Transmit",
	    " face |bytes    packets errs drop", "", ":", ": 1 2 3", "eth0:", "eth0: x y",
	    "0123456789abcdef: 1 2 3", "a/b: 1 2", "..: 1 2", ".: 1 2", "a b: 1 2", "a\033b: 1 2",
	    "a\177b: 1 2", "\177: 1 2", "/: 1 2", "a b/: 1 2", "\377\376: 1 2"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(parse(bad[i]));
	assert_true(parse("0123456789abcde: 1"));
	assert_true(parse("...: 1"));
	assert_true(parse(".a: 1"));
	assert_true(parse("a.: 1"));
	assert_true(parse("!~: 1"));
	assert_string_equal(out.name, "!~");
}

static void
test_operstate(void **state)
{
	(void)state;
	assert_int_equal(network_line_operstate("up\n", 3), 1);
	assert_int_equal(network_line_operstate("unknown\n", 8), 1);
	assert_int_equal(network_line_operstate("down\n", 5), 0);
	assert_int_equal(network_line_operstate("lowerlayerdown\n", 15), 0);
	assert_int_equal(network_line_operstate("dormant\n", 8), 0);
	assert_int_equal(network_line_operstate("notpresent\n", 11), 0);
	assert_int_equal(network_line_operstate("testing\n", 8), 0);
	assert_int_equal(network_line_operstate("up", 2), 1);
	assert_int_equal(network_line_operstate("up\n\n", 4), -1);
	assert_int_equal(network_line_operstate("\n", 1), -1);
	assert_int_equal(network_line_operstate("upp\n", 4), -1);
	assert_int_equal(network_line_operstate("", 0), -1);
	assert_int_equal(network_line_operstate("u", 1), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_bad_fields_are_absent),
	    cmocka_unit_test(test_not_an_interface),
	    cmocka_unit_test(test_operstate),
	};

	return cmocka_run_group_tests_name("network_line", tests, NULL, NULL);
}
