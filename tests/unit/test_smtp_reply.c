/*
 * Conversations with mail servers, and what became of the message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/courier/smtp_reply.c"

static char one[] = "b@example.org", two[] = "c@example.com", secret[] = "hunter2hunter2";
static char *addresses[] = {one, two};
static const struct strings recipients = {addresses, 2};

static bool is_rest;

/* Lines with "C " before a command and "S " before an answer; NULL ends. */
static bool
judge(const char *const lines[], struct delivery *out)
{
	const struct conf_channel channel = {.password = secret};
	struct smtp_reply t;
	struct mask mask;
	bool judged;

	mask_init(&mask, &channel);
	smtp_reply_init(&t, &recipients);
	t.rest = is_rest;
	for (size_t i = 0; lines[i] != NULL; i++) {
		if (lines[i][0] == 'C')
			smtp_reply_command(&t, lines[i] + 2, strlen(lines[i] + 2));
		else
			smtp_reply_line(&t, lines[i] + 2, strlen(lines[i] + 2));
	}
	judged = smtp_reply_judge(&t, &mask, out);
	mask_done(&mask);
	return judged;
}

#define TALK(...) ((const char *const[]){__VA_ARGS__, NULL})
#define HELLO "S 220 mx ESMTP\r\n", "C EHLO a.example\r\n", "S 250-mx\r\n", "S 250 SIZE 1000\r\n"

static void
expect(const char *const lines[], enum delivery_outcome outcome, unsigned status, const char *text)
{
	struct delivery d;

	assert_true(judge(lines, &d));
	assert_int_equal(d.outcome, outcome);
	assert_int_equal(d.status, status);
	assert_string_equal(d.text, text);
}

static void
test_taken(void **state)
{
	(void)state;
	expect(TALK(HELLO, "C MAIL FROM:<a@b>\r\n", "S 250 ok", "C RCPT TO:<b@c>\r\n", "S 250 ok",
	           "C DATA\r\n", "S 354 go", "S 250 2.0.0 queued", "C QUIT\r\n", "S 500 what?"),
	    DELIVERY_DELIVERED, 250, "");
}

#define TO(code_one, code_two)                                                           \
	HELLO, "C MAIL FROM:<a@b>\r\n", "S 250 ok", "C RCPT TO:<b@example.org>\r\n",     \
	    "S " code_one "\r\n", "C RCPT TO:<c@example.com>\r\n", "S " code_two "\r\n", \
	    "C DATA\r\n", "S 354 go", "S 250 ok"

static void
test_taken_for_some(void **state)
{
	struct delivery d;

	(void)state;
	expect(TALK(TO("250 ok", "550 5.1.1 no")), DELIVERY_DELIVERED, 250,
	    "1 of 2 recipients refused: c@example.com: 550 5.1.1 no");
	assert_true(judge(TALK(TO("250 ok", "550 5.1.1 no")), &d));
	assert_int_equal(d.left_count, 0);
	expect(TALK(TO("250 ok", "450 4.2.0 full")), DELIVERY_DELIVERED, 250,
	    "1 of 2 recipients put off: c@example.com: 450 4.2.0 full");
	assert_true(judge(TALK(TO("250 ok", "450 4.2.0 full")), &d));
	assert_int_equal(d.left_count, 1);
	assert_true(d.left[0] == recipient_number("c@example.com"));
	assert_true(judge(TALK(TO("450 4.2.0 full", "250 ok")), &d));
	assert_int_equal(d.left_count, 1);
	assert_true(d.left[0] == recipient_number("Boss <b@example.org>"));
	/* who is refused for good must be seen */
	expect(TALK(TO("550 5.1.1 no", "450 4.2.0 full")), DELIVERY_DELIVERED, 250,
	    "1 of 2 recipients refused, 1 put off: b@example.org: 550 5.1.1 no");
}

/* A rest is done with when all of it is taken or refused for good. */
static void
test_rest(void **state)
{
	struct delivery d;

	(void)state;
	is_rest = true;
	expect(TALK(HELLO, "C RCPT TO:<b@c>\r\n", "S 550 no", "C RCPT TO:<d@e>\r\n", "S 550 no"),
	    DELIVERY_DELIVERED, 250, "2 of 2 recipients refused: c@example.com: 550 no");
	expect(TALK(HELLO, "C RCPT TO:<b@c>\r\n", "S 421 wait"), DELIVERY_TEMPORARY, 421,
	    "RCPT b@example.org: 421 wait");
	expect(TALK(HELLO, "C AUTH x\r\n", "S 535 no"), DELIVERY_DENIED, 535, "login: 535 no");
	assert_true(judge(TALK(TO("250 ok", "450 full")), &d));
	assert_int_equal(d.left_count, 1);
	is_rest = false;
}

static void
test_refused(void **state)
{
	(void)state;
	expect(TALK("S 554 5.7.1 go away"), DELIVERY_DENIED, 554, "greeting: 554 5.7.1 go away");
	expect(TALK("S 421 4.3.2 later"), DELIVERY_TEMPORARY, 421, "greeting: 421 4.3.2 later");
	expect(TALK(HELLO, "C AUTH PLAIN x\r\n", "S 535 no hunter2hunter2\r\n"), DELIVERY_DENIED,
	    535, "login: 535 no ***");
	expect(TALK(HELLO, "C RCPT TO:<b@c>\r\n", "S 550-5.1.1 no\r\n", "S 550 5.1.1 such user\r\n",
	           "C RCPT TO:<d@e>\r\n", "S 550 nor you"),
	    DELIVERY_DENIED, 550, "RCPT c@example.com: 550 nor you");
	expect(TALK(HELLO, "C RCPT TO:<b@c>\r\n", "S 550 no", "C RCPT TO:<d@e>\r\n", "S 450 wait"),
	    DELIVERY_TEMPORARY, 550, "RCPT b@example.org: 550 no");
	expect(TALK(HELLO, "C RCPT TO:<b@c>\r\n", "S 450 wait", "C RCPT TO:<d@e>\r\n", "S 550 no"),
	    DELIVERY_TEMPORARY, 550, "RCPT c@example.com: 550 no");
	expect(TALK(HELLO, "C DATA\r\n", "S 354 go", "S 554 spam"), DELIVERY_REJECTED, 554,
	    "message: 554 spam");
	expect(TALK(HELLO, "C MAIL FROM:<a@b>\r\n", "S 552 too big"), DELIVERY_REJECTED, 552,
	    "MAIL: 552 too big");
	expect(TALK(HELLO, "C DATA\r\n", "S 530 login first"), DELIVERY_DENIED, 530,
	    "DATA: 530 login first");
	expect(TALK("S 999 what"), DELIVERY_TEMPORARY, 999, "greeting: 999 what");
}

static void
expect_network(const char *const lines[])
{
	struct delivery d;

	assert_false(judge(lines, &d));
}

#define ONE_REFUSED \
	HELLO, "C MAIL FROM:<a@b>\r\n", "S 250 ok", "C RCPT TO:<b@example.org>\r\n", "S 550 no"

/* The mail waits seconds, as it does after any failure of the network: not for somebody's help. */
static void
a_connection_that_breaks_after_a_refusal_is_a_failure_of_the_network(void **state)
{
	(void)state;
	expect_network(TALK(ONE_REFUSED));
	expect_network(TALK(ONE_REFUSED, "C RCPT TO:<c@example.com>\r\n"));
	expect_network(TALK(ONE_REFUSED, "C RCPT TO:<c@example.com>\r\n", "S 250 ok"));
	expect_network(
	    TALK(ONE_REFUSED, "C RCPT TO:<c@example.com>\r\n", "S 250 ok", "C DATA\r\n"));
	expect_network(TALK(
	    ONE_REFUSED, "C RCPT TO:<c@example.com>\r\n", "S 250 ok", "C DATA\r\n", "S 354 go"));
	expect_network(TALK(HELLO, "C AUTH PLAIN x\r\n", "S 535 no", "C AUTH LOGIN\r\n"));
	expect_network(TALK(HELLO, "C AUTH PLAIN x\r\n", "S 535 no", "C AUTH LOGIN\r\n",
	    "S 334 VXNlcg==", "C eA==\r\n"));
	expect_network(TALK(HELLO, "C STARTTLS\r\n", "S 220 go"));
	expect_network(TALK("S 220 mx", "C EHLO a\r\n", "S 502 what", "C HELO a\r\n", "S 250 mx"));
	is_rest = true;
	expect_network(TALK(ONE_REFUSED, "C RCPT TO:<c@example.com>\r\n"));
	expect_network(TALK(ONE_REFUSED));
	is_rest = false;
	expect(TALK(HELLO, "C AUTH PLAIN x\r\n", "S 535 no", "C QUIT\r\n"), DELIVERY_DENIED, 535,
	    "login: 535 no");
}

static void
test_steps(void **state)
{
	struct smtp_reply t;

	(void)state;
	for (int stage = 0; stage < SMTP_REPLY_STAGES; stage++)
		assert_true(strlen(smtp_reply_step((enum smtp_reply_stage)stage)) > 2);
	smtp_reply_init(&t, &recipients);
	assert_string_equal(smtp_reply_step(t.stage), "greeting");
	smtp_reply_command(&t, "STARTTLS\r\n", 10);
	assert_string_equal(smtp_reply_step(t.stage), "STARTTLS");
	smtp_reply_line(&t, "220 2.0.0 go ahead\r\n", 20);
	assert_string_equal(smtp_reply_step(t.stage), "TLS");
	smtp_reply_command(&t, "EHLO a\r\n", 8);
	assert_string_equal(smtp_reply_step(t.stage), "EHLO");
}

/* Ways to log in are those of the last EHLO: before TLS a server may have others. */
static void
test_mechanisms(void **state)
{
	struct smtp_reply t;

	(void)state;
	smtp_reply_init(&t, &recipients);
	smtp_reply_line(&t, "250-AUTH NONE\r\n", 15);
	assert_string_equal(t.mechanisms, "");
	smtp_reply_command(&t, "EHLO a\r\n", 8);
	smtp_reply_line(&t, "250-mx\r\n", 8);
	smtp_reply_line(&t, "250-AUTH GSSAPI NTLM\r\n", 22);
	assert_string_equal(t.mechanisms, "GSSAPI NTLM");
	smtp_reply_command(&t, "EHLO a\r\n", 8);
	assert_string_equal(t.mechanisms, "");
	smtp_reply_line(&t, "250 auth PLAIN\r\n", 16);
	assert_string_equal(t.mechanisms, "PLAIN");
}

/* Before the go-ahead a 250 confirms nothing; without any answer it was the network. */
static void
test_not_confirmed(void **state)
{
	struct delivery d;

	(void)state;
	assert_false(judge(TALK(HELLO, "C MAIL FROM:<a@b>\r\n", "S 250 ok"), &d));
	assert_false(judge(TALK(HELLO, "C DATA\r\n", "S 250 sure"), &d));
	assert_false(judge(TALK(HELLO, "C DATA\r\n", "S 354 go"), &d));
	assert_false(judge(TALK("S HTTP/1.1 200 OK", "S ", "S 25", "S 2500 x", "S -1 x"), &d));
}

static void
test_long_lines(void **state)
{
	char line[2000];
	struct delivery d;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	memcpy(line, "S 550 ", 6);
	assert_true(judge(TALK(line), &d));
	assert_int_equal(strlen(d.text), DELIVERY_TEXT_MAX - 1);
	assert_true(judge(TALK("S 550"), &d));
	assert_string_equal(d.text, "greeting: 550");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_taken),
	    cmocka_unit_test(test_taken_for_some),
	    cmocka_unit_test(test_rest),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(a_connection_that_breaks_after_a_refusal_is_a_failure_of_the_network),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_mechanisms),
	    cmocka_unit_test(test_not_confirmed),
	    cmocka_unit_test(test_long_lines),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
