/*
 * Label sets, fingerprints, the line on one alert.
 */
#include "tests/unit/subject_help.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "src/model/facts.c"

static struct series
series_of(enum metric_id metric, uint64_t hash, const char *a, const char *b)
{
	struct series s = {
	    .metric = metric, .gen = 1, .hash = hash, .label_count = b == NULL ? 1 : 2};

	str_copy(s.text, 64, a);
	s.label_at[1] = 64;
	str_copy(s.text + 64, 64, b == NULL ? "" : b);
	return s;
}

static void
labels_are_copied_in_order(void **state)
{
	struct series s = series_of(METRIC_DISK_USAGE, 1, "/var", "sda1");
	struct subject_ref ref = subject_of_series(&s);
	char text[LABELS_TEXT_MAX];
	struct subject subject;

	(void)state;
	subject_describe(&ref, &subject);
	assert_string_equal(subject.name, "disk.usage_percent");
	assert_int_equal(subject.group, GROUP_DISK);
	assert_int_equal(subject.unit, UNIT_PERCENT);
	assert_true(subject.hash == 1 && subject_is_metric(&subject, METRIC_DISK_USAGE));
	assert_string_equal(label_set_get(&subject.labels, "device"), "sda1");
	assert_null(label_set_get(&subject.labels, "interface"));
	assert_string_equal(label_set_value(&subject.labels, 2), "");
	assert_string_equal(labels_text(&subject.labels, text), "mountpoint=/var,device=sda1");
}

static void
a_label_that_does_not_fit_changes_nothing(void **state)
{
	struct label_set set = {.count = 0}, before;
	char big[SERIES_TEXT_MAX + 1];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[SERIES_TEXT_MAX] = '\0';
	assert_true(label_set_add(&set, "a", "1"));
	before = set;
	assert_false(label_set_add(&set, "b", big));
	assert_false(label_set_add(&set, "a_key_of_twenty_four_bytes", "1"));
	assert_memory_equal(&set, &before, sizeof(set));
	big[SERIES_TEXT_MAX - 3] = '\0';
	assert_true(label_set_add(&set, "b", big));
	assert_false(label_set_add(&set, "c", ""));
	assert_string_equal(label_set_value(&set, 0), "1");
}

static void
fingerprint_tells_rules_and_series_apart(void **state)
{
	struct series a = series_of(METRIC_DISK_USAGE, 1, "/", NULL);
	struct series b = series_of(METRIC_DISK_USAGE, 2, "/var", NULL);
	char text[FINGERPRINT_TEXT_MAX];

	(void)state;
	assert_true(fingerprint_of("disk", a.hash) == fingerprint_of("disk", a.hash));
	assert_true(fingerprint_of("disk", a.hash) != fingerprint_of("disk", b.hash));
	assert_true(fingerprint_of("disk", a.hash) != fingerprint_of("disk2", a.hash));
	/* The same on every run and machine: it is on disk. */
	assert_string_equal(
	    fingerprint_text(fingerprint_of("disk", a.hash), text), "c0ad043a1d1969ed");
}

static struct alert_facts
facts_of(void)
{
	struct series s = series_of(METRIC_DISK_USAGE, 1, "/var", "sda1");
	struct subject_ref ref = subject_of_series(&s);
	struct alert_facts f = {.rule = "disk",
	    .severity = SEV_CRITICAL,
	    .value = 95.2,
	    .limit = 90,
	    .worst = 95.2,
	    .eta_secs = NAN,
	    .since.wall_ms = 1000000,
	    .count = 1};

	subject_describe(&ref, &f.subject);
	return f;
}

static void
line_says_what_where_how_much(void **state)
{
	struct alert_facts f = facts_of();
	char line[FACTS_LINE_MAX];

	(void)state;
	assert_string_equal(facts_line(&f, line),
	    "disk.usage_percent of /var (device=sda1) is 95.2% (limit 90.0%)");
	f.count = 3;
	f.count_secs = 300;
	f.eta_secs = 7200;
	assert_string_equal(facts_line(&f, line),
	    "disk.usage_percent of /var (device=sda1) is 95.2% (limit 90.0%), there in 2 h, "
	    "3 times in the last 5 min");
	f.value = 45.2;
	f.resolved.wall_ms = 1000000 + 720000;
	assert_string_equal(facts_line(&f, line),
	    "disk.usage_percent of /var (device=sda1) normalized: 45.2% (was 95.2%, for 12 min)");
	f.gone = true;
	assert_string_equal(facts_line(&f, line),
	    "disk.usage_percent of /var (device=sda1) is gone (was 95.2%, for 12 min)");
}

static void
line_leaves_out_what_is_no_number(void **state)
{
	struct alert_facts f = {
	    .subject = metric_subject(METRIC_CPU_USAGE), .value = NAN, .limit = NAN, .worst = NAN};
	char line[FACTS_LINE_MAX];

	(void)state;
	f.eta_secs = NAN;
	assert_string_equal(facts_line(&f, line), "cpu.usage_percent");
	set_metric(&f, METRIC_KERNEL_UPTIME);
	f.value = f.limit = f.eta_secs = 1e300;
	assert_non_null(strstr(facts_line(&f, line), "kernel.uptime_secs is "));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels_are_copied_in_order),
	    cmocka_unit_test(a_label_that_does_not_fit_changes_nothing),
	    cmocka_unit_test(fingerprint_tells_rules_and_series_apart),
	    cmocka_unit_test(line_says_what_where_how_much),
	    cmocka_unit_test(line_leaves_out_what_is_no_number),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
