/*
 * Which matches can mean something, and what is said of those that cannot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/conf/match_known.c"

static char busy[] = "busy-box";
static struct conf_rule own[] = {{.name = busy, .metric = METRIC_CPU_LOAD_1M}};
static const struct conf_detect detect = {.rules = own, .rule_count = 1};

static const char *
explain(const char *match)
{
	static char text[2 * MATCH_MAX];
	struct buf why;

	assert_null(match_check(match));
	buf_init(&why, text, sizeof(text));
	assert_true(match_known(match, &detect, &why) == (why.len == 0));
	return text;
}

static void
test_what_is_known(void **state)
{
	static const char *const known[] = {"*", "{}", "disk", "disk.*", "busy-*", "link_down",
	    "disk.*{mountpoint=/no/such*}", "{interface=wg?}", "disk{device=sda,mountpoint=/}",
	    "stale_file"};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_string_equal(explain(known[i]), "");
}

static void
test_what_is_not(void **state)
{
	static const struct {
		const char *match, *why;
	} cases[] = {
	    {"dsk.*", "no rule and no metric is called dsk.*; did you mean disk.*?"},
	    {"meme.*", "no rule and no metric is called meme.*; did you mean mem.*?"},
	    {"link_donw", "no rule and no metric is called link_donw; did you mean link_down?"},
	    {"busy-bx", "no rule and no metric is called busy-bx; did you mean busy-box?"},
	    {"disk.usage", "no rule and no metric is called disk.usage; did you mean disk.usage*?"},
	    {"zebra{mountpoint=/}", "no rule and no metric is called zebra"},
	    {"disk.*{mountpiont=/}",
	        "no metric of disk.* has a label mountpiont; did you mean mountpoint?"},
	    {"cpu{mountpoint=/}", "no metric of cpu has a label mountpoint"},
	    {"{planet=*}", "no metric has a label planet"},
	    {"{mountpoint=/,interface=eth0}", "no metric has all labels of the match"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(explain(cases[i].match), cases[i].why);
}

/* As long as a match can be: nothing runs over. */
static void
test_a_long_one(void **state)
{
	char match[MATCH_MAX];

	(void)state;
	memset(match, 'x', sizeof(match) - 1);
	match[sizeof(match) - 1] = '\0';
	assert_non_null(strstr(explain(match), "no rule and no metric is called xxx"));
	memcpy(match, "disk{", 5);
	memcpy(match + sizeof(match) - 4, "=x}", 3);
	assert_non_null(strstr(explain(match), "no metric of disk has a label xxx"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_known),
	    cmocka_unit_test(test_what_is_not),
	    cmocka_unit_test(test_a_long_one),
	};

	return cmocka_run_group_tests_name("match_known", tests, NULL, NULL);
}
