#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/priv/link.c"

#include <sys/socket.h>
#include <unistd.h>

static struct wire_msg msg;
static struct link agent, keeper;
static int ends[2];

static int
set_up(void **state)
{
	(void)state;
	return wire_pair(ends) ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void
start_agent(uint32_t generation)
{
	link_init(&agent, ends[0], WIRE_KEEPER_TO_AGENT, generation);
}

static void
start_keeper(uint32_t generation)
{
	link_init(&keeper, ends[1], WIRE_AGENT_TO_KEEPER, generation);
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
both_meet_once_whoever_is_first(void **state)
{
	int a, k;

	(void)state;
	start_agent(1);
	commit(&agent, WIRE_TXN_BEGIN, 7, WIRE_AGAIN); /* nobody there yet */
	start_keeper(2);
	settle(&a, &k);
	assert_int_equal(a, 1);
	assert_int_equal(k, 1);
	assert_true(link_up(&agent) && link_up(&keeper));
	commit(&agent, WIRE_TXN_BEGIN, 7, WIRE_OK);
	assert_int_equal(link_recv(&keeper, &msg), LINK_MESSAGE);
	assert_true(wire_get_u64(&msg) == 7);
}

static void
a_successor_is_met_and_hears_nothing_old(void **state)
{
	int a, k;

	(void)state;
	start_agent(1);
	start_keeper(2);
	settle(&a, &k);
	commit(&keeper, WIRE_COMMITTED, 1, WIRE_OK); /* for an agent that will not read it */
	start_agent(3);
	settle(&a, &k);
	assert_int_equal(a, 1);
	assert_int_equal(k, 1);
	assert_int_equal(keeper.peer, 3);
	commit(&keeper, WIRE_COMMITTED, 2, WIRE_OK);
	assert_int_equal(link_recv(&agent, &msg), LINK_MESSAGE);
	assert_true(wire_get_u64(&msg) == 2);
}

static void
an_answer_to_a_predecessor_is_no_greeting(void **state)
{
	(void)state;
	start_agent(1);
	start_keeper(2);
	assert_int_equal(link_recv(&keeper, &msg), LINK_FRESH);
	assert_int_equal(link_recv(&agent, &msg), LINK_FRESH); /* the answer is not read yet */
	commit(&keeper, WIRE_COMMITTED, 1, WIRE_OK);
	start_agent(3);
	assert_int_equal(link_recv(&agent, &msg), LINK_NOTHING);
	assert_false(link_up(&agent));
}

/* What a dead worker said before is still heard, then its successor. */
static void
last_words_come_before_the_successor(void **state)
{
	int a, k;

	(void)state;
	start_agent(1);
	start_keeper(2);
	settle(&a, &k);
	commit(&agent, WIRE_TXN_COMMIT, 9, WIRE_OK);
	start_agent(3);
	assert_int_equal(link_recv(&keeper, &msg), LINK_MESSAGE);
	assert_int_equal(link_recv(&keeper, &msg), LINK_FRESH);
	assert_int_equal(link_recv(&keeper, &msg), LINK_NOTHING);
}

/* Both may be replaced at any time with anything unread: greetings never echo for ever. */
static void
restarts_at_any_moment_settle(void **state)
{
	(void)state;
	for (unsigned moments = 0; moments < 4096; moments++) {
		uint32_t generation = 2;
		int a, k;

		start_agent(1);
		start_keeper(2);
		for (unsigned bits = moments; bits != 0; bits >>= 2) {
			if ((bits & 3) == 0)
				(void)link_recv(&agent, &msg);
			else if ((bits & 3) == 1)
				(void)link_recv(&keeper, &msg);
			else if ((bits & 3) == 2)
				start_agent(++generation);
			else
				start_keeper(++generation);
		}
		settle(&a, &k);
		assert_true(link_up(&agent) && link_up(&keeper));
		assert_int_equal(agent.peer, keeper.mine);
		assert_int_equal(keeper.peer, agent.mine);
	}
}

static void
a_violation_is_told_once_and_silences_until_the_next_greeting(void **state)
{
	int a, k;

	(void)state;
	start_agent(1);
	start_keeper(2);
	settle(&a, &k);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(ends[1], "\xff", 1, 0), 1);
	commit(&keeper, WIRE_COMMITTED, 1, WIRE_OK);
	assert_int_equal(link_recv(&agent, &msg), LINK_VIOLATION);
	assert_int_equal(link_recv(&agent, &msg), LINK_NOTHING);
	assert_int_equal(agent.violations, 3);
	assert_false(link_up(&agent));
	commit(&agent, WIRE_TXN_BEGIN, 1, WIRE_AGAIN);
	start_keeper(3);
	assert_int_equal(link_recv(&agent, &msg), LINK_FRESH);
	commit(&agent, WIRE_TXN_BEGIN, 1, WIRE_OK);
}

static void
a_greeting_waits_for_room(void **state)
{
	int a, k;

	(void)state;
	wire_begin(&msg, WIRE_LOAD);
	while (wire_send(ends[0], &msg) == WIRE_OK)
		continue;
	start_agent(5);
	assert_true(link_flush(&agent));
	start_keeper(6);
	for (int i = 0; i < 100 && !(link_up(&agent) && link_up(&keeper)); i++)
		settle(&a, &k);
	assert_int_equal(keeper.peer, 5);
	assert_int_equal(agent.peer, 6);
	assert_false(link_flush(&agent));
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ROW(both_meet_once_whoever_is_first),
	    ROW(a_successor_is_met_and_hears_nothing_old),
	    ROW(an_answer_to_a_predecessor_is_no_greeting),
	    ROW(last_words_come_before_the_successor),
	    ROW(restarts_at_any_moment_settle),
	    ROW(a_violation_is_told_once_and_silences_until_the_next_greeting),
	    ROW(a_greeting_waits_for_room),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
