/*
 * What a configuration may say, and hardly means: a warning with its place. And zones that are
 * none.
 */
#include <stdlib.h>

#include "base/zone.h"
#include "tests/unit/conf_help.h"

#define RULE "[[rules]]\nname = 'a'\nmetric = 'proc.zombies'\n"
#define SILENCE "[[alerting.silences]]\nmatch = 'cpu.*'\n"

static void
expect_none(const char *text)
{
	conf_free(load_ok(text));
	assert_int_equal(report.warnings, 0);
}

static void
test_limits_that_say_nothing(void **state)
{
	(void)state;
	expect_warning("[thresholds]\ncpu_percent = 0\n", 2, 1,
	    "thresholds.cpu_percent: is 0, which every value reaches");
	expect_warning(
	    "[thresholds]\nload_per_core_warn = 0\n", 2, 1, "thresholds.load_per_core_warn: is 0");
	expect_warning(RULE "warn = 0\n", 4, 1,
	    "rules: \"a\": every value is >= 0, so it alerts all the time");
	expect_warning(RULE "op = '<'\ncritical = 0\n", 5, 1,
	    "rules: \"a\": no value is < 0, so it never alerts");
	expect_warning(RULE "op = '=='\nwarn = -1\n", 5, 1, "no value is == -1");
	expect_warning(RULE "op = '!='\nwarn = -1\n", 5, 1, "every value is != -1");
	expect_none(RULE "op = '>'\nwarn = 0\n");
	expect_none(RULE "op = '!='\nwarn = 0\n");
	expect_none(RULE "op = '<='\nwarn = 0\n");
}

static void
test_silences_that_are_always_on(void **state)
{
	(void)state;
	expect_warning(SILENCE "start = '08:00'\nend = '08:00'\n", 3, 1,
	    "start: is the same as end, so it is silent for 24 hours from then on, every day, "
	    "without end");
	expect_warning(SILENCE "days = ['sun']\nstart = '08:00'\nend = '08:00'\n", 4, 1,
	    "so it is silent for 24 hours from then on");
	expect_warning(SILENCE "start = '00:00'\nend = '24:00'\n", 2, 1,
	    "this silence is on all the time, without end");
	expect_warning(SILENCE "days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']\n", 2, 1,
	    "this silence is on all the time, without end");
	expect_none(SILENCE "days = ['sat', 'sun']\n" SILENCE "start = '22:00'\nend = '07:00'\n");
	expect_none(SILENCE "start = '00:00'\nend = '24:00'\nuntil = 2099-01-01T00:00:00\n");
}

static struct conf *
load_at(const char *text, int64_t wall_ms)
{
	const struct now now = {.wall_ms = wall_ms};
	struct load l;

	load_init(&l, NULL, &report);
	read_bytes(&l, error_list_file(&l.errors, "t.toml"), text, strlen(text));
	return load_done(&l, &now, &report);
}

static void
test_a_silence_in_the_past(void **state)
{
	static const char text[] = SILENCE "until = 2026-11-22T20:00:00Z\n";

	(void)state;
	conf_free(load_at(text, 1795377600000 - 1));
	assert_int_equal(report.warnings, 0);
	conf_free(load_at(text, 1795377600000));
	assert_int_equal(report.warnings, 1);
	assert_int_equal(report.items[0].line, 3);
	assert_non_null(strstr(report.items[0].text,
	    "alerting.silences.until: it is over since 2026-11-22 20:00 UTC"));
}

static void
test_zones(void **state)
{
	(void)state;
	if (!zone_exists("Asia/Seoul")) {
		print_message("skip: this host has no tz database\n");
		skip();
	}
	expect_error("[agent]\ntimezone = 'Asia/Soul'\n", 2, 1,
	    "agent.timezone: there is no time zone \"Asia/Soul\": did you mean \"Asia/Seoul\"?");
	expect_error("[agent]\ntimezone = 'seoul'\n", 2, 1, "did you mean \"Asia/Seoul\"?");
	expect_error(
	    "[agent]\ntimezone = 'New York'\n", 2, 1, "did you mean \"America/New_York\"?");
	expect_error("[agent]\ntimezone = 'Berlin/Europe'\n", 2, 1, "there is no time zone");
	expect_error("[agent]\ntimezone = '/etc/localtime'\n", 2, 1,
	    "there is no time zone \"/etc/localtime\": give a name of the tz database");
	expect_none("[agent]\ntimezone = 'Asia/Seoul'\n");
	expect_none(""); /* and the system's again */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits_that_say_nothing),
	    cmocka_unit_test(test_silences_that_are_always_on),
	    cmocka_unit_test(test_a_silence_in_the_past),
	    cmocka_unit_test(test_zones),
	};

	if (setenv("TZ", "UTC", 1) != 0)
		return 1;
	return cmocka_run_group_tests_name("warnings", tests, NULL, NULL);
}
