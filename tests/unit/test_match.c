/*
 * Matchers: what is meant, what is not, and what is no matcher.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/model/match.c"

#include "model/metric.h"
#include "tests/unit/subject_help.h"

static struct alert_facts
facts(void)
{
	struct alert_facts f = {
	    .rule = "backup-disk", .subject = metric_subject(METRIC_DISK_USAGE)};

	label_set_add(&f.subject.labels, "mountpoint", "/backup,1");
	label_set_add(&f.subject.labels, "device", "sda1");
	label_set_add(&f.subject.labels, "fstype", "");
	return f;
}

static void
test_matches(void **state)
{
	static const char *const yes[] = {"*", "disk.*", "disk.usage_percent", "backup-*",
	    "disk.*{mountpoint=/backup*}", "{device=sda?}", "* { device = sda1 , fstype = }",
	    "disk.*{mountpoint=\"/backup,1\",device=sda1}", "{mountpoint=/backup\\,1}", "{}",
	    "*{device=\"*\"}", "{device=sda1,}"};
	static const char *const no[] = {"cpu.*", "disk", "disk.*{mountpoint=/}", "{interface=*}",
	    "{device=sda1,mountpoint=/x}", "{device=sd}", "backup{device=*}",
	    "{mountpoint=\"/backup\"}"};
	struct alert_facts f = facts();

	(void)state;
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		assert_null(match_check(yes[i]));
		if (!match_facts(yes[i], &f))
			fail_msg("%s should match", yes[i]);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		assert_null(match_check(no[i]));
		if (match_facts(no[i], &f))
			fail_msg("%s should not match", no[i]);
	}
	set_metric(&f, METRIC_COUNT);
	assert_false(match_facts("disk.*", &f));
	assert_true(match_facts("backup-disk", &f));
}

static void
test_refuses(void **state)
{
	static const char *const bad[] = {"", "  ", "a{", "a{b", "a{b}", "a{b=", "a{=x}", "a}",
	    "a{b=c}d", "a{b=c}{d=e}", "a{b=\"c}", "a{b=c\\}", "a{,}"};
	struct alert_facts f = facts();
	char longest[MATCH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (match_check(bad[i]) == NULL)
			fail_msg("%s should be refused", bad[i]);
		assert_false(match_facts(bad[i], &f));
	}
	memset(longest, '*', MATCH_MAX);
	longest[MATCH_MAX] = '\0';
	assert_non_null(match_check(longest));
	longest[MATCH_MAX - 1] = '\0';
	assert_null(match_check(longest));
	assert_true(match_facts(longest, &f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matches),
	    cmocka_unit_test(test_refuses),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
