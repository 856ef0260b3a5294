/*
 * The courier as its peers see it: a job is delivered and answered once, whatever becomes of its
 * runner and of the others, and who says what cannot be is accused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/courier_rig.h"

static void
test_a_job_is_delivered_and_answered(void **state)
{
	struct receipt r;
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 77, 3, DEADLINE_MS, discord, "ok");
	r = next_receipt(&p);
	assert_int_equal(r.kind, DESTINATION_CHANNEL);
	assert_int_equal(r.index, CHANNEL_DISCORD);
	assert_int_equal(r.id, 77);
	assert_int_equal(r.attempt, 3);
	assert_int_equal(r.outcome, DELIVERY_DELIVERED);
	assert_int_equal(r.status, 204);
	assert_int_equal(r.retry_after_ms, 250);
	assert_int_equal(r.ahead_ms, -777);
	assert_true(traces->timeout_ms < DEADLINE_MS && traces->timeout_ms >= DEADLINE_MS / 2);
	send_job(&p, 78, 1, DEADLINE_MS, discord, "ok");
	assert_int_equal(next_receipt(&p).id, 78);
	assert_int_equal(stop(&p, ROLE_STOP_SIGNAL), 0);
}

static void
test_a_channel_without_an_address(void **state)
{
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 2, 1, DEADLINE_MS, console, "ok");
	assert_int_equal(next_receipt(&p).outcome, DELIVERY_DENIED);
	assert_int_equal(traces->deliveries, 0);
	stop(&p, ROLE_STOP_SIGNAL);
}

static void
test_a_hanging_channel_delays_no_other(void **state)
{
	struct receipt r;
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 1, 1, 2 * SHORT_MS, webhook, "hang");
	send_job(&p, 2, 1, DEADLINE_MS, discord, "ok");
	assert_int_equal(next_receipt(&p).id, 2);
	r = next_receipt(&p);
	assert_int_equal(r.id, 1);
	assert_int_equal(r.outcome, DELIVERY_TEMPORARY);
	assert_non_null(strstr(r.text, "no end"));
	send_job(&p, 3, 1, DEADLINE_MS, webhook, "ok");
	assert_int_equal(next_receipt(&p).outcome, DELIVERY_DELIVERED);
	stop(&p, ROLE_STOP_SIGNAL);
}

static void
test_a_runner_that_fails_costs_one_attempt(void **state)
{
	static const char *const bodies[] = {"crash", "abort", "exit", "nonsense"};
	static const char *const words[] = {
	    "signal 9", "signal 6", "without a report", "without a report"};
	struct peer p;

	(void)state;
	start(&p);
	for (size_t i = 0; i < 4; i++) {
		struct receipt r;

		send_job(&p, i + 1, 1, DEADLINE_MS, discord, bodies[i]);
		r = next_receipt(&p);
		assert_int_equal(r.outcome, DELIVERY_TEMPORARY);
		assert_non_null(strstr(r.text, words[i]));
	}
	send_job(&p, 9, 1, DEADLINE_MS, discord, "ok");
	assert_int_equal(next_receipt(&p).outcome, DELIVERY_DELIVERED);
	stop(&p, ROLE_STOP_SIGNAL);
}

static void
test_the_same_job_again_is_one_delivery(void **state)
{
	struct receipt r;
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 5, 1, DEADLINE_MS, discord, "slow");
	send_job(&p, 5, 1, DEADLINE_MS, discord, "slow");
	send_job(&p, 5, 2, DEADLINE_MS, discord, "slow");
	send_job(&p, 6, 1, DEADLINE_MS, discord, "ok");
	r = next_receipt(&p);
	assert_int_equal(r.id, 6);
	assert_int_equal(r.outcome, DELIVERY_BUSY);
	r = next_receipt(&p);
	assert_int_equal(r.id, 5);
	assert_int_equal(r.attempt, 2);
	assert_int_equal(r.outcome, DELIVERY_DELIVERED);
	assert_int_equal(traces->deliveries, 1);
	stop(&p, ROLE_STOP_SIGNAL);
}

/* The successor of an agent that died gets the receipt of what was under way. */
static void
test_a_new_agent_is_answered(void **state)
{
	struct receipt r;
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 5, 4, DEADLINE_MS, discord, "slow");
	replace_agent(&p);
	send_job(&p, 5, 1, DEADLINE_MS, discord, "slow");
	r = next_receipt(&p);
	assert_int_equal(r.id, 5);
	assert_int_equal(r.attempt, 1);
	assert_int_equal(traces->deliveries, 1);
	stop(&p, ROLE_STOP_SIGNAL);
}

static void
test_a_broken_job_is_accused_and_survived(void **state)
{
	char byte;
	struct peer p;

	(void)state;
	start(&p);
	wire_begin(&msg, WIRE_JOB);
	wire_put_u64(&msg, 1);
	assert_int_equal(link_send(&p.link, &msg), WIRE_OK);
	assert_int_equal(read(p.lifeline, &byte, 1), 1);
	assert_int_equal(byte, ROLE_AGENT);
	replace_agent(&p);
	send_job(&p, 2, 1, DEADLINE_MS, discord, "ok");
	assert_int_equal(next_receipt(&p).outcome, DELIVERY_DELIVERED);
	stop(&p, ROLE_STOP_SIGNAL);
}

static void
test_a_destination_that_cannot_be_is_accused(void **state)
{
	static const struct destination nowhere[] = {{DESTINATION_CHANNEL, CHANNEL_COUNT},
	    {DESTINATION_HEARTBEAT, 1}, {DESTINATION_KINDS, 0}, {(enum destination_kind)255, 0},
	    {DESTINATION_CHANNEL, UINT32_MAX}};
	struct peer p;

	(void)state;
	start(&p);
	for (uint32_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		char byte;

		send_job(&p, 1, 1, DEADLINE_MS, nowhere[i], "ok");
		assert_int_equal(read(p.lifeline, &byte, 1), 1);
		assert_int_equal(byte, ROLE_AGENT);
		replace_agent(&p);
	}
	assert_int_equal(traces->deliveries, 0);
	send_job(&p, 2, 1, DEADLINE_MS, discord, "ok");
	assert_int_equal(next_receipt(&p).outcome, DELIVERY_DELIVERED);
	stop(&p, ROLE_STOP_SIGNAL);
}

/* However many hang, a channel waits for itself alone, and a kind for no other. */
static void
test_hanging_channels_make_none_wait(void **state)
{
	const struct destination last = {DESTINATION_CHANNEL, CHANNEL_ALERTMANAGER};
	struct receipt r;
	struct peer p;

	(void)state;
	start(&p);
	for (uint32_t i = 0; i < CHANNEL_COUNT; i++) {
		const struct destination to = {DESTINATION_CHANNEL, i};

		if (i != CHANNEL_CONSOLE && i != last.index)
			send_job(&p, 100 + i, 1, 60000, to, "hang");
	}
	send_job(&p, 1, 1, DEADLINE_MS, last, "ok");
	r = next_receipt(&p);
	assert_int_equal(r.index, last.index);
	assert_int_equal(r.outcome, DELIVERY_DELIVERED);
	send_job(&p, 2, 1, DEADLINE_MS, last, "hang");
	send_job(&p, 3, 1, DEADLINE_MS, heartbeat, "ok");
	r = next_receipt(&p);
	assert_int_equal(r.kind, DESTINATION_HEARTBEAT);
	assert_int_equal(r.id, 3);
	assert_int_equal(r.outcome, DELIVERY_DELIVERED);
	send_job(&p, 4, 1, DEADLINE_MS, last, "ok");
	r = next_receipt(&p);
	assert_int_equal(r.id, 4);
	assert_int_equal(r.outcome, DELIVERY_BUSY);
	assert_non_null(strstr(r.text, "busy"));
	stop(&p, ROLE_STOP_SIGNAL);
}

/* Two jobs of one number to two destinations are two jobs. */
static void
test_numbers_are_those_of_their_destination(void **state)
{
	struct receipt first, second;
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 1, 1, DEADLINE_MS, discord, "slow");
	send_job(&p, 1, 1, DEADLINE_MS, heartbeat, "slow");
	first = next_receipt(&p);
	second = next_receipt(&p);
	assert_int_equal(first.outcome, DELIVERY_DELIVERED);
	assert_int_equal(second.outcome, DELIVERY_DELIVERED);
	assert_int_not_equal(first.kind, second.kind);
	assert_int_equal(traces->deliveries, 2);
	stop(&p, ROLE_STOP_SIGNAL);
}

/* A kind has so many runners as its row says, whatever room there is. */
static void
test_each_kind_has_a_bound(void **state)
{
	static struct courier c;

	(void)state;
	for (int kind = 0; kind < DESTINATION_KINDS; kind++) {
		for (unsigned i = 0; i < destination_runners((enum destination_kind)kind); i++) {
			struct slot *s = find_free_slot(&c, (enum destination_kind)kind);

			assert_non_null(s);
			s->state = i % 2 == 0 ? SLOT_RUNNING : SLOT_DONE;
			s->to = (struct destination){(enum destination_kind)kind, i};
			assert_ptr_equal(find_slot(&c, s->to), s);
		}
		assert_null(find_free_slot(&c, (enum destination_kind)kind));
	}
}

static pid_t
wait_for_runner(void)
{
	const volatile struct traces *t = traces;

	for (int i = 0; i < WAIT_MS && t->runner == 0; i++)
		poll(NULL, 0, 1);
	return t->runner;
}

static void
test_it_takes_its_runners_along(void **state)
{
	static const int signals[] = {ROLE_STOP_SIGNAL, SIGKILL};
	struct peer p;
	int status;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		pid_t runner;

		start(&p);
		send_job(&p, 1, 1, 60000, discord, "hang");
		runner = wait_for_runner();
		assert_true(runner > 0);
		stop(&p, signals[i]);
		/* an orphan becomes our child; one that was waited for is none */
		if (waitpid(runner, &status, 0) == runner)
			assert_int_equal(WTERMSIG(status), SIGKILL);
		assert_int_equal(kill(runner, 0), -1);
	}
}

/* A reload that concerns it, say: the service is not as if down for that. */
static void
test_what_it_breaks_off_is_not_held_against_the_service(void **state)
{
	struct receipt r;
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 1, 1, 60000, discord, "hang");
	assert_true(wait_for_runner() > 0);
	kill(p.pid, ROLE_STOP_SIGNAL);
	r = next_receipt(&p);
	assert_int_equal(r.id, 1);
	assert_int_equal(r.outcome, DELIVERY_BUSY);
	assert_int_equal(stop(&p, ROLE_STOP_SIGNAL), 0);
}

static void
test_without_a_launcher_it_ends(void **state)
{
	struct peer p;
	int status;

	(void)state;
	start(&p);
	shutdown(p.lifeline, SHUT_RDWR);
	assert_int_equal(waitpid(p.pid, &status, 0), p.pid);
	assert_int_equal(status, 0);
	link_done(&p.link);
	close(p.lifeline);
}

/* A mail server may think for minutes: nobody ends it before the channel's own time. */
static void
test_the_longest_time_is_the_channels(void **state)
{
	struct job job = {.deadline_ms = CONF_DELIVERY_SECS_MAX * 1000 + 500};

	(void)state;
	assert_int_equal(deadline_of(&job), job.deadline_ms);
	job.deadline_ms = UINT32_MAX;
	assert_in_range(
	    deadline_of(&job), CONF_DELIVERY_SECS_MAX * 1000, 2 * CONF_DELIVERY_SECS_MAX * 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_job_is_delivered_and_answered),
	    cmocka_unit_test(test_a_channel_without_an_address),
	    cmocka_unit_test(test_a_hanging_channel_delays_no_other),
	    cmocka_unit_test(test_a_runner_that_fails_costs_one_attempt),
	    cmocka_unit_test(test_the_same_job_again_is_one_delivery),
	    cmocka_unit_test(test_a_new_agent_is_answered),
	    cmocka_unit_test(test_a_broken_job_is_accused_and_survived),
	    cmocka_unit_test(test_a_destination_that_cannot_be_is_accused),
	    cmocka_unit_test(test_hanging_channels_make_none_wait),
	    cmocka_unit_test(test_numbers_are_those_of_their_destination),
	    cmocka_unit_test(test_each_kind_has_a_bound),
	    cmocka_unit_test(test_the_longest_time_is_the_channels),
	    cmocka_unit_test(test_it_takes_its_runners_along),
	    cmocka_unit_test(test_what_it_breaks_off_is_not_held_against_the_service),
	    cmocka_unit_test(test_without_a_launcher_it_ends),
	};

	return cmocka_run_group_tests_name("courier", tests, open_traces, NULL);
}
