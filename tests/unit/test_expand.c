/*
 * ${NAME} in a string: which names there are, what comes in for them, and how much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/conf/expand.c"

#include "base/mem.h"

static void
expect(const char *text, const char *want)
{
	struct arena *arena = arena_new();
	char why[EXPAND_WHY_MAX] = "", *got = expand_text(arena, text, why);

	if (got == NULL)
		fail_msg("%s: %s", text, why);
	assert_string_equal(got, want);
	arena_free(arena);
}

static void
refuse(const char *text, const char *words)
{
	struct arena *arena = arena_new();
	char why[EXPAND_WHY_MAX] = "";

	assert_null(expand_text(arena, text, why));
	if (strstr(why, words) == NULL)
		fail_msg("%s: %s", text, why);
	arena_free(arena);
}

static void
test_text_without_names(void **state)
{
	static const char *const texts[] = {
	    "", "a", "$", "$$", "$$$", "a$", "$a", "$ {a}", "}{$", "{a}"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		expect(texts[i], texts[i]);
		assert_false(expand_has_name(texts[i]));
	}
	expect("$${", "${");
	expect("a$${b}c", "a${b}c");
	expect("$$$${b}", "$$${b}");
	assert_false(expand_has_name("$${a}"));
}

static void
test_names(void **state)
{
	static const char *const names[] = {"a", "z", "A", "Z", "_", "_0", "x9", "aZ_5"};
	static const char *const bad[] = {"${}", "${0}", "${9a}", "${a", "${", "${a b}", "${`}",
	    "${{}", "${@}", "${[}", "${a/}", "${a:}", "${a-b}", "${a$}", "x${a"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[64];

		setenv(names[i], "it", 1);
		snprintf(text, sizeof(text), "${%s}", names[i]);
		expect(text, "it");
		assert_true(expand_has_name(text));
		snprintf(text, sizeof(text), "<${%s}${%s}>", names[i], names[i]);
		expect(text, "<itit>");
		unsetenv(names[i]);
	}
	setenv("a", "it", 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuse(bad[i], "is not ${NAME}");
		assert_true(expand_has_name(bad[i]));
	}
	setenv("a", "", 1);
	expect("<${a}>", "<>");
	unsetenv("a");
	refuse("${a}", "a is not set: set it, or write $${a} for a literal ${a}");
	setenv("a", "\xff", 1);
	refuse("${a}", "a is not UTF-8");
	unsetenv("a");
}

static void
test_the_longest_name(void **state)
{
	char name[65], text[80];

	(void)state;
	memset(name, 'n', 64);
	name[64] = '\0';
	snprintf(text, sizeof(text), "${%s}", name);
	setenv(name, "it", 1);
	refuse(text, "is not ${NAME}");
	unsetenv(name);
	name[63] = '\0';
	snprintf(text, sizeof(text), "${%s}", name);
	setenv(name, "it", 1);
	expect(text, "it");
	unsetenv(name);
}

static void
test_the_longest_result(void **state)
{
	char *text = mem_zalloc(EXPAND_MAX + 2, 1);

	(void)state;
	memset(text, 'x', EXPAND_MAX);
	expect(text, text);
	setenv("a", text, 1);
	expect("${a}", text);
	refuse("${a}x", "is longer than 65536 bytes");
	refuse("x${a}", "is longer than 65536 bytes");
	text[EXPAND_MAX] = 'x';
	refuse(text, "is longer than 65536 bytes");
	unsetenv("a");
	mem_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text_without_names),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_the_longest_name),
	    cmocka_unit_test(test_the_longest_result),
	};

	return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
