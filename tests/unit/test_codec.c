/*
 * The table against the wire: every row has a sound default and reaches exactly the roles that may
 * see it; damaged bytes are refused.
 */
#include "src/conf/codec.c"

#include "base/clock.h"
#include "tests/unit/conf_help.h"

static const unsigned ROLES[] = {CONF_LAUNCHER, CONF_AGENT, CONF_KEEPER, CONF_COURIER};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEY_ROWS; i++) {
		const struct conf_key *key = &conf_keys[i];
		bool number = key->type == KEY_INT || key->type == KEY_FLOAT;

		if (key->name == NULL)
			continue;
		assert_true(keys_find(key->name) == key);
		assert_true(strlen(key->name) < KEY_NAME_MAX);
		assert_true(key->help != NULL && *key->help != '\0');
		if (number && key->shown == NULL)
			assert_true(key->def >= key->min && key->def <= key->max);
		if (key->type == KEY_ENUM)
			assert_true(keys_enum_find(key, key->text) >= 0);
		if (key->type == KEY_STRING && key->shown == NULL && key->check != NULL)
			assert_null(key->check(key->text));
		if (key->same_as != NULL) {
			assert_int_equal(key->roles, 0);
			assert_non_null(keys_find(key->same_as));
			assert_int_equal(keys_find(key->same_as)->offset, key->offset);
		}
		if ((key->flags & KEY_SECRET) != 0)
			assert_int_equal(key->roles & ~CONF_COURIER, 0);
		if ((key->flags & KEY_UNSUPPORTED) != 0)
			assert_int_equal(key->roles, 0);
		else if (key->offset < sizeof(struct conf) && key->same_as == NULL)
			assert_int_not_equal(key->roles, 0);
	}
}

/* Every key given, each with a value that is not its default. */
static const char ALL[] =
    "[agent]\nuser = 'u'\nhostname = 'h'\ncollect_interval_secs = 11\nlog_level = 'debug'\n"
    "log_file = '/l'\nlog_format = 'json'\ntimezone = 'Etc/UTC'\npid_file = '/p'\ndata_dir = "
    "'/d'\nproc_root = '/'\n"
    "sys_root = '/dev'\nlabels = {a = '1', b = '2'}\n"
    "[collector.cpu]\nenabled = false\ninterval_secs = 12\nper_core = false\n"
    "[collector.memory]\nenabled = false\ninterval_secs = 13\n"
    "[collector.disk]\nenabled = false\ninterval_secs = 14\nio_interval_secs = 15\n"
    "exclude_fstypes = ['a']\nexclude_mountpoints = ['b', 'c']\nexclude_devices = []\n"
    "[collector.network]\nenabled = false\ninterval_secs = 16\nexclude_interfaces = ['d']\n"
    "[collector.process]\nenabled = false\ninterval_secs = 17\ntrack_patterns = ['e']\ntrack_top_n "
    "= 18\n"
    "[collector.fd]\nenabled = false\ninterval_secs = 19\n"
    "[collector.kernel]\nenabled = false\ninterval_secs = 20\n"
    "[thresholds]\ncpu_percent = 1\nmemory_percent = 2\ndisk_percent = 3\nfd_percent = 4\n"
    "inode_percent = 5\nswap_percent = 6\niowait_percent = 7\nsteal_percent = 8\n"
    "load_per_core_warn = 9.5\nload_per_core_critical = 10.5\ndisk_await_warn_ms = 11\n"
    "disk_await_critical_ms = 12\ndisk_busy_percent = 13\nfor_secs = 14\nclear_percent = 15\n"
    "[[rules]]\nname = 'r1'\nmetric = 'disk.usage_percent'\nlabels = {fstype = 'x*'}\nop = '<='\n"
    "warn = 3\ncritical = 2\nfor_secs = 9\nmessage = 'm'\n"
    "[[rules]]\nname = 'r2'\nmetric = 'cpu.load_1m'\nwarn = 3\n"
    "[storage]\nring_buffer_size = 99\n"
    "[alerting]\nrate_limit_per_minute = 1\nrate_limit_per_hour = 2\nrecovery_enabled = false\n"
    "dedup.warn_secs = 3\ndedup.critical_secs = 4\ndedup.emergency_secs = 5\n"
    "group_window_secs = 6\nrepeat_secs = 7\nescalation.warn_to_critical_after = 8\n"
    "escalation.critical_to_emergency_after_mins = 9\n"
    "[[alerting.silences]]\nmatch = 'disk.*{mountpoint=/b*}'\nfrom = 2026-11-22T20:00:00Z\n"
    "until = '2026-11-23T20:00:00+01:00'\ncomment = 'c'\nallow_critical = true\n"
    "[[alerting.silences]]\nmatch = '*'\ndays = ['sat', 'sun']\nstart = '22:00'\n"
    "end = '07:00'\n"
    "[alerting.console]\nenabled = false\nseverity_filter = ['info']\n"
    "[alerting.discord]\nenabled = true\nseverity_filter = ['critical']\nusername = 'n'\nthread_id "
    "= 4\n"
    "webhook_url = 'https://planted-1.example'\nca_file = '/dev/null'\n"
    "proxy = 'http://planted-2.example'\ntimeout_secs = 21\n"
    "[alerting.webhook]\nenabled = true\nseverity_filter = ['warn']\nmethod = 'PUT'\n"
    "url = 'https://planted-3.example'\nheaders = {a = 'planted-4'}\nca_file = '/dev/null'\n"
    "proxy = 'http://planted-5.example'\ntimeout_secs = 22\n"
    "[alerting.slack]\nenabled = true\nseverity_filter = ['warn']\nca_file = '/dev/null'\n"
    "proxy = 'http://planted-31.example'\ntimeout_secs = 31\n"
    "webhook_url = 'https://planted-s.example'\nchannel = '#ops'\n"
    "[alerting.telegram]\nenabled = true\nseverity_filter = ['warn']\nca_file = '/dev/null'\n"
    "proxy = 'http://planted-32.example'\ntimeout_secs = 32\n"
    "bot_token = '1:planted-t'\nchat_id = '-5'\nmessage_thread_id = 6\nparse_mode = 'plain'\n"
    "api_url = 'https://planted-a.example'\n"
    "[alerting.ntfy]\nenabled = true\nseverity_filter = ['warn']\nca_file = '/dev/null'\n"
    "proxy = 'http://planted-33.example'\ntimeout_secs = 33\n"
    "url = 'https://planted-n.example/planted'\ntoken = 'planted-nt'\n"
    "[alerting.pagerduty]\nenabled = true\nseverity_filter = ['warn']\nca_file = '/dev/null'\n"
    "proxy = 'http://planted-34.example'\ntimeout_secs = 34\n"
    "url = 'https://planted-p.example'\nrouting_key = 'planted-pk'\n"
    "[alerting.alertmanager]\nenabled = true\nseverity_filter = ['warn']\nca_file = '/dev/null'\n"
    "proxy = 'http://planted-35.example'\ntimeout_secs = 35\n"
    "url = 'https://planted-m.example'\ntoken = 'planted-mt'\n"
    "[alerting.email]\nenabled = true\nseverity_filter = ['warn']\nsmtp_host = 'localhost'\n"
    "smtp_port = 2525\nsmtp_tls = false\nusername = 'u'\npassword = 'planted-e'\n"
    "auth = 'ntlm'\nfrom = 'a@b.example'\nto = ['c@d.example']\nca_file = "
    "'/dev/null'\ntimeout_secs = 36\n"
    "[alerting.syslog]\nenabled = true\nseverity_filter = ['warn']\nfacility = 'cron'\n"
    "socket = '/x'\n"
    "[alerting.heartbeat]\nenabled = true\nurl = 'https://planted-h.example'\n"
    "interval_secs = 37\nca_file = '/dev/null'\nproxy = 'http://planted-hp.example'\n"
    "timeout_secs = 38\n"
    "[alerting.templates]\ndefault = '{{message}}'\n";

static bool
contains(const char *blob, size_t len, const char *text)
{
	return memmem(blob, len, text, strlen(text)) != NULL;
}

/* The bytes that a member is sent as: two members are equal when these are. */
static size_t
value_bytes(const struct conf *conf, const struct conf_key *key, char out[65536])
{
	struct sink s = {out, 0};

	put_value(&s, key, (const char *)conf + key->offset);
	assert_true(s.len < 65536);
	return s.len;
}

static bool
is_equal(const struct conf *a, const struct conf *b, const struct conf_key *key)
{
	static char x[65536], y[65536];
	size_t n = value_bytes(a, key, x);

	return n == value_bytes(b, key, y) && memcmp(x, y, n) == 0;
}

static void
check_role(const struct conf *conf, const struct conf *defaults, unsigned role)
{
	size_t len;
	char *blob = conf_encode(conf, role, &len);
	struct conf *got = conf_decode(blob, len);
	struct conf_draft *rows = draft_new();

	assert_non_null(got);
	KEYS_EACH (key) {
		if (key->roles == 0)
			continue;
		if (is_equal(conf, defaults, key))
			fail_msg("%s is not covered", key->name);
		if (!is_equal((key->roles & role) != 0 ? conf : &rows->conf, got, key))
			fail_msg("%s, role %u", key->name, role);
		assert_int_equal(contains(blob, len, key->name), (key->roles & role) != 0);
	}
	assert_int_equal(contains(blob, len, "planted"), role == CONF_COURIER);
	assert_int_equal(contains(blob, len, "r2"), role == CONF_AGENT);
	assert_int_equal(got->detect.rule_count, role == CONF_AGENT ? 2 : 0);
	draft_free(rows);
	conf_free(got);
	mem_free(blob);
}

static void
test_roles(void **state)
{
	struct conf *conf = load_ok(ALL), *defaults = conf_load(NULL, NULL, NULL, &report);

	(void)state;
	for (size_t i = 0; i < sizeof(ROLES) / sizeof(ROLES[0]); i++)
		check_role(conf, defaults, ROLES[i]);
	conf_free(conf);
	conf_free(defaults);
}

static void
test_agent_has_it_all(void **state)
{
	struct conf *conf = load_ok(ALL), *got;
	size_t len;
	char *blob = conf_encode(conf, CONF_AGENT, &len);
	const struct conf_rule *a, *b;

	(void)state;
	got = conf_decode(blob, len);
	assert_non_null(got);
	assert_int_equal(got->collect.each[COLLECTOR_KERNEL].interval_secs, 20);
	assert_true(isnan(got->detect.warn[LIMIT_CPU]) && got->detect.critical[LIMIT_CPU] == 1);
	assert_int_equal(got->alert.dedup_secs[SEV_INFO], 3);
	assert_int_equal(got->alert.silence_count, 2);
	assert_string_equal(got->alert.silences[0].match, "disk.*{mountpoint=/b*}");
	assert_true(got->alert.silences[0].from.ms == 1795377600000);
	assert_true(got->alert.silences[0].until.ms == 1795460400000);
	assert_true(got->alert.silences[0].allow_critical);
	assert_int_equal(got->alert.silences[1].weekdays, 1u << 0 | 1u << 6);
	assert_int_equal(got->alert.silences[1].start_minute, 22 * 60);
	assert_int_equal(got->alert.silences[1].end_minute, 7 * 60);
	a = &conf->detect.rules[0];
	b = &got->detect.rules[0];
	assert_string_equal(a->name, b->name);
	assert_string_equal(a->message, b->message);
	assert_int_equal(b->labels.len, 1);
	assert_string_equal(b->labels.items[0].key, "fstype");
	assert_string_equal(b->labels.items[0].value, "x*");
	assert_int_equal(b->metric, METRIC_DISK_USAGE);
	assert_int_equal(b->op, OP_LE);
	assert_int_equal(b->for_secs, 9);
	assert_true(b->warn == 3 && b->critical == 2);
	assert_int_equal(got->detect.rules[1].for_secs, 14);
	mem_free(blob);
	conf_free(got);
	conf_free(conf);
}

/* Any change of any bit, and any length but the right one, is refused. */
static void
test_damage(void **state)
{
	struct conf *conf = load_ok(ALL);
	size_t len;
	char *blob = conf_encode(conf, CONF_AGENT, &len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		blob[i] = (char)(blob[i] ^ (1 << i % 8));
		assert_null(conf_decode(blob, len));
		blob[i] = (char)(blob[i] ^ (1 << i % 8));
		assert_null(conf_decode(blob, i));
	}
	assert_null(conf_decode(NULL, 0));
	mem_free(blob);
	conf_free(conf);
}

static void
make_sum_fit(char *blob)
{
	struct header h;

	memcpy(&h, blob, sizeof(h));
	h.sum = str_hash(STR_HASH_SEED, blob + sizeof(h), h.len);
	memcpy(blob, &h, sizeof(h));
}

/* The same with a sum that fits, so that the contents must be refused or be fine. */
static void
test_forged(void **state)
{
	struct conf *conf = load_ok(ALL);
	uint64_t seed = clock_seed() | 1;
	size_t len;
	char *blob = conf_encode(conf, CONF_AGENT | CONF_COURIER, &len);
	struct header h;

	(void)state;
	printf("seed %llu\n", (unsigned long long)seed);
	memcpy(&h, blob, sizeof(h));
	for (int round = 0; round < 3000; round++) {
		size_t at = sizeof(h) + (size_t)(seed >> 8) % h.len;
		char old = blob[at];

		blob[at] = (char)seed;
		make_sum_fit(blob);
		conf_free(conf_decode(blob, len));
		blob[at] = old;
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
	}
	mem_free(blob);
	conf_free(conf);
}

/* Text that no file could have brought in: one line, and several. */
static void
test_no_control_bytes(void **state)
{
	static const char *const files[] = {
	    "agent.labels = {a = 'MARKED'}\n", "alerting.templates.default = 'MARKED'\n"};
	static const struct {
		char byte;
		bool fine[2];
	} cases[] = {{'X', {true, true}}, {'\n', {false, true}}, {'\1', {false, false}},
	    {'\x7f', {false, false}}, {'\xff', {false, false}}};

	(void)state;
	for (int f = 0; f < 2; f++) {
		struct conf *conf = load_ok(files[f]);
		size_t len;
		char *blob = conf_encode(conf, CONF_AGENT, &len);
		char *text = memmem(blob, len, "MARKED", 6);

		assert_non_null(text);
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct conf *got;

			text[2] = cases[i].byte;
			make_sum_fit(blob);
			got = conf_decode(blob, len);
			assert_int_equal(got != NULL, cases[i].fine[f]);
			conf_free(got);
		}
		mem_free(blob);
		conf_free(conf);
	}
}

/* The largest configuration that loads still fits the wire. */
static void
test_largest(void **state)
{
	static char text[1 << 20];
	struct conf *conf;
	size_t len, used = 0;
	char *blob;

	(void)state;
	for (int i = 0; i < KEY_RULES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "[[rules]]\nname = '%063d'\nmetric = 'disk.usage_percent'\nwarn = 1\n"
		    "labels = {mountpoint = '%0256d', device = '%0256d', fstype = '%0256d'}\n"
		    "message = '%0255d'\n",
		    i, i, i, i, i);
	used += (size_t)snprintf(
	    text + used, sizeof(text) - used, "[collector.disk]\nexclude_fstypes = [");
	for (int i = 0; i < KEY_ITEMS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "'%0256d',", i);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "]\n");
	conf = load_ok(text);
	assert_int_equal(conf->detect.rule_count, KEY_RULES_MAX);
	blob = conf_encode(conf, CONF_AGENT, &len);
	assert_true(
	    len + 4 * KEY_ITEMS_MAX * (KEY_ITEM_MAX + 4) < CONF_BLOB_MAX); /* the other lists */
	mem_free(blob);
	conf_free(conf);
	used += (size_t)snprintf(text + used, sizeof(text) - used,
	    "[[rules]]\nname='x'\nmetric='cpu.load_1m'\nwarn=1\n");
	assert_null(load_text(text));
	assert_non_null(strstr(report.items[0].text, "at most 256"));
}

static void
test_describe(void **state)
{
	struct conf *conf = load_ok(ALL);
	int fd = memfd_create("describe", MFD_CLOEXEC);
	static char text[65536];

	(void)state;
	assert_true(fd >= 0);
	conf_describe(conf, fd);
	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	assert_null(strstr(text, "planted"));
	assert_non_null(strstr(text, "host: h (a=1, b=2)\n"));
	assert_non_null(strstr(text, "cpu: cpu.usage_percent, critical at 1.0%, for 14s\n"));
	assert_non_null(strstr(text,
	    "r1: disk.usage_percent{fstype=x*}, warn at <=3.0%, critical at <=2.0%, for 9s\n"));
	assert_non_null(strstr(text, "  discord: critical; in your own words\n"));
	assert_non_null(strstr(text, "warn after 3s, critical after 4s, emergency after 5s\n"));
	assert_non_null(strstr(text, "at most 1 a minute, at most 2 an hour, the rest in one"));
	assert_non_null(strstr(text, "of one kind within 6s leave as one message"));
	assert_non_null(strstr(text, "becomes critical after 8 evaluations in a row\n"));
	assert_non_null(strstr(text, "becomes an emergency after 9 min\n"));
	assert_non_null(strstr(text, "  disk.*{mountpoint=/b*}, from 2026-11-22 20:00 UTC, until "
	                             "2026-11-23 19:00 UTC, critical and emergency pass (c)\n"));
	assert_non_null(strstr(text, "  *, sat, sun, 22:00 to 07:00\n"));
	close(fd);
	conf_free(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_roles),
	    cmocka_unit_test(test_agent_has_it_all),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_forged),
	    cmocka_unit_test(test_no_control_bytes),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests_name("codec", tests, NULL, NULL);
}
