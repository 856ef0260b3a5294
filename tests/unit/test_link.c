#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/priv/link.c"

#include "tests/unit/wire_help.h"

static struct wire_msg msg;
static struct link agent, keeper;

/* As the launcher does when it starts both: each has an end from the beginning. */
static int
set_up(void **state)
{
	int ends[2];

	(void)state;
	if (!wire_pair(ends))
		return -1;
	link_init(&agent, ends[0], WIRE_KEEPER_TO_AGENT);
	link_init(&keeper, ends[1], WIRE_AGENT_TO_KEEPER);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	link_done(&agent);
	link_done(&keeper);
	return 0;
}

/* Another process takes the place of one, and the other is handed its end. */
static void
replace(struct link *new, struct link *old)
{
	link_take(old, wire_anew(new, new->in));
}

/* Lets both read until nothing moves; counts how often each was told that its peer is new. */
static void
settle(int *agent_fresh, int *keeper_fresh)
{
	bool moved = true;

	*agent_fresh = *keeper_fresh = 0;
	while (moved) {
		enum link_event a = link_recv(&agent, &msg), k = link_recv(&keeper, &msg);

		*agent_fresh += a == LINK_FRESH;
		*keeper_fresh += k == LINK_FRESH;
		moved = a != LINK_NOTHING || k != LINK_NOTHING;
	}
}

static void
commit(struct link *from, enum wire_id id, uint64_t txn, enum wire_io expected)
{
	wire_begin(&msg, id);
	wire_put_u64(&msg, txn);
	assert_int_equal(link_send(from, &msg), expected);
}

static void
expect_message(struct link *to, uint64_t txn)
{
	assert_int_equal(link_recv(to, &msg), LINK_MESSAGE);
	assert_true(wire_get_u64(&msg) == txn);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void
each_is_told_once_that_its_peer_is_new(void **state)
{
	int a, k;

	(void)state;
	assert_true(link_has_news(&agent)); /* or nobody would call */
	commit(&agent, WIRE_TXN_BEGIN, 7, WIRE_GONE);
	settle(&a, &k);
	assert_int_equal(a, 1);
	assert_int_equal(k, 1);
	assert_true(link_up(&agent) && link_up(&keeper));
	assert_false(link_has_news(&agent));
	commit(&agent, WIRE_TXN_BEGIN, 7, WIRE_OK);
	expect_message(&keeper, 7);
}

static void
who_has_no_peer_yet_waits_for_it(void **state)
{
	int ends[2];

	(void)state;
	link_done(&agent);
	link_init(&agent, -1, WIRE_KEEPER_TO_AGENT);
	assert_int_equal(link_watched(&agent), -1);
	assert_false(link_has_news(&agent));
	assert_int_equal(link_recv(&agent, &msg), LINK_NOTHING);
	commit(&agent, WIRE_TXN_BEGIN, 1, WIRE_GONE);
	assert_true(wire_pair(ends));
	link_take(&agent, ends[0]);
	assert_true(link_has_news(&agent));
	assert_int_equal(link_watched(&agent), ends[0]);
	assert_int_equal(link_recv(&agent, &msg), LINK_FRESH);
	assert_int_equal(link_recv(&agent, &msg), LINK_NOTHING);
	commit(&agent, WIRE_TXN_BEGIN, 1, WIRE_OK);
	close(ends[1]);
}

/* What a dead worker said before is still heard, then its successor; nothing goes to the dead. */
static void
last_words_come_before_the_successor(void **state)
{
	int old_fd = keeper.fd, a, k;

	(void)state;
	settle(&a, &k);
	commit(&agent, WIRE_TXN_COMMIT, 8, WIRE_OK);
	commit(&agent, WIRE_TXN_COMMIT, 9, WIRE_OK);
	commit(&keeper, WIRE_COMMITTED, 1, WIRE_OK); /* for an agent that will not read it */
	replace(&agent, &keeper);
	assert_int_equal(link_recv(&agent, &msg), LINK_FRESH);
	commit(&agent, WIRE_TXN_BEGIN, 10, WIRE_OK);
	expect_message(&keeper, 8);
	commit(&keeper, WIRE_COMMITTED, 8, WIRE_GONE);
	expect_message(&keeper, 9);
	assert_true(link_has_news(&keeper));
	assert_int_equal(link_recv(&keeper, &msg), LINK_FRESH);
	assert_false(is_open(old_fd));
	expect_message(&keeper, 10);
	assert_int_equal(link_recv(&keeper, &msg), LINK_NOTHING);
	assert_int_equal(link_recv(&agent, &msg), LINK_NOTHING); /* nothing of its predecessor's */
	commit(&keeper, WIRE_COMMITTED, 10, WIRE_OK);
	expect_message(&agent, 10);
}

/* Somebody whom it has left its end to goes on talking. */
static void
the_dead_do_not_talk_for_ever(void **state)
{
	struct link left;
	int a, k, heard = 0;

	(void)state;
	settle(&a, &k);
	left = agent;
	left.fd = dup(agent.fd);
	replace(&agent, &keeper);
	for (commit(&left, WIRE_TXN_BEGIN, 1, WIRE_OK); link_recv(&keeper, &msg) == LINK_MESSAGE;
	     heard++)
		commit(&left, WIRE_TXN_BEGIN, 1, WIRE_OK);
	assert_int_equal(heard, LAST_MESSAGES_MAX);
	assert_true(link_up(&keeper));
	link_done(&left);
}

/* Its successor did nothing. */
static void
the_dead_are_not_accused(void **state)
{
	int a, k;

	(void)state;
	settle(&a, &k);
	assert_int_equal(send(agent.fd, "\xff", 1, 0), 1);
	replace(&agent, &keeper);
	assert_int_equal(link_recv(&keeper, &msg), LINK_FRESH);
	commit(&keeper, WIRE_COMMITTED, 1, WIRE_OK);
	assert_int_equal(link_recv(&agent, &msg), LINK_FRESH);
	wire_begin(&msg, WIRE_TXN_BEGIN);
	assert_int_equal(link_send(&agent, &msg), WIRE_OK);
	replace(&agent, &keeper);
	assert_int_equal(link_recv(&keeper, &msg), LINK_MESSAGE);
	assert_false(link_violation(&keeper));
	assert_int_equal(link_recv(&keeper, &msg), LINK_FRESH);
	assert_true(link_up(&keeper));
}

/* Either may be replaced at any time with anything unread, or have its socket closed or shut. */
static void
restarts_at_any_moment_settle(void **state)
{
	int a, k;

	(void)state;
	for (unsigned moments = 1; moments < 1u << 12; moments++) {
		for (unsigned bits = moments; bits != 0; bits >>= 3) {
			if ((bits & 7) < 2)
				(void)link_recv(&agent, &msg);
			else if ((bits & 7) < 4)
				(void)link_recv(&keeper, &msg);
			else if ((bits & 7) == 4)
				replace(&agent, &keeper);
			else if ((bits & 7) == 5)
				replace(&keeper, &agent);
			else if ((bits & 7) == 6)
				(void)link_violation(&agent);
			else
				(void)shutdown(keeper.fd, SHUT_RDWR);
		}
		replace(&agent, &keeper);
		settle(&a, &k);
		assert_int_equal(a, 1);
		assert_in_range(k, 1, 2);
		assert_true(link_up(&agent) && link_up(&keeper));
		commit(&keeper, WIRE_COMMITTED, moments, WIRE_OK);
		expect_message(&agent, moments);
		commit(&agent, WIRE_TXN_BEGIN, moments, WIRE_OK);
		expect_message(&keeper, moments);
	}
}

static void
a_violation_is_told_once_and_ends_the_link(void **state)
{
	int a, k;

	(void)state;
	settle(&a, &k);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(keeper.fd, "\xff", 1, 0), 1);
	commit(&keeper, WIRE_COMMITTED, 1, WIRE_OK);
	assert_int_equal(link_recv(&agent, &msg), LINK_VIOLATION);
	assert_int_equal(link_recv(&agent, &msg), LINK_NOTHING);
	assert_int_equal(link_watched(&agent), -1);
	commit(&agent, WIRE_TXN_BEGIN, 1, WIRE_GONE);
	replace(&keeper, &agent);
	assert_int_equal(link_recv(&agent, &msg), LINK_FRESH);
	commit(&agent, WIRE_TXN_BEGIN, 1, WIRE_OK);
	assert_true(link_violation(&agent));
	assert_false(link_up(&agent));
}

/* The end of the file comes long before the successor: nothing to watch, nothing to tell. */
static void
a_wire_that_ends_is_no_event(void **state)
{
	static const int ways[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
	int a, k;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		settle(&a, &k);
		commit(&keeper, WIRE_COMMITTED, i, WIRE_OK);
		if (i < 3)
			shutdown(keeper.fd, ways[i]);
		else
			link_done(&keeper);
		expect_message(&agent, i);
		for (int n = 0; n < 3; n++)
			assert_int_equal(link_recv(&agent, &msg), LINK_NOTHING);
		if (i > 0)
			assert_int_equal(link_watched(&agent), -1);
		commit(&agent, WIRE_TXN_BEGIN, 1, WIRE_GONE);
		replace(&keeper, &agent);
		settle(&a, &k);
		assert_int_equal(a, 1);
		commit(&agent, WIRE_TXN_BEGIN, 2, WIRE_OK);
		expect_message(&keeper, 2);
	}
}

/* One that was started and replaced again before anybody looked. */
static void
a_successor_that_nobody_met_leaves_nothing_open(void **state)
{
	int unmet, a, k;

	(void)state;
	settle(&a, &k);
	replace(&keeper, &agent);
	unmet = agent.next;
	replace(&keeper, &agent);
	assert_false(is_open(unmet));
	settle(&a, &k);
	assert_int_equal(a, 1);
	commit(&keeper, WIRE_COMMITTED, 1, WIRE_OK);
	expect_message(&agent, 1);
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ROW(each_is_told_once_that_its_peer_is_new),
	    ROW(who_has_no_peer_yet_waits_for_it),
	    ROW(last_words_come_before_the_successor),
	    ROW(the_dead_do_not_talk_for_ever),
	    ROW(the_dead_are_not_accused),
	    ROW(restarts_at_any_moment_settle),
	    ROW(a_violation_is_told_once_and_ends_the_link),
	    ROW(a_wire_that_ends_is_no_event),
	    ROW(a_successor_that_nobody_met_leaves_nothing_open),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
