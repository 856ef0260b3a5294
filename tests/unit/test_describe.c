/*
 * What --check says in words: the whole of it, for the shortest configuration and for others.
 */
#include "src/conf/describe.c"

#include <time.h>

#include "base/zone.h"
#include "tests/unit/conf_help.h"

static const char *
describe(const char *config)
{
	static char text[1 << 18];
	struct conf *conf = load_ok(config);
	int fd = memfd_create("describe", MFD_CLOEXEC);
	ssize_t len;

	assert_true(fd >= 0);
	conf_describe(conf, fd);
	len = pread(fd, text, sizeof(text) - 1, 0);
	assert_true(len > 0);
	text[len] = '\0';
	close(fd);
	conf_free(conf);
	return text;
}

/* From the line that begins so, as many lines as given. */
static void
expect_lines(const char *text, const char *lines)
{
	const char *first = strchr(lines, '\n'), *at = text;
	size_t len = (size_t)(first - lines);

	while (at != NULL && strncmp(at, lines, len) != 0) {
		at = strchr(at, '\n');
		at = at == NULL ? NULL : at + 1;
	}
	if (at == NULL || strncmp(at, lines, strlen(lines)) != 0)
		fail_msg("in:\n%s\nthere is not:\n%s", text, lines);
}

static void
test_the_defaults(void **state)
{
	const char *text = describe("agent.hostname = 'h'\n");

	(void)state;
	assert_true(
	    str_starts(text, "host: h\ntimes: UTC\nwatched: cpu every 10s, memory every 10s, "
	                     "disk every 1 min (traffic every 10s), network every 10s, "
	                     "process every 30s, fd every 10s, kernel every 10s\nlimits:\n"
	                     "  cpu: cpu.usage_percent, warn at 80.0%, critical at 95.0%, "
	                     "for 30s\n"));
	expect_lines(
	    text, "  disk: disk.usage_percent, warn at 80.0%, critical at 90.0%, at once\n");
	expect_lines(text, "  disk_busy: disk.io_time_percent, warn at 80.0%, critical at 95.0%, "
	                   "for 30s\n"
	                   "  disk_read_only: disk.read_only, critical: a file system that was "
	                   "writable is now read-only, at once\n"
	                   "  stale_mount: disk.stale, critical: the file system does not "
	                   "answer, or with an error only, two samples running\n"
	                   "  stale_file: agent.file_stale, critical: a file of the host does not "
	                   "answer, its metrics are missing, two samples running\n"
	                   "  agent_restarts: agent.restarts, critical: the agent crashes or hangs "
	                   "again and again: it misses what happens meanwhile, see its log, "
	                   "at once\n"
	                   "  link_down: net.link_up, warn: the network link went down, at "
	                   "once\n"
	                   "  an alert clears when the value is 5% back from its limit\n"
	                   "alerts go to:\n  console: warn, critical, emergency\n"
	                   "the same alert again: warn after 5 min, critical after 1 min, "
	                   "emergency at once\n"
	                   "alerts of one kind within 30s leave as one message; critical waits "
	                   "10s at most, emergency not at all\n"
	                   "messages on each channel: at most 10 a minute, at most 60 an hour, "
	                   "the rest in one digest, emergency passes\n"
	                   "when an alert is over: a message says so\n");
	assert_string_equal(
	    strstr(text, "when an alert is over"), "when an alert is over: a message says so\n");
}

static void
test_everything_off(void **state)
{
	const char *text = describe(
	    "agent.hostname = 'h'\nagent.labels = {a = '1'}\ncollector.enabled_collectors = []\n"
	    "alerting.console.enabled = false\nalerting.dedup.warn_secs = 0\n"
	    "alerting.dedup.critical_secs = 1\nalerting.dedup.emergency_secs = 60\n"
	    "alerting.rate_limit_per_minute = 0\nalerting.rate_limit_per_hour = 0\n"
	    "alerting.group_window_secs = 0\nalerting.recovery_enabled = false\n"
	    "thresholds.for_secs = 0\n");

	(void)state;
	expect_lines(text, "host: h (a=1)\ntimes: UTC\nwatched: nothing\nlimits:\n"
	                   "  cpu: cpu.usage_percent, warn at 80.0%, critical at 95.0%, at once\n");
	expect_lines(text, "alerts go to:\n  nobody\n"
	                   "the same alert again: warn at once, critical after 1s, "
	                   "emergency after 1 min\nevery alert is a message of its own\n"
	                   "messages on each channel: no limit\n"
	                   "when an alert is over: no message\n");
	assert_null(strstr(text, "heartbeat"));
	assert_null(strstr(text, "reminder"));
	assert_null(strstr(text, "silences"));
	assert_null(strstr(text, "rules of your own"));
}

static void
test_one_of_each(void **state)
{
	const char *text = describe(
	    "collector.enabled_collectors = ['disk', 'fd']\ncollector.disk.interval_secs = 1\n"
	    "collector.disk.io_interval_secs = 1\ncollector.fd.interval_secs = 120\n"
	    "thresholds.cpu_percent = 70\nthresholds.clear_percent = 2.5\n"
	    "[alerting]\nrate_limit_per_minute = 0\nrate_limit_per_hour = 1\nrepeat_secs = 1\n"
	    "escalation.warn_to_critical_after = 1\n"
	    "escalation.critical_to_emergency_after_mins = 1\n"
	    "console.severity_filter = ['info']\n"
	    "[alerting.heartbeat]\nurl = 'https://example.org'\ninterval_secs = 60\n"
	    "[[rules]]\nname = 'r'\nmetric = 'cpu.load_1m'\nop = '<'\ncritical = 1\nfor_secs = 1\n"
	    "[[rules]]\nname = 's'\nmetric = 'disk.usage_percent'\nwarn = 1\nfor_secs = 0\n"
	    "labels = {device = 'sd*', fstype = 'ext4'}\n"
	    "[[alerting.silences]]\nmatch = 'disk.*'\nuntil = 2026-11-22T20:00:00Z\n"
	    "[[alerting.silences]]\nmatch = '*'\nstart = '01:00'\nend = '02:00'\ncomment = 'c'\n");

	(void)state;
	expect_lines(text, "watched: disk every 1s (traffic every 1s), fd every 2 min\n");
	expect_lines(text, "  cpu: cpu.usage_percent, critical at 70.0%, for 30s\n");
	expect_lines(text, "  an alert clears when the value is 2.5% back from its limit\n"
	                   "rules of your own:\n  r: cpu.load_1m, critical at <1, for 1s\n"
	                   "  s: disk.usage_percent{device=sd*, fstype=ext4}, warn at >=1.0%, "
	                   "at once\n"
	                   "alerts go to:\n  console: info\n");
	expect_lines(text, "an alert that goes on: a reminder every 1s\n");
	expect_lines(text, "a warning becomes critical after 1 evaluations in a row\n"
	                   "a critical alert becomes an emergency after 1 min\n"
	                   "messages on each channel: at most 1 an hour, the rest in one digest, "
	                   "emergency passes\n"
	                   "when an alert is over: a message says so\n"
	                   "silences (times are local):\n"
	                   "  disk.*, until 2026-11-22 20:00 UTC\n  *, 01:00 to 02:00 (c)\n"
	                   "heartbeat: every 1 min, while everything works\n");
}

/* Which built-in rules a rule of the operator's leaves without work, and which ones in part. */
static void
test_replaced_rules(void **state)
{
	const char *text =
	    describe("[[rules]]\nname = 'all'\nmetric = 'cpu.usage_percent'\nwarn = 1\n"
	             "[[rules]]\nname = 'part'\nmetric = 'disk.usage_percent'\nwarn = 1\n"
	             "labels = {mountpoint = '/b*'}\n"
	             "[[rules]]\nname = 'part-2'\nmetric = 'disk.usage_percent'\nwarn = 1\n"
	             "labels = {mountpoint = '/c*'}\n"
	             "[[rules]]\nname = 'some'\nmetric = 'net.link_up'\nop = '<'\nwarn = 1\n"
	             "labels = {interface = 'eth*'}\n"
	             "[[rules]]\nname = 'every'\nmetric = 'net.link_up'\nop = '<'\nwarn = 1\n"
	             "labels = {interface = '*'}\n"
	             "[[rules]]\nname = 'off'\nmetric = 'mem.usage_percent'\nwarn = 1\n"
	             "enabled = false\n");

	(void)state;
	expect_lines(text, "  cpu: cpu.usage_percent, warn at 80.0%, critical at 95.0%, for 30s; "
	                   "replaced by all\n"
	                   "  memory: mem.usage_percent, warn at 80.0%, critical at 90.0%, "
	                   "for 30s\n"
	                   "  disk: disk.usage_percent, warn at 80.0%, critical at 90.0%, at once; "
	                   "where they match, replaced by part, part-2\n");
	expect_lines(text, "  link_down: net.link_up, warn: the network link went down, at "
	                   "once; replaced by every\n");
}

/* Dates are the wall's, like hours. */
static void
test_local_dates(void **state)
{
	const char *text;

	(void)state;
	if (!zone_exists("Asia/Seoul")) {
		print_message("skip: this host has no tz database\n");
		skip();
	}
	/* The zone is given below what is read by it. */
	text = describe("[[alerting.silences]]\nmatch = 'disk.*'\n"
	                "from = 2026-11-22T20:00:00\nuntil = 2026-11-23T01:00:00Z\n"
	                "[agent]\ntimezone = 'Asia/Seoul'\n");
	expect_lines(text, "times: Asia/Seoul\n");
	expect_lines(text, "silences (times are local):\n  disk.*, from 2026-11-22 20:00 +09:00, "
	                   "until 2026-11-23 10:00 +09:00\n");
}

/* With more rules and labels than the buffer holds at once, all of it is said. */
static void
test_many_rules(void **state)
{
	static char config[1 << 18];
	char value[201];
	const char *text;
	size_t used = 0;
	int n = 0;

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 256; i++)
		used += (size_t)snprintf(config + used, sizeof(config) - used,
		    "[[rules]]\nname = 'rule-%d'\nmetric = 'disk.usage_percent'\nwarn = 1\n"
		    "labels = {device = '%s', fstype = '%s'}\n",
		    i, value, value);
	text = describe(config);
	assert_true(strlen(text) > 64 * 1024);
	for (const char *at = text; (at = strstr(at, "  rule-")) != NULL; at++)
		n++;
	assert_int_equal(n, 256);
	assert_non_null(strstr(text, "when an alert is over"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_defaults),
	    cmocka_unit_test(test_everything_off),
	    cmocka_unit_test(test_one_of_each),
	    cmocka_unit_test(test_replaced_rules),
	    cmocka_unit_test(test_local_dates),
	    cmocka_unit_test(test_many_rules),
	};

	if (setenv("TZ", "UTC", 1) != 0)
		return 1;
	return cmocka_run_group_tests_name("describe", tests, NULL, NULL);
}
