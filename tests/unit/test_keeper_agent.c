/*
 * A keeper and an agent that does not read, or talks nonsense: no answer is lost, and nothing that
 * was kept.
 */
#include <sys/socket.h>

#include "tests/unit/keeper_rig.h"
#include "tests/unit/random.h"

/* Its answers wait, one in the keeper and the rest in the socket; and none is lost. */
static void
an_agent_that_does_not_read_is_waited_for(void **fixture)
{
	enum { ASKED = 400 };
	struct rig *r = start("data");
	static char big[40000];
	int rows = 0, ends = 0, asked = 0;
	enum wire_id id;

	(void)fixture;
	say(r, WIRE_TXN_BEGIN, 1, NULL);
	wire_begin(&r->msg, WIRE_PUT);
	wire_put_u8(&r->msg, KEPT_ALERT);
	wire_put_str(&r->msg, "big");
	wire_put_bytes(&r->msg, big, sizeof(big));
	assert_int_equal(link_send(&r->agent, &r->msg), WIRE_OK);
	say(r, WIRE_TXN_COMMIT, 1, NULL);
	turn(r);
	assert_int_equal(hear(r), WIRE_COMMITTED);
	wire_begin(&r->msg, WIRE_LOAD);
	for (; asked < ASKED && link_send(&r->agent, &r->msg) == WIRE_OK; asked++)
		turn(r);
	assert_true(r->k.out_held);
	for (int i = 0; i < 2 * ASKED; i++) {
		while ((id = hear(r)) != WIRE_NOTHING) {
			assert_true(id == WIRE_ROW || id == WIRE_LOAD_END);
			rows += id == WIRE_ROW;
			ends += id == WIRE_LOAD_END;
		}
		turn(r);
	}
	assert_int_equal(ends, asked);
	assert_true(rows >= asked);
	finish(r);
}

static void
answers_wait_for_room(void **fixture)
{
	enum { TRANSACTIONS = 40 };
	struct rig *r = start("data");
	uint64_t next = 1;

	(void)fixture;
	assert_int_equal(
	    setsockopt(r->k.agent.fd, SOL_SOCKET, SO_SNDBUF, &(int){1}, sizeof(int)), 0);
	for (uint64_t txn = 1; txn <= TRANSACTIONS; txn++) {
		say(r, WIRE_TXN_BEGIN, txn, NULL);
		say(r, WIRE_PUT, 0, "row");
		say(r, WIRE_TXN_COMMIT, txn, NULL);
		turn(r);
	}
	assert_true(r->k.out_held);
	assert_int_equal(r->k.agent_io.ev.events & EV_READ, 0); /* would wake it for nothing */
	for (int i = 0; i < 10 * TRANSACTIONS; i++) {
		if (hear(r) == WIRE_COMMITTED)
			assert_int_equal(wire_get_u64(&r->msg), next++);
		turn(r);
	}
	assert_int_equal(next, TRANSACTIONS + 1);
	finish(r);
}

/* A number that a field might have, or might never. */
static uint64_t
any_number(void)
{
	static const uint64_t odd[] = {0, 1, 2, 7, 255, UINT32_MAX, INT64_MAX, UINT64_MAX};

	return odd[draw(sizeof(odd) / sizeof(odd[0]))];
}

static void
put_any_bytes(struct wire_msg *msg, size_t len)
{
	static const uint8_t noise[WIRE_PIECE_MAX];

	wire_put_bytes(msg, noise, len);
}

/* Each message that an agent has, at any time, with fields of the right kinds. */
static void
make_any_message(struct wire_msg *msg)
{
	static const enum wire_id ids[] = {WIRE_TXN_BEGIN, WIRE_PUT, WIRE_DEL, WIRE_TXN_COMMIT,
	    WIRE_LOAD, WIRE_SNAP_BEGIN, WIRE_SNAP_DATA, WIRE_SNAP_END, WIRE_SNAP_LOAD};
	enum wire_id id = ids[draw(sizeof(ids) / sizeof(ids[0]))];
	char key[300];

	wire_begin(msg, id);
	if (id == WIRE_PUT || id == WIRE_DEL) {
		memset(key, 'a' + (int)draw(26), sizeof(key));
		key[2 + draw(sizeof(key) - 2)] = '\0';
		key[sizeof(key) - 1] = '\0';
		wire_put_u8(msg, (uint8_t)any_number());
		wire_put_str(msg, key);
	}
	if (id == WIRE_PUT || id == WIRE_SNAP_DATA)
		put_any_bytes(msg, draw(4) == 0 ? 0 : draw(2000));
	if (id == WIRE_TXN_BEGIN || id == WIRE_TXN_COMMIT || id == WIRE_SNAP_BEGIN ||
	    id == WIRE_SNAP_END)
		wire_put_u64(msg, any_number());
	if (id == WIRE_SNAP_BEGIN || id == WIRE_SNAP_END)
		wire_put_u64(msg, any_number());
}

/* Now and then: a byte is another, or it is cut, or goes on. */
static void
damage(struct wire_msg *msg)
{
	if (draw(8) != 0)
		return;
	if (draw(2) == 0)
		msg->data[draw(msg->len < 20 ? msg->len : 20)] = (uint8_t)draw(256);
	else
		msg->len = draw(msg->len + 20);
}

/* Out of order, with wrong lengths, transfers that never end: what was kept stays, and the next
 * agent is served. */
static void
an_agent_that_talks_nonsense_takes_nothing_away(void **fixture)
{
	struct rig *r = start("data");
	static struct wire_msg msg;
	int before;
	bool whole;

	(void)fixture;
	assert_int_equal(store(r, 1, "k"), WIRE_COMMITTED);
	for (int i = 0; i < 3000; i++) {
		make_any_message(&msg);
		damage(&msg);
		(void)send(r->agent.fd, msg.data, msg.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (draw(20) == 0)
			replace_agent(r);
		if (draw(3) == 0)
			turn(r);
		while (draw(2) == 0 && link_recv(&r->agent, &r->msg) != LINK_NOTHING)
			;
	}
	for (int i = 0; i < 100; i++) {
		turn(r);
		while (link_recv(&r->agent, &r->msg) != LINK_NOTHING)
			;
	}
	replace_agent(r);
	turn(r);
	while (link_recv(&r->agent, &r->msg) != LINK_NOTHING)
		;
	before = load(r, &whole);
	assert_true(whole && before >= 1);
	assert_int_equal(store(r, 5, "another"), WIRE_COMMITTED);
	finish(r);
	r = start("data");
	assert_int_equal(load(r, &whole), before + 1);
	assert_int_equal(access("snapshot.bin.new", F_OK), -1);
	finish(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_agent_that_does_not_read_is_waited_for),
	    cmocka_unit_test(answers_wait_for_room),
	    cmocka_unit_test(an_agent_that_talks_nonsense_takes_nothing_away),
	};

	random_start();
	return cmocka_run_group_tests_name("keeper_agent", tests, enter_folder, NULL);
}
