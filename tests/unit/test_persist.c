/*
 * The agent's end of the keeper, against a keeper played by the test: whatever fails or dies in
 * between, what the keeper holds in the end is what was put.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "src/agent/persist.c"

#include "agent/keeper_link.h"
#include "base/loop.h"
#include "priv/link.h"
#include "priv/role.h"
#include "tests/unit/log_help.h"
#include "tests/unit/wire_help.h"

#define KEYS 20

struct peer {
	struct link link;
	struct wire_msg msg;
	struct loop *loop;
	struct keeper_link *keeper_link;
	struct persist *persist;
	char stored[KEYS][16], half[KEYS][16]; /* committed, and of the open transaction */
	uint64_t confirmed;
	int rows, loaded, failures, fresh, begun;
	bool fail_next;
	bool fail_load, half_load; /* LOAD_END says no; it does not come */
	bool put_on_load, any_row;
};

static void
count_row(void *arg, enum kept_kind kind, const char *key, const char *blob, size_t len)
{
	struct peer *peer = arg;

	peer->rows++;
	if (peer->any_row)
		return;
	assert_int_equal(kind, KEPT_META);
	assert_string_equal(key, "boot");
	assert_memory_equal(blob, "{}", len);
}

static void
count_loaded(void *arg)
{
	struct peer *peer = arg;

	peer->loaded++;
	if (peer->put_on_load)
		persist_put(peer->persist, KEPT_ALERT, "5", mem_strdup("early"));
}

static void
note_confirmed(void *arg, uint64_t txn)
{
	struct peer *peer = arg;

	assert_true(txn > peer->confirmed);
	peer->confirmed = txn;
}

static void
count_failure(void *arg, const char *why)
{
	assert_string_equal(why, "disk full");
	((struct peer *)arg)->failures++;
}

static void
count_fresh(void *arg)
{
	((struct peer *)arg)->fresh++;
}

static const struct persist_events events = {
    count_row, count_loaded, note_confirmed, count_failure, count_fresh};

static void
answer(struct peer *peer, enum wire_id id, uint64_t txn)
{
	wire_begin(&peer->msg, id);
	wire_put_u64(&peer->msg, txn);
	if (id == WIRE_FAILED)
		wire_put_str(&peer->msg, "disk full");
	assert_int_equal(link_send(&peer->link, &peer->msg), WIRE_OK);
}

static void
play_commit(struct peer *peer)
{
	uint64_t txn = wire_get_u64(&peer->msg);

	assert_true(txn > 0);
	if (!peer->fail_next)
		memcpy(peer->stored, peer->half, sizeof(peer->stored));
	answer(peer, peer->fail_next ? WIRE_FAILED : WIRE_COMMITTED, txn);
	peer->fail_next = false;
}

static void
play_change(struct peer *peer, bool put)
{
	const char *key, *blob;
	size_t len = 0;

	assert_int_equal(wire_get_u8(&peer->msg), KEPT_ALERT);
	key = wire_get_str(&peer->msg);
	blob = put ? (const char *)wire_get_bytes(&peer->msg, &len) : "";
	assert_true(wire_end(&peer->msg));
	snprintf(peer->half[atoi(key)], 16, "%.*s", (int)len, blob);
}

static void
play_load(struct peer *peer)
{
	wire_begin(&peer->msg, WIRE_ROW);
	wire_put_u8(&peer->msg, KEPT_META);
	wire_put_str(&peer->msg, "boot");
	wire_put_bytes(&peer->msg, "{}", 2);
	assert_int_equal(link_send(&peer->link, &peer->msg), WIRE_OK);
	if (peer->half_load)
		return;
	wire_begin(&peer->msg, WIRE_LOAD_END);
	wire_put_u32(&peer->msg, 1);
	wire_put_u8(&peer->msg, !peer->fail_load);
	wire_put_str(&peer->msg, peer->fail_load ? "disk full" : "");
	assert_int_equal(link_send(&peer->link, &peer->msg), WIRE_OK);
}

/* Handles up to n messages of the agent. */
static void
play(struct peer *peer, int n)
{
	enum link_event event;

	while (n-- > 0 && (event = link_recv(&peer->link, &peer->msg)) != LINK_NOTHING) {
		if (event == LINK_FRESH) {
			memcpy(peer->half, peer->stored, sizeof(peer->half));
			continue;
		}
		assert_int_equal(event, LINK_MESSAGE);
		switch (wire_id(&peer->msg)) {
		case WIRE_TXN_BEGIN:
			assert_true(wire_get_u64(&peer->msg) > 0);
			peer->begun++;
			memcpy(peer->half, peer->stored, sizeof(peer->half));
			break;
		case WIRE_PUT:
		case WIRE_DEL:
			play_change(peer, wire_id(&peer->msg) == WIRE_PUT);
			break;
		case WIRE_TXN_COMMIT:
			play_commit(peer);
			break;
		case WIRE_LOAD:
			play_load(peer);
			break;
		default:
			fail_msg("unexpected message %d", (int)wire_id(&peer->msg));
		}
	}
}

/* What the agent's loop has to do now. */
static void
turn(struct peer *peer)
{
	ev_run((struct ev_loop *)peer->loop, EVRUN_NOWAIT);
}

/* Lets both sides talk until neither has more to say. */
static void
settle(struct peer *peer, struct now *now)
{
	for (int i = 0; i < 40; i++) {
		now->boot_ns += NS_PER_SEC;
		play(peer, 1000);
		turn(peer);
		persist_tick(peer->persist, now);
	}
}

static void
start(struct peer *peer, struct role_ctx *ctx)
{
	*peer = (struct peer){0};
	*ctx = (struct role_ctx){.role = ROLE_AGENT, .peer_fd = {-1, -1, -1}, .lifeline_fd = -1};
	wire_anew_to(&peer->link, WIRE_AGENT_TO_KEEPER, ctx, ROLE_KEEPER);
	peer->loop = loop_new();
	peer->keeper_link = keeper_link_new(peer->loop, ctx);
	peer->persist = persist_new(peer->keeper_link, &events, peer);
}

static void
replace_keeper(struct peer *peer, struct role_ctx *ctx)
{
	wire_anew_to(&peer->link, WIRE_AGENT_TO_KEEPER, ctx, ROLE_KEEPER);
	keeper_link_take_wire(peer->keeper_link);
}

static void
finish(struct peer *peer)
{
	keeper_link_free(peer->keeper_link);
	persist_free(peer->persist);
	loop_free(peer->loop);
	link_done(&peer->link);
}

static void
rows_of_an_earlier_life_come_once(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));

	(void)fixture;
	start(peer, &ctx);
	settle(peer, &now);
	replace_keeper(peer, &ctx);
	settle(peer, &now);
	assert_int_equal(peer->rows, 1);
	assert_int_equal(peer->loaded, 1);
	assert_int_equal(peer->fresh, 1);
	finish(peer);
	mem_free(peer);
}

/* What is remembered of rows has a bound, whatever the keeper sends. */
static void
a_load_that_never_ends_costs_no_memory(void **fixture)
{
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));

	(void)fixture;
	start(peer, &ctx);
	for (int i = 0; i < ROWS_MAX + 10; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%d", i);
		wire_begin(&peer->msg, WIRE_ROW);
		wire_put_u8(&peer->msg, 99);
		wire_put_str(&peer->msg, key);
		wire_put_bytes(&peer->msg, "{}", 2);
		peer->msg.pos = 1;
		peer->any_row = true;
		on_row(peer->persist, &peer->msg);
	}
	assert_int_equal(peer->rows, ROWS_MAX);
	finish(peer);
	mem_free(peer);
}

static void
a_failed_transaction_is_tried_again(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));

	(void)fixture;
	start(peer, &ctx);
	settle(peer, &now);
	persist_put(peer->persist, KEPT_ALERT, "3", mem_strdup("firing"));
	peer->fail_next = true;
	assert_int_equal(persist_commit(peer->persist, &now), 1);
	play(peer, 1000);
	turn(peer);
	assert_int_equal(peer->failures, 1);
	assert_int_equal(peer->confirmed, 0);
	assert_false(persist_idle(peer->persist));
	settle(peer, &now);
	assert_int_equal(peer->confirmed, 1);
	assert_string_equal(peer->stored[3], "firing");
	assert_true(persist_idle(peer->persist));
	finish(peer);
	mem_free(peer);
}

/* Transactions have numbers from 1: what is put without a commit gets one too. */
static void
what_is_put_while_loading_is_stored(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));

	(void)fixture;
	start(peer, &ctx);
	peer->put_on_load = true;
	settle(peer, &now);
	assert_string_equal(peer->stored[5], "early");
	persist_put(peer->persist, KEPT_ALERT, "6", mem_strdup("next"));
	assert_int_equal(persist_commit(peer->persist, &now), 2);
	settle(peer, &now);
	assert_int_equal(peer->confirmed, 2);
	assert_string_equal(peer->stored[6], "next");
	finish(peer);
	mem_free(peer);
}

/* The keeper cannot read: that is no empty database, and it is asked again. */
static void
a_failed_load_is_tried_again(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));

	(void)fixture;
	start(peer, &ctx);
	peer->fail_load = true;
	settle(peer, &now);
	assert_int_equal(peer->loaded, 0);
	assert_in_range(peer->failures, 5, 9); /* in 40 s */
	persist_put(peer->persist, KEPT_ALERT, "1", mem_strdup("new"));
	persist_commit(peer->persist, &now);
	settle(peer, &now);
	assert_int_equal(peer->begun, 0); /* nothing goes over rows that were not read */
	peer->fail_load = false;
	settle(peer, &now);
	assert_int_equal(peer->loaded, 1);
	assert_string_equal(peer->stored[1], "new");
	finish(peer);
	mem_free(peer);
}

/* Its successor may have an empty disk: the rows that came are put again. */
static void
a_keeper_that_dies_amid_the_load_is_asked_again(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));

	(void)fixture;
	start(peer, &ctx);
	peer->half_load = true;
	settle(peer, &now);
	assert_int_equal(peer->loaded, 0);
	assert_int_equal(peer->rows, 1);
	peer->half_load = false;
	replace_keeper(peer, &ctx);
	settle(peer, &now);
	assert_int_equal(peer->loaded, 1);
	assert_int_equal(peer->fresh, 1);
	finish(peer);
	mem_free(peer);
}

/* A disk that hangs for days costs the state of now, not what came and went. */
static void
what_comes_and_goes_unkept_leaves_nothing(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));
	char key[16];

	(void)fixture;
	start(peer, &ctx);
	settle(peer, &now);
	persist_put(peer->persist, KEPT_ALERT, "1", mem_strdup("kept"));
	persist_commit(peer->persist, &now);
	settle(peer, &now);
	persist_put(peer->persist, KEPT_ALERT, "2", mem_strdup("flying"));
	persist_commit(peer->persist, &now);
	for (int i = 100; i < 1100; i++) {
		snprintf(key, sizeof(key), "%d", i);
		persist_put(peer->persist, KEPT_NOTICE, key, mem_strdup("{}"));
		persist_commit(peer->persist, &now);
		persist_put(peer->persist, KEPT_NOTICE, key, NULL);
		persist_commit(peer->persist, &now);
	}
	assert_null(peer->persist->waiting);
	persist_put(peer->persist, KEPT_ALERT, "1", NULL);
	persist_put(peer->persist, KEPT_ALERT, "2", NULL);
	persist_commit(peer->persist, &now);
	settle(peer, &now);
	assert_string_equal(peer->stored[1], "");
	assert_string_equal(peer->stored[2], "");
	assert_true(persist_idle(peer->persist));
	finish(peer);
	mem_free(peer);
}

/* A keeper that does not read: what of a transaction has not left yet is deleted all the same. */
static void
what_is_deleted_before_it_left_is_not_kept(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));
	int sent = 0;

	(void)fixture;
	start(peer, &ctx);
	settle(peer, &now);
	do { /* until the socket is full */
		wire_begin(&peer->msg, WIRE_TXN_BEGIN);
		wire_put_u64(&peer->msg, 77);
		sent++;
	} while (keeper_link_send(peer->keeper_link, &peer->msg) == WIRE_OK);
	for (int change = 0; change < 2; change++) {
		for (int key = 0; key < KEYS; key++) {
			char text[16];

			snprintf(text, sizeof(text), "%d", key);
			persist_put(peer->persist, KEPT_ALERT, text,
			    change == 0 ? mem_strdup("told") : NULL);
		}
		persist_commit(peer->persist, &now);
	}
	settle(peer, &now);
	assert_true(sent > 1 && persist_idle(peer->persist));
	for (int key = 0; key < KEYS; key++)
		assert_string_equal(peer->stored[key], "");
	finish(peer);
	mem_free(peer);
}

static void
what_is_put_is_stored_whatever_happens(void **fixture)
{
	unsigned seed = (unsigned)clock_seed();
	char want[KEYS][16] = {{0}};
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));
	uint64_t last = 0;

	(void)fixture;
	print_message("seed: %u\n", seed);
	srand(seed);
	start(peer, &ctx);
	for (int step = 0; step < 3000; step++) {
		int key = rand() % KEYS, what = rand() % 10;
		char name[8];

		snprintf(name, sizeof(name), "%d", key);
		now.boot_ns += NS_PER_SEC;
		if (what < 5) {
			snprintf(want[key], sizeof(want[key]), "v%d", step);
			persist_put(peer->persist, KEPT_ALERT, name, mem_strdup(want[key]));
			last = persist_commit(peer->persist, &now);
		} else if (what == 5) {
			want[key][0] = '\0';
			persist_put(peer->persist, KEPT_ALERT, name, NULL);
			last = persist_commit(peer->persist, &now);
		} else if (what == 6) {
			peer->fail_next = true;
		} else if (what == 7 && rand() % 4 == 0) {
			replace_keeper(peer, &ctx);
		} else {
			play(peer, rand() % 5);
			turn(peer);
		}
	}
	peer->fail_next = false;
	snprintf(want[0], sizeof(want[0]), "last");
	persist_put(peer->persist, KEPT_ALERT, "0", mem_strdup(want[0]));
	last = persist_commit(peer->persist, &now);
	settle(peer, &now);
	for (int i = 0; i < KEYS; i++)
		assert_string_equal(peer->stored[i], want[i]);
	assert_int_equal(peer->confirmed, last);
	assert_true(persist_idle(peer->persist));
	finish(peer);
	mem_free(peer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_of_an_earlier_life_come_once),
	    cmocka_unit_test(a_load_that_never_ends_costs_no_memory),
	    cmocka_unit_test(a_failed_transaction_is_tried_again),
	    cmocka_unit_test(what_is_put_while_loading_is_stored),
	    cmocka_unit_test(a_failed_load_is_tried_again),
	    cmocka_unit_test(a_keeper_that_dies_amid_the_load_is_asked_again),
	    cmocka_unit_test(what_comes_and_goes_unkept_leaves_nothing),
	    cmocka_unit_test(what_is_deleted_before_it_left_is_not_kept),
	    cmocka_unit_test(what_is_put_is_stored_whatever_happens),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("persist", tests, NULL, NULL);
}
