/*
 * Whatever a host is called, a mail server is told a domain name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/courier/own_name.c"

#include "tests/unit/random.h"

static void
expect(const char *host, const char *domain, const char *name)
{
	char out[OWN_NAME_MAX];

	own_name_make(host, domain, out);
	assert_string_equal(out, name);
}

static void
test_names(void **state)
{
	(void)state;
	expect("web-01", "example.org", "web-01.example.org");
	expect("web-01.prod.example.net", "example.org", "web-01.prod.example.net");
	expect("web_01", "example.org", "web-01.example.org");
	expect("Web 01_a.prod_x.example.net", "example.org", "Web-01-a.prod-x.example.net");
	expect("-web-.-a-.net", "example.org", "web.a.net");
	expect("web-01.", "example.org", "web-01.example.org");
	expect("web-01", "localhost", "web-01.localhost");
	expect("10.0.0.1", "example.org", "10.0.0.1.example.org");
	expect("::1", "example.org", "1.example.org");
	expect("7", "example.org", "7.example.org");
}

static void
test_no_name(void **state)
{
	(void)state;
	expect("", "example.org", "sysops-agent.example.org");
	expect("....", "example.org", "sysops-agent.example.org");
	expect("_-_", "example.org", "sysops-agent.example.org");
	expect("\xec\x84\x9c\xeb\xb2\x84", "example.org", "sysops-agent.example.org");
	expect("db\xec\x84\x9c", "example.org", "db.example.org");
	expect("", "", "sysops-agent");
	expect("\r\nQUIT", "example.org", "QUIT.example.org");
}

static void
test_lengths(void **state)
{
	char host[300], out[OWN_NAME_MAX];

	(void)state;
	memset(host, 'a', sizeof(host) - 1);
	host[sizeof(host) - 1] = '\0';
	own_name_make(host, "example.org", out);
	assert_int_equal(strcspn(out, "."), 63);
	assert_string_equal(out + 63, ".example.org");
	for (size_t i = 50; i < sizeof(host) - 1; i += 51)
		host[i] = '.';
	expect(host, "example.org", "example.org");
	expect(host, host, "sysops-agent");
}

/* RFC 1035, 2.3.1 and 2.3.4. */
static void
check_domain(const char *name)
{
	size_t label = 0;

	assert_in_range(strlen(name), 1, 253);
	for (const char *p = name;; p++) {
		if (*p == '.' || *p == '\0') {
			assert_in_range(label, 1, 63);
			assert_int_not_equal(p[-1], '-');
			label = 0;
			if (*p == '\0')
				return;
			continue;
		}
		assert_true(is_alphanumeric(*p) || (*p == '-' && label > 0));
		label++;
	}
}

static void
test_any_bytes(void **state)
{
	char host[80], out[OWN_NAME_MAX];

	(void)state;
	random_start();
	for (int i = 0; i < 20000; i++) {
		size_t len = draw(sizeof(host));

		for (size_t k = 0; k < len; k++)
			host[k] = draw(2) == 0 ? (char)(1 + draw(255)) : "a.-_9"[draw(5)];
		host[len] = '\0';
		own_name_make(host, "example.org", out);
		check_domain(out);
		assert_non_null(strchr(out, '.'));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_no_name),
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests_name("own_name", tests, NULL, NULL);
}
