/*
 * What a key may hold: each wrong value is one error at its exact place, with a way out.
 */
#include "src/conf/value.c"

#include "tests/unit/conf_help.h"

static const struct {
	const char *text;
	int line, col;
	const char *words;
} BAD[] = {
    /* names */
    {"agnet = 1", 1, 1, "unknown key 'agnet': did you mean 'agent'?"},
    {"[agent]\nhostnam = 'x'", 2, 1, "unknown key 'agent.hostnam': did you mean 'agent.hostname'?"},
    {"[threshold]\nx = 1", 1, 2, "unknown table 'threshold': did you mean 'thresholds'?"},
    {"[alerting.discrod]", 1, 11, "did you mean 'alerting.discord'?"},
    {"[agent]\n\tcpu_warn_percent = 1", 2, 2, "did you mean 'thresholds.cpu_warn_percent'?"},
    {"[thresholds]\ncpu_wran_percent = 1", 2, 1, "did you mean 'thresholds.cpu_warn_percent'?"},
    {"[thresholds]\nload_per_core = 1", 2, 1, "unknown key 'thresholds.load_per_core'"},
    {"[alerting.discord]\nwebhook_url_fiel = ''", 2, 1, "'alerting.discord.webhook_url_file'?"},
    {"[collector.fd]\nio_interval_secs = 1", 2, 1, "did you mean 'collector.fd.interval_secs'?"},
    {"qqqqqqqqqqqqqqqqqq = 1", 1, 1, "see CONFIGURATION.md"},
    {"\"agent.user\" = 'x'", 1, 1, "unknown key '\"agent.user\"'"},
    {"\"\" = 1", 1, 1, "unknown key '\"\"'"},
    {"agent.\"us\\u0000er\" = 'x'", 1, 7, "unknown key"},
    {"[[rules]]\nname = 'a'\nmetric = 'cpu.load_1m'\nwarn = 1\ncritcal = 2", 5, 1,
        "unknown key 'rules.critcal': did you mean 'rules.critical'?"},
    /* tables that are none, and the other way round */
    {"agent = 3", 1, 1, "agent: expected a table, found an integer: write [agent]"},
    {"[[agent]]\nuser = 'x'", 1, 3, "agent: expected a table, found an array"},
    {"[rules]\nname = 'x'", 1, 2, "write [[rules]]"},
    {"rules = [1]", 1, 10, "rules: expected a table, found an integer"},
    {"agent.user.x = 1", 1, 7, "agent.user: expected a string, found a table"},
    /* types */
    {"agent.collect_interval_secs = \"10\"", 1, 31, "expected an integer, found the string \"10\""},
    {"agent.collect_interval_secs = 10.0", 1, 31, "expected an integer, found the float 10"},
    {"[alerting.slack]\nwebhook_url = 12345", 2, 15,
        "webhook_url: expected a string, found an integer"}, /* and not which */
    {"agent.user = 7", 1, 14, "agent.user: expected a string, found the integer 7"},
    {"agent.user = 1979-05-27", 1, 14, "expected a string, found a date"},
    {"collector.cpu.enabled = 'yes'", 1, 25, "expected true or false, found the string \"yes\""},
    {"agent.labels = ['a']", 1, 16, "expected a table of strings, found an array"},
    {"agent.labels = {a = 1}", 1, 21, "agent.labels: expected a string, found the integer 1"},
    {"collector.process.track_patterns = 'x'", 1, 36, "expected a list of strings"},
    {"collector.process.track_patterns = ['x', true]", 1, 42, "expected a string, found true"},
    {"alerting.console.severity_filter = 'warn'", 1, 36, "expected a list of severities"},
    {"thresholds.cpu_percent = '90'", 1, 26, "expected a number, found the string \"90\""},
    /* ranges */
    {"agent.collect_interval_secs = 0", 1, 31, "must be from 1 to 3600, found the integer 0"},
    {"collector.disk.interval_secs = 3601", 1, 32, "must be from 1 to 3600"},
    {"thresholds.cpu_percent = 250", 1, 26, "must be from 0 to 100, found the integer 250"},
    {"thresholds.cpu_percent = -0.5", 1, 26, "must be from 0 to 100, found the float -0.5"},
    {"thresholds.cpu_percent = nan", 1, 26, "found the float nan"},
    {"thresholds.cpu_percent = inf", 1, 26, "found the float inf"},
    {"storage.ring_buffer_size = 9223372036854775807", 1, 28, "must be from 2 to 1000000"},
    /* shapes */
    {"agent.log_level = 'inof'", 1, 19, "must be one of \"trace\", \"debug\", \"info\""},
    {"agent.log_format = 'xml'", 1, 20,
        "must be one of \"text\", \"json\"; found the string \"xml\""},
    {"agent.user = ''", 1, 14, "must be the name of a user"},
    {"agent.data_dir = ''", 1, 18, "must not be empty"},
    {"agent.hostname = 'a b'", 1, 18, "must not contain spaces"},
    {"agent.hostname = \"a\\u0007\"", 1, 18, "control characters"},
    {"agent.hostname = \"a\\u0000\"", 1, 18, "control characters"},
    {"agent.user = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", 1, 14,
        "must be at most 32 bytes long, found 33"},
    {"agent.labels = {'a-b' = 'x'}", 1, 17, "no label name"},
    {"collector.enabled_collectors = ['cpu', 'dsik']", 1, 40, "must name collectors"},
    {"collector.enabled_collectors = ['log']", 1, 33, "not supported yet"},
    {"collector.network.exclude_interfaces = ['']", 1, 41, "empty entry"},
    {"alerting.console.severity_filter = ['warning']", 1, 37, "must list some of"},
    {"alerting.console.severity_filter = ['none']", 1, 37, "must list some of"},
    {"alerting.console.severity_filter = []", 1, 36, "set enabled = false"},
    {"alerting.webhook.method = 'GET'", 1, 27, "must be \"POST\", \"PUT\" or \"PATCH\""},
    {"alerting.webhook.headers = {'a b' = 'x'}", 1, 29, "no HTTP header name"},
    {"alerting.webhook.headers = {a = \"x\\r\\ny\"}", 1, 33, "control characters"},
};

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		expect_error(BAD[i].text, BAD[i].line, BAD[i].col, BAD[i].words);
}

static const struct {
	const char *url;
	bool webhook, discord, proxy;
} URLS[] = {
    {"https://discord.com/api/webhooks/...", true, true, true},
    {"HTTPS://user:pass@Example.com:8443/x?y#z", true, true, true},
    {"http://example.com", true, false, true},
    {"http://localhost:8080/x", true, true, true},
    {"http://127.0.0.1/x", true, true, true},
    {"http://[::1]:80/x", true, true, true},
    {"http://127.0.0.1@evil.example/", true, false, true},
    {"http://127.evil.example/", true, false, true},
    {"http://127.0.0.53:80/x", true, true, true},
    {"http://localhost.evil.example/", true, false, true},
    {"https://[fe80::1]/", true, true, true},
    {"socks5://proxy:1080", false, false, true},
    {"https://", false, false, false},
    {"https:///path", false, false, false},
    {"https://host:/x", false, false, false},
    {"https://host:x/", false, false, false},
    {"https://[::1/x", false, false, false},
    {"https://a b/", false, false, false},
    {"https://\xc3\xa4.example/", false, false, false},
    {"ftp://example.com", false, false, false},
    {"file:///etc/passwd", false, false, false},
    {"example.com", false, false, false},
};

static bool
is_accepted(const char *fmt, const char *url)
{
	char text[300];
	struct conf *conf;
	bool ok;

	snprintf(text, sizeof(text), "alerting.%s = \"%s\"", fmt, url);
	conf = load_text(text);
	ok = conf != NULL;
	for (size_t i = 0; i < report.len; i++)
		assert_null(strstr(report.items[i].text, url));
	conf_free(conf);
	return ok;
}

static void
test_urls(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(URLS) / sizeof(URLS[0]); i++) {
		if (is_accepted("webhook.url", URLS[i].url) != URLS[i].webhook ||
		    is_accepted("discord.webhook_url", URLS[i].url) != URLS[i].discord ||
		    is_accepted("webhook.proxy", URLS[i].url) != URLS[i].proxy)
			fail_msg("%s", URLS[i].url);
	}
}

/* A secret that is refused is not repeated. */
static void
test_secrets_stay_out(void **state)
{
	static const char *const texts[] = {
	    "alerting.discord.webhook_url = \"planted\"",
	    "alerting.discord.webhook_url = [\"planted\"]",
	    "alerting.webhook.headers = \"planted\"",
	    "alerting.webhook.headers = {a = [\"planted\"]}",
	    "alerting.webhook.proxy = \"planted\\u0001\"",
	    "alerting.slack.webhook_url = \"planted\"",
	    "alerting.email.password = 5432",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_null(load_text(texts[i]));
		for (size_t n = 0; n < report.len; n++) {
			assert_null(strstr(report.items[n].text, "planted"));
			assert_null(strstr(report.items[n].text, "5432"));
		}
	}
}

static void
test_all_at_once(void **state)
{
	char text[8000] = "[agent]\n";

	(void)state;
	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "zzzzzzzzzz%d = 1\n", i);
	assert_null(load_text(text));
	assert_int_equal(report.errors, 100);
	assert_int_equal(report.len, CONF_ERRORS_MAX);
	for (int i = 0; i < CONF_ERRORS_MAX; i++)
		assert_int_equal(report.items[i].line, i + 2);
	assert_null(load_text("thresholds.cpu_warn_percent = 97\nagent.user = 1\nagent.x = 1\n"
	                      "analyzer.ema_alpha = 0.5\nrules = [{}]\n"));
	assert_int_equal(report.errors, 7);
	for (size_t i = 1; i < report.len; i++)
		assert_true(report.items[i - 1].line <= report.items[i].line);
}

static void
test_accepted(void **state)
{
	struct conf *conf = load_ok("thresholds.cpu_percent = 90\nagent.log_format = 'json'\n"
	                            "agent.log_file = 'stderr'\nagent.hostname = ''\n"
	                            "alerting.console.severity_filter = ['info', 'emergency']\n");

	(void)state;
	assert_true(conf->agent.log_json);
	assert_string_equal(conf->agent.log_file, "");
	assert_true(*conf->agent.hostname != '\0');
	assert_int_equal(
	    conf->channels[CHANNEL_CONSOLE].severities, SEV_BIT(SEV_INFO) | SEV_BIT(SEV_EMERGENCY));
	conf_free(conf);
}

/* Whether a line of the report has these words. */
static bool
is_said(const char *words)
{
	for (size_t i = 0; i < report.len; i++) {
		if (strstr(report.items[i].text, words) != NULL)
			return true;
	}
	return false;
}

static bool
is_in_range(const struct conf_key *key, double value)
{
	char text[128];

	snprintf(text, sizeof(text), "%s = %.15g\n", key->name, value);
	conf_free(load_text(text));
	return !is_said("must be from");
}

static void
test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_ROWS; i++) {
		const struct conf_key *key = &conf_keys[i];
		double step = key->type == KEY_INT ? 1 : 0.25;

		if (key->name == NULL || (key->flags & KEY_UNSUPPORTED) != 0 ||
		    (key->type != KEY_INT && key->type != KEY_FLOAT))
			continue;
		if (!is_in_range(key, key->min) || !is_in_range(key, key->max))
			fail_msg("%s: a bound is refused", key->name);
		if (is_in_range(key, key->min - step) ||
		    (key->max < 1e12 && is_in_range(key, key->max + step)))
			fail_msg("%s: what is out of range is taken", key->name);
	}
}

/* A text of so many bytes between two others. */
static const char *
filled(const char *before, char c, size_t len, const char *after)
{
	static char text[1 << 17];
	size_t at = strlen(before);

	memcpy(text, before, at);
	memset(text + at, c, len);
	strcpy(text + at + len, after);
	return text;
}

static void
test_lengths(void **state)
{
	static char text[1 << 17];
	size_t used;

	(void)state;
	conf_free(load_ok(filled("agent.user = '", 'a', 32, "'\n")));
	conf_free(load_ok(filled("agent.log_file = '/", 'a', 4094, "'\n")));
	assert_null(load_text(filled("agent.log_file = '/", 'a', 4095, "'\n")));
	assert_true(is_said("must be at most 4095 bytes long, found 4096"));
	conf_free(
	    load_ok(filled("collector.process.track_patterns = ['", 'a', KEY_ITEM_MAX, "']\n")));
	assert_null(load_text(
	    filled("collector.process.track_patterns = ['", 'a', KEY_ITEM_MAX + 1, "']\n")));
	assert_true(is_said("must be at most 256 bytes long, found 257"));
	for (size_t n = KEY_ITEMS_MAX; n <= KEY_ITEMS_MAX + 1; n++) {
		struct conf *conf;

		used = (size_t)snprintf(text, sizeof(text), "collector.process.track_patterns = [");
		for (size_t i = 0; i < n; i++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "'x%zu',", i);
		snprintf(text + used, sizeof(text) - used, "]\n");
		conf = load_text(text);
		assert_int_equal(conf != NULL, n == KEY_ITEMS_MAX);
		assert_int_equal(is_said("at most 256 entries, found 257"), conf == NULL);
		conf_free(conf);
	}
	for (size_t n = KEY_PAIRS_MAX; n <= KEY_PAIRS_MAX + 1; n++) {
		struct conf *conf;

		used = (size_t)snprintf(text, sizeof(text), "[agent.labels]\n");
		for (size_t i = 0; i < n; i++)
			used +=
			    (size_t)snprintf(text + used, sizeof(text) - used, "x%zu = 'y'\n", i);
		conf = load_text(text);
		assert_int_equal(conf != NULL, n == KEY_PAIRS_MAX);
		assert_int_equal(is_said("at most 64 entries, found 65"), conf == NULL);
		conf_free(conf);
	}
	conf_free(load_ok(filled("[agent.labels]\n", 'k', KEY_ITEM_MAX, " = 'x'\n")));
	assert_null(load_text(filled("[agent.labels]\n", 'k', KEY_ITEM_MAX + 1, " = 'x'\n")));
	assert_true(is_said("a key that is empty or too long"));
	expect_error("agent.labels = {'' = 'x'}\n", 1, 17, "a key that is empty or too long");
	expect_error(
	    "agent.labels = {\"a\\u0007\" = 'x'}\n", 1, 17, "a key with control characters");
	expect_error(
	    "agent.labels = {\"a\\u0000\" = 'x'}\n", 1, 17, "a key with control characters");
}

/* What was found is repeated up to a length; only what is longer is shown as cut. */
static void
test_what_was_found(void **state)
{
	static const struct {
		size_t len;
		const char *words;
	} cases[] = {{0, "found the string \"\""}, {23, "aaaaaaaaaaaaaaaaaaaaaaa\""},
	    {24, "\"aaaaaaaaaaaaaaaaaaaaaaaa\""}, {25, "\"aaaaaaaaaaaaaaaaaaaaaaaa...\""}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_error(filled("agent.collect_interval_secs = '", 'a', cases[i].len, "'\n"), 1,
		    31, cases[i].words);
	expect_error("agent.user = true\n", 1, 14, "found true");
	expect_error("agent.user = false\n", 1, 14, "found false");
	expect_error("agent.user = 1.5\n", 1, 14, "found the float 1.5");
	expect_error("agent.user = []\n", 1, 14, "found an array");
	expect_error("agent.user = 07:00:00\n", 1, 14, "found a");
}

/* One wrong entry is one error, wherever it stands; the others do not make it right. */
static void
test_each_entry_counts(void **state)
{
	(void)state;
	expect_error("agent.labels = {a = 1, b = 'x'}\n", 1, 21, "expected a string");
	expect_error("agent.labels = {a = 'x', b = 1}\n", 1, 30, "expected a string");
	expect_error("collector.process.track_patterns = [1, 'x']\n", 1, 37, "expected a string");
	expect_error("collector.process.track_patterns = ['', 'x']\n", 1, 37, "empty entry");
	expect_error(
	    "collector.enabled_collectors = ['x', 'cpu']\n", 1, 33, "must name collectors");
	expect_error(
	    "alerting.console.severity_filter = ['x', 'warn']\n", 1, 37, "must list some of");
	expect_error(
	    "alerting.console.severity_filter = [1, 'warn']\n", 1, 37, "expected a string");
	expect_error("alerting.email.to = ['a@b', 'ab']\n", 1, 29, "must be a mail address");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_secrets_stay_out),
	    cmocka_unit_test(test_all_at_once),
	    cmocka_unit_test(test_accepted),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_what_was_found),
	    cmocka_unit_test(test_each_entry_counts),
	};

	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
