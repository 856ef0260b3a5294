/*
 * The shared link to the keeper, with users and a keeper played by the test: who is called, in
 * which order, and that nothing spins.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/agent/keeper_link.c"

#include "base/log.h"
#include "base/str.h"
#include "model/kept_kind.h"
#include "tests/unit/log_help.h"
#include "tests/unit/wire_help.h"

#define BIG 60000 /* bytes of a message: a few fill the socket */

struct scene {
	struct loop *loop;
	struct role_ctx ctx;
	int lifeline[2];
	struct link keeper;
	struct keeper_link *link;
	struct wire_msg msg;
	struct user {
		struct scene *scene;
		int to_send, sent, pumps, fresh, taken;
		enum wire_id id;
	} first, second;
};

static bool
pump(void *arg)
{
	static const char body[BIG];
	struct user *u = arg;

	u->pumps++;
	for (; u->to_send > 0; u->to_send--, u->sent++) {
		wire_begin(&u->scene->msg, WIRE_PUT);
		wire_put_u8(&u->scene->msg, KEPT_ALERT);
		wire_put_str(&u->scene->msg, u == &u->scene->first ? "first" : "second");
		wire_put_bytes(&u->scene->msg, body, BIG);
		if (keeper_link_send(u->scene->link, &u->scene->msg) == WIRE_AGAIN)
			return true;
	}
	return false;
}

/* Asks to be pumped in the middle of receiving, as users do. */
static void
note_fresh(void *arg)
{
	struct user *u = arg;

	u->fresh++;
	keeper_link_pump(u->scene->link);
	assert_int_equal(u->scene->second.fresh == 0 ? u->scene->second.sent : 0, 0);
}

static void
take(void *arg, struct wire_msg *msg)
{
	struct user *u = arg;

	u->id = wire_id(msg);
	(void)wire_get_u64(msg);
	u->taken++;
}

static int
begin(void **fixture)
{
	static const struct keeper_link_message firsts[] = {{WIRE_COMMITTED, take}, {0}};
	static const struct keeper_link_message seconds[] = {{WIRE_SNAP_SAVED, take}, {0}};
	static const struct keeper_link_user first = {firsts, note_fresh, pump};
	static const struct keeper_link_user second = {seconds, note_fresh, pump};
	struct scene *s = mem_zalloc(1, sizeof(*s));

	set_log_level(LOGL_ERROR);
	*fixture = s;
	if (!wire_pair(s->lifeline))
		return -1;
	s->loop = loop_new();
	s->ctx = (struct role_ctx){
	    .role = ROLE_AGENT, .peer_fd = {-1, -1, -1}, .lifeline_fd = s->lifeline[0]};
	s->link = keeper_link_new(s->loop, &s->ctx);
	s->first.scene = s->second.scene = s;
	keeper_link_add(s->link, &first, &s->first);
	keeper_link_add(s->link, &second, &s->second);
	return 0;
}

static int
end(void **fixture)
{
	struct scene *s = *fixture;

	keeper_link_free(s->link);
	loop_free(s->loop);
	link_done(&s->keeper);
	close(s->lifeline[0]);
	close(s->lifeline[1]);
	mem_free(s);
	return 0;
}

static void
turn(struct scene *s)
{
	ev_run((struct ev_loop *)s->loop, EVRUN_NOWAIT);
}

/* A keeper, or another one; the link is up. */
static void
meet(struct scene *s)
{
	wire_anew_to(&s->keeper, WIRE_AGENT_TO_KEEPER, &s->ctx, ROLE_KEEPER);
	keeper_link_take_wire(s->link);
	turn(s);
	assert_int_equal(link_recv(&s->keeper, &s->msg), LINK_FRESH);
}

static void
say(struct scene *s, enum wire_id id)
{
	wire_begin(&s->msg, id);
	wire_put_u64(&s->msg, 1);
	if (id == WIRE_LOAD_END || id == WIRE_SNAP_FAILED)
		wire_put_str(&s->msg, "no");
	(void)link_send(&s->keeper, &s->msg); /* to one who does not listen, perhaps */
	turn(s);
}

/* The key of the next message, "" when there is none. */
static const char *
hear(struct scene *s)
{
	if (link_recv(&s->keeper, &s->msg) != LINK_MESSAGE)
		return "";
	(void)wire_get_u8(&s->msg);
	return wire_get_str(&s->msg);
}

static void
messages_go_to_who_takes_them(void **fixture)
{
	struct scene *s = *fixture;

	meet(s);
	assert_int_equal(s->first.fresh, 1);
	assert_int_equal(s->second.fresh, 1);
	say(s, WIRE_SNAP_SAVED);
	say(s, WIRE_COMMITTED);
	say(s, WIRE_SNAP_SAVED);
	assert_int_equal(s->first.taken, 1);
	assert_int_equal(s->first.id, WIRE_COMMITTED);
	assert_int_equal(s->second.taken, 2);
	assert_int_equal(s->second.id, WIRE_SNAP_SAVED);
	meet(s);
	assert_int_equal(s->first.fresh, 2);
	assert_int_equal(s->second.fresh, 2);
}

static void
who_was_added_first_is_served_first(void **fixture)
{
	struct scene *s = *fixture;
	const char *key;
	int first = 0, second = 0;

	meet(s);
	s->second.to_send = 40;
	keeper_link_pump(s->link);
	assert_in_range(s->second.to_send, 1, 39); /* the socket is full */
	s->first.to_send = 5;
	for (int i = 0; i < 200; i++) {
		int waiting = s->second.to_send;

		turn(s);
		if (s->first.to_send > 0)
			assert_int_equal(s->second.to_send, waiting);
		key = hear(s);
		first += str_eq(key, "first");
		second += str_eq(key, "second");
	}
	assert_int_equal(first, 5);
	assert_int_equal(second, 40);
}

/* Also when those after it have nothing to send. */
static void
who_waits_for_room_is_called_again(void **fixture)
{
	struct scene *s = *fixture;
	int heard = 0;

	meet(s);
	s->first.to_send = 100;
	keeper_link_pump(s->link);
	assert_in_range(s->first.to_send, 1, 99);
	for (int i = 0; i < 400; i++) {
		turn(s);
		heard += *hear(s) != '\0';
	}
	assert_int_equal(heard, 100);
}

static void
nobody_is_called_while_there_is_nothing_to_do(void **fixture)
{
	struct scene *s = *fixture;
	int pumps;

	s->first.to_send = 1;
	keeper_link_pump(s->link); /* no keeper: it waits without a watch for room */
	for (int i = 0; i < 100; i++)
		turn(s);
	assert_int_equal(s->first.pumps, 0);
	meet(s);
	assert_int_equal(s->first.sent, 1);
	s->second.to_send = 40;
	keeper_link_pump(s->link);
	pumps = s->first.pumps + s->second.pumps;
	for (int i = 0; i < 100; i++) /* a full socket */
		turn(s);
	assert_int_equal(s->first.pumps + s->second.pumps, pumps);
}

static void
expect_accused(struct scene *s)
{
	char accused = 0;
	int taken = s->first.taken;

	assert_int_equal(recv(s->lifeline[1], &accused, 1, MSG_DONTWAIT), 1);
	assert_int_equal(accused, ROLE_KEEPER);
	say(s, WIRE_COMMITTED); /* not listened to */
	assert_int_equal(s->first.taken, taken);
	assert_int_equal(recv(s->lifeline[1], &accused, 1, MSG_DONTWAIT), -1);
}

static void
a_keeper_that_breaks_the_table_is_replaced(void **fixture)
{
	struct scene *s = *fixture;

	set_log_level(LOGL_ERROR + 1);
	meet(s);
	say(s, WIRE_SNAP_FAILED); /* nobody takes that */
	expect_accused(s);
	meet(s);
	wire_begin(&s->msg, WIRE_COMMITTED); /* a field is missing */
	assert_int_equal(link_send(&s->keeper, &s->msg), WIRE_OK);
	turn(s);
	expect_accused(s);
	meet(s);
	assert_int_equal(send(s->keeper.fd, "\xff", 1, 0), 1);
	turn(s);
	expect_accused(s);
	meet(s);
	say(s, WIRE_COMMITTED);
	assert_int_equal(s->first.taken, 2); /* with the one whose field was missing */
}

/* Its end is seen long before its successor comes. */
static void
a_keeper_that_is_gone_is_waited_for(void **fixture)
{
	struct scene *s = *fixture;
	int pumps;

	meet(s);
	link_done(&s->keeper);
	turn(s);
	assert_false(ev_is_active(&s->link->io.ev));
	pumps = s->first.pumps;
	s->first.to_send = 1;
	keeper_link_pump(s->link);
	turn(s);
	assert_int_equal(s->first.pumps, pumps);
	assert_int_equal(s->first.fresh, 1);
	assert_int_equal(recv(s->lifeline[1], &(char){0}, 1, MSG_DONTWAIT), -1); /* no accusation */
	meet(s);
	assert_int_equal(s->first.fresh, 2);
	assert_int_equal(s->first.sent, 1);
}

/* They were for us; then the users hear of its successor. */
static void
last_words_are_heard_before_the_successor(void **fixture)
{
	struct scene *s = *fixture;

	meet(s);
	for (int i = 0; i < 2 * LINK_TURN_MESSAGES; i++) {
		wire_begin(&s->msg, WIRE_COMMITTED);
		wire_put_u64(&s->msg, 1);
		assert_int_equal(link_send(&s->keeper, &s->msg), WIRE_OK);
	}
	s->second.to_send = 1;
	wire_anew_to(&s->keeper, WIRE_AGENT_TO_KEEPER, &s->ctx, ROLE_KEEPER);
	keeper_link_take_wire(s->link);
	assert_int_equal(s->first.taken, LINK_TURN_MESSAGES);
	assert_int_equal(s->first.fresh, 1);
	for (int i = 0; i < 2; i++)
		turn(s);
	assert_int_equal(s->first.taken, 2 * LINK_TURN_MESSAGES);
	assert_int_equal(s->first.fresh, 2);
	assert_int_equal(s->second.sent, 1);
	assert_int_equal(link_recv(&s->keeper, &s->msg), LINK_FRESH);
	assert_string_equal(hear(s), "second");
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    ROW(messages_go_to_who_takes_them),
	    ROW(who_was_added_first_is_served_first),
	    ROW(who_waits_for_room_is_called_again),
	    ROW(nobody_is_called_while_there_is_nothing_to_do),
	    ROW(a_keeper_that_breaks_the_table_is_replaced),
	    ROW(a_keeper_that_is_gone_is_waited_for),
	    ROW(last_words_are_heard_before_the_successor),
	};

	return cmocka_run_group_tests_name("keeper_link", tests, NULL, NULL);
}
