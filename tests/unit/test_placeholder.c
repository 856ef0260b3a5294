/*
 * Templates as the operator writes them: what they compile to, and what is said of those that do
 * not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "src/conf/placeholder.c"

/* "text|{severity}|more" of a template. */
static void
expect(const char *text, const char *parts)
{
	struct arena *arena = arena_new();
	char why[PLACEHOLDER_WHY_MAX] = "", shown[4096];
	const struct placeholder_list *list = placeholder_compile(arena, text, why);
	struct buf b;

	if (list == NULL)
		fail_msg("%s: %s", text, why);
	buf_init(&b, shown, sizeof(shown));
	for (size_t i = 0; i < list->count; i++) {
		buf_adds(&b, i == 0 ? "" : "|");
		if (list->parts[i].what == PLACEHOLDER_LITERAL)
			buf_add(&b, list->parts[i].text, list->parts[i].len);
		else
			buf_addf(&b, "<%s>", placeholder_name(list->parts[i].what));
	}
	assert_string_equal(shown, parts);
	assert_true(placeholder_check(text, why));
	arena_free(arena);
}

static void
refuse(const char *text, const char *words)
{
	struct arena *arena = arena_new();
	char why[PLACEHOLDER_WHY_MAX] = "";

	assert_null(placeholder_compile(arena, text, why));
	if (strstr(why, words) == NULL)
		fail_msg("%s: %s", text, why);
	assert_false(placeholder_check(text, why));
	arena_free(arena);
}

static void
test_parts(void **state)
{
	(void)state;
	expect("just text", "just text");
	expect("{{value}}", "<value>");
	expect("{{severity}} on {{ hostname }}:\n{{\tmessage}}",
	    "<severity>| on |<hostname>|:\n|<message>");
	expect("a {single} brace, }} and } too", "a {single} brace, }} and } too");
	expect("{{{{value}}", "{{|value}}");
	expect("{{{{{{value}}", "{{|<value>");
	expect("{{value}}{{threshold}}", "<value>|<threshold>");
}

static void
test_every_name(void **state)
{
	char text[64], parts[64];

	(void)state;
	for (int i = PLACEHOLDER_LITERAL + 1; i < PLACEHOLDER_COUNT; i++) {
		const char *name = placeholder_name((enum placeholder)i);

		snprintf(text, sizeof(text), "{{%s}}", name);
		snprintf(parts, sizeof(parts), "<%s>", name);
		expect(text, parts);
		assert_non_null(placeholder_help((enum placeholder)i));
	}
	assert_null(placeholder_name(PLACEHOLDER_COUNT));
}

static void
test_refusals(void **state)
{
	(void)state;
	refuse("{{valeu}}", "{{valeu}} is no placeholder, did you mean {{value}}?");
	refuse("{{host}}", "is no placeholder");
	refuse("{{Severity}}", "did you mean {{severity}}?");
	refuse("{{xyzzy}}", "there are hostname, severity, metric");
	refuse("{{}}", "{{}} is no placeholder");
	refuse("{{value", "has a {{ without its }} (byte 1)");
	refuse("a {{ b {{value}}", "has a {{ without its }} (byte 3)");
	refuse("{{{value}}}", "did you mean {{value}}?");
	refuse("", "must not be empty");
	refuse("{{va\x01ue}}", "\\x01");
}

static void
test_too_many_parts(void **state)
{
	char text[PLACEHOLDER_PARTS_MAX * 10 + 20] = "";

	(void)state;
	for (int i = 0; i < PLACEHOLDER_PARTS_MAX; i++)
		memcpy(text + strlen(text), "{{value}}", 10);
	assert_true(placeholder_check(text, (char[PLACEHOLDER_WHY_MAX]){0}));
	memcpy(text + strlen(text), "{{value}}", 10);
	refuse(text, "more than 64 parts");
}

/* Whatever is compiled says all of the text: its parts, put back together, are it. */
static void
test_nothing_is_lost(void **state)
{
	static const char *const pieces[] = {
	    "{{value}}", "{{", "}}", "{", " x ", "{{{{", "{{cause}}"};
	unsigned seed = (unsigned)time(NULL);

	(void)state;
	print_message("seed %u\n", seed);
	for (int round = 0; round < 5000; round++) {
		char text[256] = "", again[512] = "", why[PLACEHOLDER_WHY_MAX];
		struct arena *arena = arena_new();
		const struct placeholder_list *list;

		for (int i = rand_r(&seed) % 8; i >= 0; i--) {
			const char *piece = pieces[rand_r(&seed) % 7];

			memcpy(text + strlen(text), piece, strlen(piece) + 1);
		}
		list = placeholder_compile(arena, text, why);
		for (size_t i = 0; list != NULL && i < list->count; i++) {
			const struct placeholder_part *p = &list->parts[i];
			size_t at = strlen(again);

			if (p->what != PLACEHOLDER_LITERAL)
				snprintf(again + at, sizeof(again) - at, "{{%s}}",
				    placeholder_name(p->what));
			else if (p->len == 2 && memcmp(p->text, "{{", 2) == 0)
				snprintf(again + at, sizeof(again) - at, "{{{{");
			else
				snprintf(
				    again + at, sizeof(again) - at, "%.*s", (int)p->len, p->text);
		}
		if (list != NULL)
			assert_string_equal(again, text);
		arena_free(arena);
	}
}

/* A wrong name is repeated up to a length; only what is longer is shown as cut. */
static void
test_long_names(void **state)
{
	char name[64], text[80], words[80];

	(void)state;
	memset(name, 'q', sizeof(name));
	for (size_t len = NAME_SHOWN - 1; len <= NAME_SHOWN + 1; len++) {
		snprintf(text, sizeof(text), "{{%.*s}}", (int)len, name);
		snprintf(words, sizeof(words), "{{%.*s%s}} is no placeholder: there are",
		    (int)(len < NAME_SHOWN ? len : NAME_SHOWN), name,
		    len > NAME_SHOWN ? "..." : "");
		refuse(text, words);
	}
}

/* How wrong a name may be to be guessed depends on its length. */
static void
test_guesses(void **state)
{
	(void)state;
	refuse("{{valxx}}", "did you mean {{value}}?");
	refuse("{{vxxxx}}", "there are hostname,");
	refuse("{{ }}", "{{}} is no placeholder");
	refuse("{{\t valeu \t}}", "{{valeu}} is no placeholder, did you mean {{value}}?");
	refuse("{{va lue}}", "{{va lue}} is no placeholder, did you mean {{value}}?");
	refuse("x{{", "(byte 2)");
	refuse("{{}", "(byte 1)");
	assert_null(placeholder_help(PLACEHOLDER_COUNT));
	assert_null(placeholder_name(PLACEHOLDER_LITERAL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_every_name),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_too_many_parts),
	    cmocka_unit_test(test_nothing_is_lost),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_guesses),
	};

	return cmocka_run_group_tests_name("placeholder", tests, NULL, NULL);
}
