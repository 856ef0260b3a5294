/*
 * Keys against each other, rules, and the keys whose feature is not there yet.
 */
#include "src/conf/check.c"

#include "tests/unit/conf_help.h"

static void
test_limits(void **state)
{
	struct conf *conf;

	(void)state;
	expect_error("\n[thresholds]\ncpu_warn_percent = 97\n", 3, 1,
	    "thresholds.cpu_warn_percent (97, line 3, column 1) must be below "
	    "thresholds.cpu_critical_percent (95, the default): change one, or set both");
	expect_error("[thresholds]\ndisk_critical_percent = 70\n", 2, 1,
	    "(80, the default) must be below thresholds.disk_critical_percent (70, line 2, "
	    "column 1): change one, or set both");
	expect_error("[thresholds]\nfd_percent = 50\nfd_warn_percent = 50\n", 3, 1,
	    "must be below thresholds.fd_percent (50, line 2, column 1)");
	expect_error("thresholds.load_per_core_warn = 4\n", 1, 12,
	    "load_per_core_critical (4, the default)");
	expect_error("[thresholds]\ncpu_percent = 9\ncpu_critical_percent = 9\n", 3, 1,
	    "thresholds.cpu_critical_percent and thresholds.cpu_percent (line 2, column 1)");
	conf =
	    load_ok("[thresholds]\ncpu_percent = 70\ncpu_warn_percent = 60\nmemory_percent = 10\n");
	assert_true(conf->detect.warn[LIMIT_CPU] == 60 && conf->detect.critical[LIMIT_CPU] == 70);
	assert_true(isnan(conf->detect.warn[LIMIT_MEMORY]));
	conf_free(conf);
}

static void
test_spellings(void **state)
{
	(void)state;
	expect_error(
	    "[alerting]\ndedup_window_secs = 1\n[alerting.rate_limit]\nmin_interval_secs = 1\n", 4,
	    1, "(line 2, column 1) set the same thing: keep one");
	expect_error(
	    "alerting.rate_limit.max_alerts_per_hour = 1\nalerting.rate_limit_per_hour = 1\n", 2,
	    10, "alerting.rate_limit.max_alerts_per_hour (line 1, column 21)");
	expect_error("alerting.group_window_secs = 1\nalerting.grouping.window_secs = 1\n", 2, 19,
	    "alerting.group_window_secs");
	expect_error("alerting.recovery_enabled = true\nalerting.recovery.enabled = true\n", 2, 19,
	    "alerting.recovery_enabled");
}

static void
test_collectors(void **state)
{
	(void)state;
	expect_error("[collector]\nenabled_collectors = ['cpu']\ndisk.enabled = true\n", 3, 6,
	    "collector.enabled_collectors (line 2, column 1) leaves out it");
	expect_error(
	    "[collector]\nenabled_collectors = ['cpu']\ncpu.enabled = false\n", 3, 5, "lists it");
	expect_error("[collector]\nenabled_collectors = ['fd']\ncpu.enabled = true\n", 3, 5,
	    "leaves out it");
	expect_error("[collector]\nenabled_collectors = ['fd']\nkernel.enabled = true\n", 3, 8,
	    "leaves out it");
	/* One mistake is one message. */
	expect_error("[collector]\nenabled_collectors = ['fd']\ncpu.enabled = 3\n", 3, 15,
	    "expected true or false");
	expect_error("[collector]\nenabled_collectors = [3]\ncpu.enabled = true\n", 2, 23,
	    "expected a string");
	conf_free(load_ok("[collector]\nenabled_collectors = ['cpu', 'fd']\ncpu.enabled = true\n"
	                  "disk.enabled = false\n"));
	assert_int_equal(report.warnings, 0);
	conf_free(load_ok("collector.enabled_collectors = []\n"));
	assert_int_equal(report.warnings, 1);
	assert_non_null(strstr(report.items[0].text, "so nothing is watched"));
}

static void
test_channels(void **state)
{
	struct conf *conf;

	(void)state;
	expect_error("[alerting.discord]\nenabled = true\n", 2, 1,
	    "needs alerting.discord.webhook_url (or webhook_url_file)");
	expect_error(
	    "[alerting.webhook]\nenabled = true\nurl = ''\n", 2, 1, "needs alerting.webhook.url");
	conf = load_ok("alerting.webhook.url = 'https://a.example'\n");
	assert_int_equal(report.warnings, 1);
	assert_non_null(
	    strstr(report.items[0].text, "has no effect without alerting.webhook.enabled = true"));
	assert_true(conf->channels[CHANNEL_CONSOLE].enabled);
	conf_free(conf);
	conf = load_ok("alerting.console.enabled = false\n");
	assert_int_equal(report.warnings, 1);
	assert_non_null(strstr(report.items[0].text, "reach nobody"));
	conf_free(conf);
	conf = load_ok("alerting.console.enabled = true\n[alerting.webhook]\nenabled = true\n"
	               "url = 'http://a.example'\nca_file = '/nonexistent/ca'\n");
	assert_true(conf->channels[CHANNEL_CONSOLE].enabled);
	assert_int_equal(report.warnings, 1);
	conf_free(conf);
	/* A key that was refused already is no cause of a second message. */
	expect_error("[alerting.webhook]\nenabled = 3\n", 2, 11, "expected true or false");
	expect_error("[alerting.webhook]\nenabled = true\nurl = 3\n", 3, 7, "expected a string");
	expect_error(
	    "[alerting.webhook]\nenabled = true\nurl = \"a\\u0007\"\n", 3, 7, "control characters");
	expect_error(
	    "[alerting.webhook]\nenabled = 3\nurl = 'https://a'\n", 2, 11, "expected true");
	conf = load_ok("alerting.webhook.enabled = false\nalerting.webhook.url = 'https://a'\n");
	assert_int_equal(report.warnings, 0);
	conf_free(conf);
	conf_free(load_ok(""));
	assert_int_equal(report.warnings, 0);
	conf_free(load_ok("[alerting.webhook]\nenabled = true\nurl = 'https://a'\n"
	                  "ca_file = '/dev/null'\n"));
	assert_int_equal(report.warnings, 0);
}

static void
test_roots(void **state)
{
	(void)state;
	expect_error("agent.proc_root = '/nonexistent'\n", 1, 7,
	    "agent.proc_root: /nonexistent: No such file or directory");
	expect_error("[agent]\nsys_root = '/dev/null'\n", 2, 1, "/dev/null is no folder");
	expect_error("agent.proc_root = ''\n", 1, 19, "must not be empty");
	conf_free(load_ok("[agent]\nproc_root = '/dev'\nsys_root = '/'\n"));
}

#define RULE "[[rules]]\nname = 'r'\nmetric = 'disk.usage_percent'\n"

static void
test_rules(void **state)
{
	(void)state;
	expect_error(
	    "[[rules]]\nmetric = 'cpu.load_1m'\nwarn = 1\n", 1, 1, "rules.name: is missing");
	expect_error("[[rules]]\nname = 'r'\nwarn = 1\n", 1, 1, "rules.metric: is missing");
	expect_error(
	    "[[rules]]\nname = 'cpu'\nmetric = 'cpu.load_1m'\nwarn = 1\n", 2, 1, "built-in rule");
	expect_error("[[rules]]\nname = 'r'\nmetric = 'disk.usage_percnt'\nwarn = 1\n", 3, 10,
	    "did you mean \"disk.usage_percent\"?");
	expect_error(RULE, 1, 1, "has no limit");
	expect_error(
	    RULE "warn = 5\ncritical = 5\n", 5, 1, "warn must be below critical with op \">=\"");
	expect_error(
	    RULE "op = '<'\nwarn = 5\ncritical = 6\n", 6, 1, "warn must be above critical");
	expect_error(RULE "op = '!='\nwarn = 5\ncritical = 6\n", 6, 1, "only one");
	expect_error(RULE "op = '=>'\nwarn = 5\n", 4, 6, "rules.op: must be one of \">=\"");
	expect_error(RULE "warn = 5\nlabels = {mount = '/x'}\n", 5, 1,
	    "disk.usage_percent has no label \"mount\": it has mountpoint, device, fstype");
	expect_error(
	    RULE "warn = 5\n" RULE "warn = 6\n", 6, 1, "taken by the rule at line 2, column 1");
	expect_error(RULE "enabled = false\n", 1, 1, "has no limit");
	expect_error("[[rules]]\nname = 'r'\nmetric = 'cpu.core_usage_percent'\nwarn = 5\n"
	             "labels = {x = 'y'}\n",
	    5, 1, "has no label \"x\": it has core");
	expect_error("[[rules]]\nname = 'r'\nmetric = 'cpu.load_1m'\nwarn = 5\n"
	             "labels = {x = 'y'}\n",
	    5, 1, "has no label \"x\": it has none");
	/* The limits that each comparison can have. */
	expect_error(RULE "op = '>'\nwarn = 5\ncritical = 5\n", 6, 1, "must be below critical");
	expect_error(RULE "op = '<='\nwarn = 5\ncritical = 5\n", 6, 1, "must be above critical");
	expect_error(RULE "op = '=='\nwarn = 5\ncritical = 5\n", 6, 1, "are the same");
	expect_error(RULE "critical = 5\nwarn = 6\n", 5, 1, "must be below critical");
	conf_free(load_ok(RULE "warn = 5\ncritical = 5.5\n"));
	conf_free(load_ok(RULE "op = '<'\nwarn = 5.5\ncritical = 5\n"));
	conf_free(load_ok(RULE "op = '=='\nwarn = 5\ncritical = 6\n"));
	conf_free(load_ok(RULE "op = '=='\nwarn = 6\ncritical = 5\n"));
	conf_free(load_ok(RULE "op = '!='\ncritical = 5\n"));
	/* One mistake is one message. */
	expect_error(RULE "warn = 'x'\n", 4, 8, "expected a number");
	expect_error(RULE "warn = 'x'\ncritical = 1\n", 4, 8, "expected a number");
	expect_error(RULE "warn = 5\ncritical = 'x'\n", 5, 12, "expected a number");
	expect_error(RULE "warn = 5\ncritical = 5\nop = 5\n", 6, 6, "expected a string");
	expect_error(
	    "[[rules]]\nname = 3\nmetric = 'cpu.load_1m'\nwarn = 1\n", 2, 8, "expected a string");
	expect_error("[[rules]]\nname = 'r'\nmetric = 3\nwarn = 1\n", 3, 10, "expected a string");
}

static void
test_rule_values(void **state)
{
	struct conf *conf =
	    load_ok("thresholds.clear_percent = 7\n" RULE
	            "warn = 95\nlabels = {device = 'sd*'}\nmessage = 'call ops'\n"
	            "[[rules]]\nname = 'l'\nmetric = 'cpu.load_1m'\nop = '<'\n"
	            "warn = 5\ncritical = 4\nfor_secs = 0\n"
	            "[[rules]]\nname = 'off'\nmetric = 'cpu.load_1m'\nwarn = 5\nenabled = false\n"
	            "[[rules]]\nname = 'm'\nmetric = 'cpu.load_1m'\nwarn = 5\n");
	const struct conf_rule *r = conf->detect.rules;

	(void)state;
	assert_int_equal(conf->detect.rule_count, 3);
	assert_int_equal(r[0].metric, METRIC_DISK_USAGE);
	assert_int_equal(r[0].labels.len, 1);
	assert_string_equal(r[0].labels.items[0].key, "device");
	assert_string_equal(r[0].labels.items[0].value, "sd*");
	assert_true(r[0].warn == 95 && isnan(r[0].critical) && r[0].op == OP_GE);
	assert_int_equal(r[0].for_secs, 0); /* as the built-in rule on that metric */
	assert_true(conf->detect.clear_percent == 7);
	assert_string_equal(r[0].message, "call ops");
	assert_int_equal(r[1].for_secs, 0);
	assert_int_equal(r[2].for_secs, 30);
	conf_free(conf);
	conf = load_ok("thresholds.for_secs = 12\n" RULE "warn = 95\n");
	assert_int_equal(conf->detect.rules[0].for_secs, 12);
	conf_free(conf);
	conf = load_ok("thresholds.for_secs = 0\n[[rules]]\nname = 'm'\nmetric = 'cpu.load_1m'\n"
	               "warn = 5\n[[rules]]\nname = 'n'\nmetric = 'cpu.usage_percent'\nwarn = 5\n");
	assert_int_equal(conf->detect.rules[0].for_secs, 0);
	assert_int_equal(conf->detect.rules[1].for_secs, 0);
	conf_free(conf);
	conf = load_ok("[[rules]]\nname = 'n'\nmetric = 'cpu.usage_percent'\nwarn = 5\n");
	assert_int_equal(conf->detect.rules[0].for_secs, 30);
	conf_free(conf);
}

#define SILENCE "[[alerting.silences]]\nmatch = '*'\n"

static void
test_silences(void **state)
{
	struct conf *conf;

	(void)state;
	expect_error("[[alerting.silences]]\nuntil = 2026-11-22T20:00:00Z\n", 1, 1,
	    "alerting.silences.match: is missing");
	expect_error("[[alerting.silences]]\nmatch = 'a{b'\n", 2, 9, "label=glob pairs");
	expect_error("[[alerting.silences]]\nmatch = ''\n", 2, 9, "must not be empty");
	expect_error(SILENCE, 1, 1, "would never end");
	expect_error(SILENCE "from = 2026-11-22T20:00:00Z\nuntil = 2026-11-22T21:00:00+02:00\n", 4,
	    1, "until must be after from");
	expect_error(SILENCE "until = 'tomorrow'\n", 3, 9, "must be a date and time");
	expect_error(SILENCE "until = 2026-11-22\n", 3, 9, "expected a date and time");
	expect_error(SILENCE "start = '22:00'\n", 1, 1, "both start and end");
	expect_error(SILENCE "start = '25:00'\nend = '23:00'\n", 3, 9, "must be a time of day");
	expect_error(SILENCE "days = ['monday']\n", 3, 9, "must list days");
	expect_error(SILENCE "until = 2026-11-22T20:00:00Z\nday = ['mon']\n", 4, 1,
	    "did you mean 'alerting.silences.days'?");
	expect_error("[alerting.silences]\nmatch = '*'\n", 1, 11, "expected an array of tables");
	expect_error(SILENCE "end = '22:00'\n", 1, 1, "both start and end");
	expect_error(SILENCE "from = 2026-11-22T20:00:00Z\nuntil = 2026-11-22T20:00:00Z\n", 4, 1,
	    "until must be after from");
	expect_error(SILENCE "from = 2026-11-22T20:00:00Z\n", 1, 1, "would never end");
	expect_error(SILENCE "allow_critical = 3\n", 3, 18, "expected true or false");
	conf_free(load_ok(SILENCE "from = 2026-11-22T20:00:00Z\nuntil = 2026-11-22T20:00:01Z\n"));
	conf_free(load_ok(SILENCE "days = ['sun']\nfrom = 2026-11-22T20:00:00Z\n"));
	conf = load_ok(SILENCE "start = '22:00'\nend = '24:00'\n" SILENCE "days = ['mon']\n");
	assert_int_equal(conf->alert.silences[0].weekdays, 127);
	assert_int_equal(conf->alert.silences[0].end_minute, 1440);
	assert_int_equal(conf->alert.silences[1].weekdays, 2);
	assert_int_equal(conf->alert.silences[1].start_minute, 0);
	assert_int_equal(conf->alert.silences[1].end_minute, 0);
	conf_free(conf);
}

static void
test_grouping(void **state)
{
	struct conf *conf = load_ok("[alerting]\ngroup_window_secs = 40\n");

	(void)state;
	assert_int_equal(conf->alert.group_window_secs, 40);
	conf_free(conf);
	conf = load_ok("[alerting.grouping]\nenabled = false\nwindow_secs = 40\n");
	assert_int_equal(conf->alert.group_window_secs, 0);
	conf_free(conf);
}

#define TELEGRAM "[alerting.telegram]\nenabled = true\n"
#define NTFY "[alerting.ntfy]\nenabled = true\n"

static void
test_services(void **state)
{
	struct conf *conf;

	(void)state;
	expect_error(TELEGRAM "chat_id = '1'\n", 2, 1, "needs alerting.telegram.bot_token");
	expect_error(TELEGRAM "bot_token = '1:a'\n", 2, 1, "needs alerting.telegram.chat_id");
	expect_error(TELEGRAM "chat_id = '1'\nbot_token = 'bot1:a'\n", 4, 13, "a bot's token");
	expect_error(TELEGRAM "bot_token = '1:a'\nchat_id = 'ops'\n", 4, 11, "number of a chat");
	expect_error(
	    TELEGRAM "bot_token = '1:a'\nchat_id = '1'\nparse_mode = 'Markdown'\n", 5, 14, "HTML");
	expect_error(TELEGRAM "bot_token = '1:a'\nchat_id = '1'\napi_url = 'http://a.example'\n", 5,
	    11, "must start with https://");
	expect_error(NTFY "url = 'https://ntfy.sh'\n", 3, 7, "name of a topic");
	expect_error(NTFY "url = 'https://ntfy.sh/'\n", 3, 7, "name of a topic");
	expect_error(NTFY "url = 'https://ntfy.sh/a?auth=x'\n", 3, 7, "must not have a query");
	expect_error(NTFY "url = 'https://ntfy.sh/a'\ntoken = 'a b'\n", 4, 9, "must be a token");
	expect_error("[alerting.pagerduty]\nenabled = true\n", 2, 1,
	    "needs alerting.pagerduty.routing_key (or routing_key_file)");
	expect_error("[alerting.slack]\nenabled = true\nwebhook_url = 'http://a.example'\n", 3, 15,
	    "must start with https://");
	conf = load_ok(TELEGRAM "bot_token = '1:a-b_c'\nchat_id = '-100'\n" NTFY
	                        "url = 'http://n.example:8080/up-1'\n"
	                        "[alerting.pagerduty]\nenabled = true\nrouting_key = 'k'\n");
	assert_string_equal(conf->channels[CHANNEL_TELEGRAM].url, "https://api.telegram.org");
	assert_false(conf->channels[CHANNEL_TELEGRAM].plain);
	assert_string_equal(
	    conf->channels[CHANNEL_PAGERDUTY].url, "https://events.pagerduty.com/v2/enqueue");
	assert_false(conf->channels[CHANNEL_CONSOLE].enabled);
	conf_free(conf);
}

/* "table.key = value" with a value of the type, the one that switches off or another. */
static void
write_key(const struct conf_key *key, bool off, char out[300])
{
	static const char *const values[KEY_TYPES][2] = {
	    [KEY_STRING] = {"'x'", "''"},
	    [KEY_ENUM] = {"'low'", "''"},
	    [KEY_STRINGS] = {"['x']", "[]"},
	    [KEY_PAIRS] = {"{a = 'x'}", "{}"},
	    [KEY_SEVERITIES] = {"['warn']", "[]"},
	    [KEY_TABLES] = {"[{a = 1}]", "[]"},
	};

	if (key->type == KEY_BOOL)
		snprintf(
		    out, 300, "%s = %s\n", key->name, (key->def != 0) == off ? "true" : "false");
	else if (key->type == KEY_INT || key->type == KEY_FLOAT)
		snprintf(out, 300, "%s = %d\n", key->name, (int)key->def + !off);
	else
		snprintf(out, 300, "%s = %s\n", key->name, values[key->type][off]);
}

static void
test_later(void **state)
{
	char text[700], gate[300];
	int count = 0;

	(void)state;
	for (size_t i = 0; i < KEY_ROWS; i++) {
		const struct conf_key *key = &conf_keys[i];

		if ((key->flags & KEY_UNSUPPORTED) == 0)
			continue;
		count++;
		write_key(key, false, text);
		expect_error(
		    text, 1, (int)(keys_leaf(key->name) - key->name) + 1, "not supported yet");
		assert_non_null(strstr(report.items[0].text, key->name));
		if ((key->flags & KEY_OFF) != 0) {
			write_key(key, true, text);
			conf_free(load_ok(text));
			assert_int_equal(report.len, 0);
		}
		if (key->gate != NULL) {
			assert_non_null(keys_find(key->gate));
			write_key(key, false, text);
			write_key(keys_find(key->gate), true, gate);
			snprintf(text + strlen(text), sizeof(gate), "%s", gate);
			conf_free(load_ok(text));
		}
	}
	assert_true(count > 10);
	expect_error("[collector.log]\nenabled = true\nsyslog_path = 'x'\n", 2, 1,
	    "collector.log.enabled: not supported yet");
	expect_error("collector.log.enabled = 'x'\n", 1, 25, "expected true or false");
}

#define DISCORD "[alerting.discord]\nenabled = true\nwebhook_url = 'https://d.example/x'\n"

static void
test_discord_names(void **state)
{
	(void)state;
	expect_warning(DISCORD "username = 'My DisCord bot'\n", 4, 1,
	    "alerting.discord.username: Discord takes no name with \"discord\" in it");
	expect_warning(DISCORD "username = 'Clyde'\n", 4, 1, "\"clyde\"");
	conf_free(load_ok(DISCORD "username = 'web-01'\n"));
	assert_int_equal(report.warnings, 0);
}

static void
test_proxies_of_the_environment(void **state)
{
	(void)state;
	setenv("HTTPS_PROXY", "http://user:hunter2@proxy.example:3128", 1);
	expect_warning(DISCORD, 2, 1,
	    "alerting.discord.proxy: is not given, and HTTPS_PROXY of the environment is not used");
	assert_null(strstr(report.items[0].text, "hunter2"));
	conf_free(load_ok(DISCORD "proxy = 'http://proxy.example:3128'\n"));
	assert_int_equal(report.warnings, 0);
	conf_free(load_ok(DISCORD "proxy = ''\n"));
	assert_int_equal(report.warnings, 0);
	conf_free(load_ok("[alerting.webhook]\nenabled = true\nurl = 'http://10.0.0.1/x'\n"));
	assert_int_equal(report.warnings, 0);
	expect_warning("[alerting.heartbeat]\nurl = 'https://h.example/x'\n", 2, 1,
	    "alerting.heartbeat.proxy");
	conf_free(load_ok("[alerting.email]\nenabled = true\nsmtp_host = 'mx.example.org'\n"
	                  "from = 'a@b'\nto = ['c@d']\n"));
	assert_int_equal(report.warnings, 0);
	unsetenv("HTTPS_PROXY");
	setenv("https_proxy", "http://proxy.example:3128", 1);
	expect_warning(DISCORD, 2, 1, "https_proxy of the environment");
	setenv("https_proxy", "", 1);
	conf_free(load_ok(DISCORD));
	assert_int_equal(report.warnings, 0);
	unsetenv("https_proxy");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_spellings),
	    cmocka_unit_test(test_collectors),
	    cmocka_unit_test(test_channels),
	    cmocka_unit_test(test_roots),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_rule_values),
	    cmocka_unit_test(test_silences),
	    cmocka_unit_test(test_grouping),
	    cmocka_unit_test(test_services),
	    cmocka_unit_test(test_later),
	    cmocka_unit_test(test_discord_names),
	    cmocka_unit_test(test_proxies_of_the_environment),
	};

	static const char *const variables[] = {"HTTPS_PROXY", "https_proxy", "HTTP_PROXY",
	    "http_proxy", "ALL_PROXY", "all_proxy"}; /* of this host: it would be warned of them */

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
