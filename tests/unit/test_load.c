/*
 * Files into a configuration: the first page's example, drop-ins, environment, secret files, and
 * every way in which a file can be bad.
 */
#include "tests/unit/conf_help.h"

static const char FIRST_PAGE[] = "[agent]\n"
                                 "hostname = \"web-server-01\"\n"
                                 "collect_interval_secs = 10\n"
                                 "log_level = \"info\"\n"
                                 "\n"
                                 "[thresholds]\n"
                                 "cpu_percent = 90.0\n"
                                 "memory_percent = 85.0\n"
                                 "disk_percent = 90.0\n"
                                 "fd_percent = 80.0\n"
                                 "\n"
                                 "[alerting.discord]\n"
                                 "enabled = true\n"
                                 "webhook_url = \"https://discord.com/api/webhooks/...\"\n"
                                 "\n"
                                 "[alerting.rate_limit]\n"
                                 "min_interval_secs = 300\n"
                                 "max_alerts_per_hour = 20\n";

static void
expect_level(const struct conf *conf, enum limit_id limit, double critical)
{
	assert_true(isnan(conf->detect.warn[limit]));
	assert_true(conf->detect.critical[limit] == critical);
}

static void
test_first_page(void **state)
{
	struct conf *conf = load_ok(FIRST_PAGE);

	(void)state;
	assert_int_equal(report.warnings, 0);
	assert_string_equal(conf->agent.hostname, "web-server-01");
	assert_int_equal(conf->agent.log_level, LOGL_INFO);
	expect_level(conf, LIMIT_CPU, 90);
	expect_level(conf, LIMIT_MEMORY, 85);
	expect_level(conf, LIMIT_DISK, 90);
	expect_level(conf, LIMIT_FD, 80);
	assert_true(conf->detect.warn[LIMIT_SWAP] == 50 && conf->detect.critical[LIMIT_SWAP] == 80);
	assert_true(conf->channels[CHANNEL_DISCORD].enabled);
	assert_string_equal(
	    conf->channels[CHANNEL_DISCORD].url, "https://discord.com/api/webhooks/...");
	assert_int_equal(conf->channels[CHANNEL_DISCORD].severities, SEV_DEFAULT_MASK);
	assert_int_equal(conf->channels[CHANNEL_DISCORD].timeout_secs, 10);
	assert_false(conf->channels[CHANNEL_CONSOLE].enabled);
	assert_int_equal(conf->alert.dedup_secs[SEV_WARN], 300);
	assert_int_equal(conf->alert.dedup_secs[SEV_CRITICAL], 300);
	assert_int_equal(conf->alert.dedup_secs[SEV_EMERGENCY], 0);
	assert_int_equal(conf->alert.rate_limit_per_hour, 20);
	assert_int_equal(conf->alert.rate_limit_per_minute, 10);
	conf_free(conf);
}

static void
test_defaults(void **state)
{
	static const int64_t secs[COLLECTOR_COUNT] = {
	    [COLLECTOR_CPU] = 10,
	    [COLLECTOR_MEMORY] = 10,
	    [COLLECTOR_DISK] = 60,
	    [COLLECTOR_NETWORK] = 10,
	    [COLLECTOR_PROCESS] = 30,
	    [COLLECTOR_FD] = 10,
	    [COLLECTOR_KERNEL] = 10,
	};
	struct conf *conf = conf_load(NULL, NULL, NULL, &report);
	char name[256];

	(void)state;
	assert_non_null(conf);
	assert_int_equal(report.len, 0);
	assert_int_equal(gethostname(name, sizeof(name)), 0);
	assert_string_equal(conf->agent.hostname, name);
	for (int i = 0; i < COLLECTOR_COUNT; i++) {
		assert_true(conf->collect.each[i].enabled);
		assert_int_equal(conf->collect.each[i].interval_secs, secs[i]);
	}
	assert_true(conf->channels[CHANNEL_CONSOLE].enabled);
	assert_int_equal(conf->alert.dedup_secs[SEV_INFO], 300);
	assert_int_equal(conf->alert.dedup_secs[SEV_CRITICAL], 60);
	assert_int_equal(conf->alert.group_window_secs, 30);
	assert_int_equal(conf->detect.for_secs, -1);
	assert_string_equal(conf->agent.data_dir, "/var/lib/sysops-agent");
	conf_free(conf);
}

static void
test_intervals_fall_back(void **state)
{
	struct conf *conf = load_ok("agent.collect_interval_secs = 5\n");

	(void)state;
	assert_int_equal(conf->collect.each[COLLECTOR_CPU].interval_secs, 5);
	assert_int_equal(conf->collect.each[COLLECTOR_DISK].interval_secs, 60);
	conf_free(conf);
	conf = load_ok("agent.collect_interval_secs = 5\n[collector]\ndefault_interval_secs = 7\n"
	               "cpu.interval_secs = 3\nenabled_collectors = [\"cpu\", \"fd\"]\n");
	assert_int_equal(conf->collect.each[COLLECTOR_CPU].interval_secs, 3);
	assert_int_equal(conf->collect.each[COLLECTOR_FD].interval_secs, 7);
	assert_true(conf->collect.each[COLLECTOR_FD].enabled);
	assert_false(conf->collect.each[COLLECTOR_DISK].enabled);
	conf_free(conf);
}

static void
test_dedup_spellings(void **state)
{
	struct conf *conf = load_ok("[alerting]\ndedup_window_secs = 700\n"
	                            "dedup.critical_secs = 9\nrecovery.enabled = false\n");

	(void)state;
	assert_int_equal(conf->alert.dedup_secs[SEV_WARN], 700);
	assert_int_equal(conf->alert.dedup_secs[SEV_CRITICAL], 9);
	assert_false(conf->alert.recovery_enabled);
	conf_free(conf);
}

static void
expect_file_error(const char *path, const char *words)
{
	assert_null(conf_load(path, NULL, NULL, &report));
	assert_int_equal(report.errors, 1);
	assert_int_equal(report.items[0].line, 0);
	assert_string_equal(report.items[0].file, path);
	if (strstr(report.items[0].text, words) == NULL)
		fail_msg("%s: %s", path, report.items[0].text);
}

static void
test_bad_files(void **state)
{
	char path[256];
	FILE *f;

	(void)state;
	expect_file_error("", "empty");
	expect_file_error(scratch, "is a directory");
	expect_file_error(path_of("absent.toml", path), "does not exist");
	expect_file_error("/dev/null", "not a regular file");
	assert_int_equal(mkfifo(path_of("fifo", path), 0600), 0);
	expect_file_error(path, "not a regular file");
	f = fopen(path_of("other", path), "w");
	assert_non_null(f);
	fseek(f, 1 << 20, SEEK_SET);
	fputc('\n', f);
	fclose(f);
	expect_file_error(path, "larger than 1024 KiB");
	/* Just as large as may be. */
	f = fopen(path, "w");
	assert_non_null(f);
	fputc('#', f);
	for (int i = 1; i < 1 << 20; i++)
		fputc('x', f);
	fclose(f);
	conf_free(conf_load(path, NULL, NULL, &report));
	assert_int_equal(report.len, 0);
	put_file("other", "", 0600, path);
	conf_free(conf_load(path, NULL, NULL, &report));
	assert_int_equal(report.len, 0);
}

static void
test_not_toml(void **state)
{
	(void)state;
	expect_error("[agent]\nuser = \"\xff\"\n", 2, 9, "UTF-8");
	expect_error("[agent]\nuser = 'x'\nuser = 'y'\n", 3, 1, "user");
}

static void
expect_list(const struct strings *list, const char *expected)
{
	char text[256] = "";

	for (size_t i = 0; i < list->len; i++) {
		strncat(text, i > 0 ? "," : "", sizeof(text) - strlen(text) - 1);
		strncat(text, list->items[i], sizeof(text) - strlen(text) - 1);
	}
	assert_string_equal(text, expected);
}

/* "..." repeats a list, up to as many entries as a list may have. */
static void
test_a_list_that_repeats_itself(void **state)
{
	char text[1024];
	struct conf *conf;
	size_t used;

	(void)state;
	used =
	    (size_t)snprintf(text, sizeof(text), "collector.network.exclude_interfaces = [\"...\"");
	for (int i = 1; i < 64; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ", \"...\"");
	snprintf(text + used, sizeof(text) - used, "]\n");
	conf = load_ok(text);
	assert_int_equal(conf->collect.network_exclude_interfaces.len, KEY_ITEMS_MAX);
	conf_free(conf);
	snprintf(text + used, sizeof(text) - used, ", \"a\"]\n");
	expect_error(text, 1, 40, "more than 256 entries");
}

static void
test_drop_ins(void **state)
{
	char path[256], other[256], text[400];
	struct conf *conf;

	(void)state;
	mkdir(path_of("config.d", path), 0700);
	put_file("config.d/9.toml",
	    "agent.user = \"nine\"\n[alerting]\nrate_limit.max_alerts_per_hour = 9\n"
	    "[[rules]]\nname = \"b\"\nmetric = \"cpu.load_1m\"\nwarn = 1\n",
	    0600, other);
	put_file("config.d/10.toml",
	    "agent.user = \"ten\"\nagent.labels = {b = \"2\", c = \"3\"}\n"
	    "collector.network.exclude_interfaces = [\"x\"]\nthresholds.cpu_percent = 70\n",
	    0600, other);
	put_file("config.d/x.txt", "nonsense", 0600, other);
	put_file("config.toml",
	    "[agent]\nuser = \"first\"\npid_file = \"/p\"\nlabels = {a = \"1\", b = \"1\"}\n"
	    "[thresholds]\ncpu_critical_percent = 60\n[alerting]\nrate_limit_per_hour = 8\n"
	    "[[rules]]\nname = \"a\"\nmetric = \"cpu.load_1m\"\nwarn = 1\n",
	    0600, path);
	conf = conf_load(path, NULL, NULL, &report);
	conf_report_print(&report, 2);
	assert_non_null(conf);
	assert_string_equal(conf->agent.user, "nine");
	assert_string_equal(conf->agent.pid_file, "/p");
	assert_int_equal(conf->agent.labels.len, 3);
	assert_string_equal(conf->agent.labels.items[1].value, "2");
	assert_int_equal(conf->collect.network_exclude_interfaces.len, 1);
	assert_int_equal(conf->alert.rate_limit_per_hour, 9);
	expect_level(conf, LIMIT_CPU, 70);
	assert_int_equal(conf->detect.rule_count, 2);
	assert_string_equal(conf->detect.rules[0].name, "a");
	assert_string_equal(conf->detect.rules[1].name, "b");
	conf_free(conf);

	put_file("config.d/10.toml",
	    "collector.network.exclude_interfaces = [\"x\", \"...\", \"y\"]\n", 0600, other);
	put_file("config.toml",
	    "collector.network.exclude_interfaces = [\"...\", \"wg0\"]\n"
	    "collector.disk.exclude_mountpoints = [\"/mnt/x\", \"...\"]\n"
	    "collector.process.track_patterns = [\"...\"]\n",
	    0600, path);
	conf = conf_load(path, NULL, NULL, &report);
	assert_non_null(conf);
	expect_list(&conf->collect.network_exclude_interfaces, "x,lo,veth*,docker*,br-*,wg0,y");
	assert_true(conf->collect.disk_exclude_mountpoints.len > 10);
	assert_string_equal(conf->collect.disk_exclude_mountpoints.items[0], "/mnt/x");
	assert_string_equal(conf->collect.disk_exclude_mountpoints.items[1], "/dev");
	expect_list(&conf->collect.process_track_patterns, "...");
	conf_free(conf);
	put_file("config.d/10.toml", "", 0600, other);

	put_file("other", "https://b.example", 0600, other);
	snprintf(text, sizeof(text), "alerting.webhook.url_file = '%s'\n", other);
	put_file("config.d/20.toml", text, 0600, other);
	put_file("config.toml", "[alerting.webhook]\nenabled = true\nurl = 'https://a.example'\n",
	    0600, path);
	conf = conf_load(path, NULL, NULL, &report);
	assert_non_null(conf);
	assert_string_equal(conf->channels[CHANNEL_WEBHOOK].url, "https://b.example");
	conf_free(conf);

	put_file("config.d/20.toml", "\nagent.usr = 1\n", 0600, other);
	put_file("config.toml", "agent.user = 1\nagent.log_level = \"x\"\n", 0600, path);
	assert_null(conf_load(path, NULL, NULL, &report));
	assert_int_equal(report.errors, 3);
	assert_string_equal(report.items[0].file, path);
	assert_int_equal(report.items[1].line, 2);
	assert_string_equal(report.items[2].file, other);
	assert_int_equal(report.items[2].line, 2);
	assert_int_equal(report.items[2].col, 7);
}

static void
test_environment(void **state)
{
	struct conf *conf;

	(void)state;
	setenv("CONF_TEST_A", "$${x}${CONF_TEST_B}\"", 1);
	unsetenv("CONF_TEST_B");
	conf = load_ok("agent.hostname = \"a${CONF_TEST_A}b$${c}\"\n"
	               "agent.labels = {k = \"${CONF_TEST_A}\"}\n"
	               "collector.process.track_patterns = [\"${CONF_TEST_A}\"]\n");
	assert_string_equal(conf->agent.hostname, "a$${x}${CONF_TEST_B}\"b${c}");
	assert_string_equal(conf->agent.labels.items[0].value, "$${x}${CONF_TEST_B}\"");
	assert_string_equal(conf->collect.process_track_patterns.items[0], "$${x}${CONF_TEST_B}\"");
	conf_free(conf);
	expect_error("agent.hostname = \"${CONF_TEST_B}\"\n", 1, 18, "CONF_TEST_B is not set");
	expect_error("agent.hostname = \"${CONF_TEST_A\"\n", 1, 18, "is not ${NAME}");
	expect_error("agent.labels.x = \"${1}\"\n", 1, 18, "is not ${NAME}");
	setenv("CONF_TEST_B", "\xff", 1);
	expect_error("agent.hostname = \"${CONF_TEST_B}\"\n", 1, 18, "not UTF-8");
}

static void
test_secret_files(void **state)
{
	char secret[256], path[256], text[700];
	struct conf *conf;

	(void)state;
	put_file("secret", "https://example.com/hook\n", 0600, secret);
	snprintf(text, sizeof(text),
	    "[alerting.discord]\nenabled = true\nwebhook_url_file = \"%s\"\n", secret);
	conf = load_ok(text);
	assert_string_equal(conf->channels[CHANNEL_DISCORD].url, "https://example.com/hook");
	assert_int_equal(report.warnings, 0);
	conf_free(conf);
	put_file("secret", "https://example.com/hook\r\n", 0644, secret);
	conf = load_ok(text);
	assert_int_equal(report.warnings, 1);
	assert_string_equal(conf->channels[CHANNEL_DISCORD].url, "https://example.com/hook");
	conf_free(conf);
	put_file("secret", "\n", 0600, secret);
	expect_error(text, 3, 1, "must not be empty");
	put_file("secret", "\r\n", 0600, secret);
	expect_error(text, 3, 1, "must not be empty");
	put_file("secret", "", 0600, secret);
	expect_error(text, 3, 1, "must not be empty");
	put_file("secret", "https://a\n\n", 0600, secret);
	expect_error(text, 3, 1, "one line without control characters");
	put_file("secret", "https://a\r", 0600, secret);
	expect_error(text, 3, 1, "one line without control characters");
	put_file("secret", "https://a\xff", 0600, secret);
	expect_error(text, 3, 1, "must be UTF-8");
	/* Without a newline, for the owner and a group; for others. */
	put_file("secret", "https://a", 0640, secret);
	conf = load_ok(text);
	assert_int_equal(report.warnings, 0);
	assert_string_equal(conf->channels[CHANNEL_DISCORD].url, "https://a");
	conf_free(conf);
	put_file("secret", "https://a", 0601, secret);
	conf_free(load_ok(text));
	assert_int_equal(report.warnings, 0);
	put_file("secret", "https://a", 0604, secret);
	conf_free(load_ok(text));
	assert_int_equal(report.warnings, 1);
	for (size_t len = KEY_STRING_MAX; len <= KEY_STRING_MAX + 1; len++) {
		static char full[KEY_STRING_MAX + 2];

		memset(full, 'x', len);
		memcpy(full, "https://a/", 10);
		full[len] = '\0';
		put_file("secret", full, 0600, secret);
		if (len == KEY_STRING_MAX)
			conf_free(load_ok(text));
		else
			expect_error(text, 3, 1, "must be at most 4096 bytes long");
	}
	put_file("secret", "http://example.com/planted\n", 0600, secret);
	expect_error(text, 3, 1, "must start with https://");
	assert_null(strstr(report.items[0].text, "planted"));
	unlink(secret);
	expect_error(text, 3, 1, "does not exist");
	strncat(text, "webhook_url = \"https://a.example/\"\n", 100);
	expect_error(text, 4, 1, "alerting.discord.webhook_url_file (line 3, column 1)");

	put_file("config.toml", "[alerting.webhook]\nenabled = true\nurl = \"https://a.example\"\n",
	    0640, path);
	conf = conf_load(path, NULL, NULL, &report);
	assert_non_null(conf);
	assert_int_equal(report.warnings, 1);
	assert_non_null(strstr(report.items[0].text, "can be read by its group"));
	conf_free(conf);
	/* The shortest secret is one, too; none is none. */
	put_file(
	    "config.toml", "alerting.heartbeat.url = ''\nalerting.ntfy.token = 't'\n", 0604, path);
	conf = conf_load(path, NULL, NULL, &report);
	assert_non_null(conf);
	assert_non_null(strstr(report.items[0].text, "can be read by everyone"));
	conf_free(conf);
	put_file(
	    "config.toml", "alerting.heartbeat.url = ''\nalerting.ntfy.token = ''\n", 0604, path);
	conf_free(conf_load(path, NULL, NULL, &report));
	for (size_t i = 0; i < report.len; i++)
		assert_null(strstr(report.items[i].text, "can be read by"));
	/* A file that is no TOML holds no secret. */
	put_file("config.toml", "alerting.ntfy.token = \n", 0604, path);
	assert_null(conf_load(path, NULL, NULL, &report));
	assert_int_equal(report.errors, 1);
	assert_int_equal(report.warnings, 0);
	setenv("CONF_TEST_URL", "https://a.example", 1);
	put_file("config.toml", "[alerting.webhook]\nenabled = true\nurl = \"${CONF_TEST_URL}\"\n",
	    0644, path);
	conf = conf_load(path, NULL, NULL, &report);
	assert_non_null(conf);
	assert_int_equal(report.warnings, 0);
	conf_free(conf);
}

/* docs/sysops-agent.toml: as it is, and with every key that it shows switched on. */
static void
test_sample(void **state)
{
	char *data, why[SOURCE_WHY_MAX];
	size_t len;
	struct stat st;
	struct conf *conf;

	(void)state;
	assert_true(source_read("docs/sysops-agent.toml", 1 << 20, &data, &len, &st, why));
	conf = load_ok(data);
	conf_free(conf);
	for (size_t i = 0; i < KEY_ROWS; i++) {
		char set[KEY_NAME_MAX + 8], told[KEY_NAME_MAX + 16];

		if (conf_keys[i].name == NULL || conf_keys[i].same_as != NULL ||
		    (conf_keys[i].flags & KEY_UNSUPPORTED) != 0)
			continue;
		snprintf(set, sizeof(set), "\n#%s = ", keys_leaf(conf_keys[i].name));
		snprintf(told, sizeof(told), "\n# %s: default is", keys_leaf(conf_keys[i].name));
		if (strstr(data, set) == NULL && strstr(data, told) == NULL)
			fail_msg("%s is missing: gendoc sample", conf_keys[i].name);
	}
	for (char *p = data; *p != '\0'; p++) {
		if (*p == '#' && (p == data || p[-1] == '\n') && p[1] != ' ')
			*p = ' ';
	}
	conf = load_ok(data);
	assert_int_equal(conf->detect.rule_count, 1);
	assert_int_equal(conf->alert.silence_count, 1);
	assert_int_equal(conf->alert.dedup_secs[SEV_CRITICAL], 60);
	assert_true(conf->detect.warn[LIMIT_CPU] == 80);
	conf_free(conf);
	source_free(data, len);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_page),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_intervals_fall_back),
	    cmocka_unit_test(test_dedup_spellings),
	    cmocka_unit_test_setup_teardown(test_bad_files, make_scratch, drop_scratch),
	    cmocka_unit_test(test_not_toml),
	    cmocka_unit_test_setup_teardown(test_drop_ins, make_scratch, drop_scratch),
	    cmocka_unit_test_setup_teardown(
	        test_a_list_that_repeats_itself, make_scratch, drop_scratch),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test_setup_teardown(test_secret_files, make_scratch, drop_scratch),
	    cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
