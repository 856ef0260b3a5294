/*
 * Mail, syslog and templates from the file to what each process is told.
 */
#include "src/conf/defaults.c"

#include "tests/unit/conf_help.h"

#include "base/mem.h"
#include "conf/placeholder.h"

#define EMAIL                                                              \
	"[alerting.email]\nenabled = true\nsmtp_host = 'mx.example.org'\n" \
	"from = 'Alerts <a@example.org>'\nto = ['b@example.org', 'c@example.com']\n"

/* What the role is given of a configuration. */
static struct conf *
told(const struct conf *conf, unsigned role)
{
	size_t len;
	char *blob = conf_encode(conf, role, &len);
	struct conf *out = conf_decode(blob, len);

	assert_non_null(out);
	mem_free(blob);
	return out;
}

static void
test_mail(void **state)
{
	struct conf *conf = load_ok(EMAIL "username = 'u'\npassword = 'hunter2'\n"), *agent,
	            *courier;
	const struct conf_channel *c = &conf->channels[CHANNEL_EMAIL];

	(void)state;
	assert_int_equal(c->smtp_port, 587);
	assert_true(c->smtp_tls);
	assert_int_equal(c->timeout_secs, 330);
	assert_int_equal(c->id, CHANNEL_EMAIL);
	agent = told(conf, CONF_AGENT);
	courier = told(conf, CONF_COURIER);
	c = &agent->channels[CHANNEL_EMAIL];
	assert_string_equal(c->password, "");
	assert_string_equal(c->login, "");
	assert_string_equal(c->from, "Alerts <a@example.org>");
	assert_int_equal(c->to.len, 2);
	c = &courier->channels[CHANNEL_EMAIL];
	assert_string_equal(c->password, "hunter2");
	assert_string_equal(c->login, "u");
	assert_string_equal(c->smtp_host, "mx.example.org");
	assert_string_equal(c->to.items[1], "c@example.com");
	conf_free(agent);
	conf_free(courier);
	conf_free(conf);
}

static void
test_mail_that_cannot_work(void **state)
{
	(void)state;
	expect_error("[alerting.email]\nenabled = true\nfrom = 'a@b'\nto = ['c@d']\n", 2, 1,
	    "alerting.email.enabled: needs alerting.email.smtp_host");
	expect_error(EMAIL "username = 'u'\n", 6, 1, "needs alerting.email.password too");
	expect_error(EMAIL "password = 'p'\n", 6, 1, "needs alerting.email.username too");
	expect_error(EMAIL "smtp_tls = false\nusername = 'u'\npassword = 'p'\n", 6, 1,
	    "would be sent in plain text to mx.example.org");
	expect_error(EMAIL "smtp_tls = false\nsmtp_port = 465\n", 6, 1, "port 465 speaks TLS");
	conf_free(
	    load_ok("[alerting.email]\nenabled = true\nsmtp_host = 'localhost'\nfrom = 'a@b'\n"
	            "to = ['c@d']\nsmtp_tls = false\nusername = 'u'\npassword = 'p'\n"));
	conf_free(load_ok(EMAIL "smtp_tls = false\nsmtp_port = 25\n"));
}

/* What the courier is told of it, and the port that goes with it. */
static void
expect_tls(const char *lines, enum mail_tls tls, int64_t port)
{
	char text[512];
	struct conf *conf, *courier;

	snprintf(text, sizeof(text), "%s%s", EMAIL, lines);
	conf = load_ok(text);
	courier = told(conf, CONF_COURIER);
	assert_int_equal(report.warnings, 0);
	assert_int_equal(courier->channels[CHANNEL_EMAIL].smtp_tls, tls);
	assert_int_equal(courier->channels[CHANNEL_EMAIL].smtp_port, port);
	conf_free(courier);
	conf_free(conf);
}

static void
test_mail_tls(void **state)
{
	(void)state;
	expect_tls("", MAIL_TLS_ON, 587);
	expect_tls("smtp_tls = true\n", MAIL_TLS_ON, 587);
	expect_tls("smtp_tls = false\n", MAIL_TLS_OFF, 587);
	expect_tls("smtp_tls = 'implicit'\n", MAIL_TLS_IMPLICIT, 465);
	expect_tls("smtp_tls = 'implicit'\nsmtp_port = 2465\n", MAIL_TLS_IMPLICIT, 2465);
	expect_error(EMAIL "smtp_tls = 'starttls'\n", 6, 12,
	    "alerting.email.smtp_tls: must be one of false, true, \"implicit\"; found");
	expect_error(EMAIL "smtp_tls = 1\n", 6, 12, "found the integer 1");
	expect_error(
	    EMAIL "auth = true\n", 6, 8, "alerting.email.auth: must be one of \"auto\", \"plain\"");
	expect_warning(EMAIL "smtp_tls = 'implicit'\nsmtp_port = 587\n", 6, 1, "STARTTLS");
}

static void
test_syslog(void **state)
{
	struct conf *conf = load_ok("[alerting.syslog]\nenabled = true\nfacility = 'local7'\n");

	(void)state;
	assert_int_equal(conf->channels[CHANNEL_SYSLOG].facility, FACILITY_local7);
	assert_string_equal(conf->channels[CHANNEL_SYSLOG].socket, "/dev/log");
	conf_free(conf);
	expect_error(
	    "alerting.syslog.facility = 'kern'\n", 1, 28, "must be one of \"user\", \"mail\"");
	expect_error("alerting.syslog.socket = 'log'\n", 1, 26, "must be a path from the root");
}

static void
expect_parts(const struct conf *conf, enum channel_id id, size_t count, bool plain)
{
	const struct placeholder_list *list = conf->channels[id].template;

	assert_non_null(list);
	assert_int_equal(list->count, count);
	assert_int_equal(list->plain, plain);
}

static void
test_templates(void **state)
{
	struct conf *conf =
	    load_ok("[alerting.templates]\ndefault = '''{{value}}\nat {{hostname}}'''\n"
	            "slack = '*{{metric}}*'\n");
	struct conf *agent = told(conf, CONF_AGENT), *courier = told(conf, CONF_COURIER);

	(void)state;
	expect_parts(agent, CHANNEL_EMAIL, 3, true);
	expect_parts(agent, CHANNEL_CONSOLE, 3, true);
	expect_parts(agent, CHANNEL_SLACK, 3, false);
	assert_null(courier->channels[CHANNEL_EMAIL].template);
	conf_free(agent);
	conf_free(courier);
	conf_free(conf);
	conf = load_ok("alerting.templates.slack = 'x'\n");
	assert_null(conf->channels[CHANNEL_EMAIL].template);
	expect_parts(conf, CHANNEL_SLACK, 1, false);
	conf_free(conf);
}

static void
test_templates_that_are_wrong(void **state)
{
	(void)state;
	expect_error("[alerting.templates]\nslack = 'x {{treshold}}'\n", 2, 9,
	    "alerting.templates.slack: {{treshold}} is no placeholder, did you mean "
	    "{{threshold}}?");
	expect_error("[alerting.templates]\n\n  default = '{{value'\n", 3, 13, "without its }}");
	expect_error("[alerting.templates]\nslak = 'x'\n", 2, 1, "name of a channel");
	expect_error("[alerting.templates]\ndefault = \"a\\u0007\"\n", 2, 11, "control characters");
	expect_error("[alerting.templates]\ndefault = 5\n", 2, 11, "expected a string");
}

/* Any channel that is enabled is enough; without one the console is. */
static void
test_the_console(void **state)
{
	(void)state;
	for (int i = 0; i <= CHANNEL_COUNT; i++) {
		struct conf_draft *draft = draft_new();

		for (int k = 0; k < CHANNEL_COUNT; k++)
			draft->conf.channels[k].enabled = k == i;
		settle_console(draft);
		assert_int_equal(draft->conf.channels[CHANNEL_CONSOLE].enabled,
		    i == CHANNEL_COUNT || i == CHANNEL_CONSOLE);
		draft_free(draft);
	}
}

static void
test_the_name_of_the_host(void **state)
{
	(void)state;
	assert_string_equal(usable_name("web1"), "web1");
	assert_string_equal(usable_name("\xc3\xa9"), "\xc3\xa9");
	assert_string_equal(usable_name(""), "localhost");
	assert_string_equal(usable_name("a\n"), "localhost");
	assert_string_equal(usable_name("a\x7f"), "localhost");
	assert_string_equal(usable_name("a\xff"), "localhost");
}

/* The usual interval is each collector's that has none of its own. */
static void
test_intervals(void **state)
{
	static const char *const names[] = {
	    "cpu", "memory", "disk", "network", "process", "fd", "kernel"};

	(void)state;
	for (unsigned own = 0; own < COLLECTOR_COUNT; own++) {
		char text[200];
		struct conf *conf;

		snprintf(text, sizeof(text),
		    "agent.collect_interval_secs = 7\n[collector]\nenabled_collectors = ['%s']\n"
		    "%s.interval_secs = 9\n",
		    names[own], names[own]);
		conf = load_ok(text);
		for (unsigned i = 0; i < COLLECTOR_COUNT; i++) {
			assert_int_equal(conf->collect.each[i].enabled, i == own);
			if (i == own)
				assert_int_equal(conf->collect.each[i].interval_secs, 9);
		}
		conf_free(conf);
	}
}

/* A list that nobody gave is the one of its row, entry by entry. */
static void
test_lists_of_the_rows(void **state)
{
	struct conf_draft *draft = draft_new();

	(void)state;
	for (size_t i = 0; i < KEY_ROWS; i++) {
		const struct conf_key *key = &conf_keys[i];
		const struct strings *list = (const void *)((const char *)draft + key->offset);
		char joined[4096] = "";

		if (key->name == NULL || key->type != KEY_STRINGS ||
		    (key->flags & (KEY_UNSUPPORTED | KEY_SECRET_FILE)) != 0)
			continue;
		for (size_t k = 0; k < list->len; k++)
			snprintf(joined + strlen(joined), sizeof(joined) - strlen(joined), "%s%s",
			    k > 0 ? "," : "", list->items[k]);
		assert_string_equal(joined, key->text);
	}
	draft_free(draft);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mail),
	    cmocka_unit_test(test_mail_that_cannot_work),
	    cmocka_unit_test(test_mail_tls),
	    cmocka_unit_test(test_syslog),
	    cmocka_unit_test(test_templates),
	    cmocka_unit_test(test_templates_that_are_wrong),
	    cmocka_unit_test(test_the_console),
	    cmocka_unit_test(test_the_name_of_the_host),
	    cmocka_unit_test(test_intervals),
	    cmocka_unit_test(test_lists_of_the_rows),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}
