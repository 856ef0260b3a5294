/*
 * The agent's end of a link to a keeper that the test plays: what is put, what the keeper then has,
 * what it fails at, and who dies in between.
 */
#ifndef TESTS_PERSIST_RIG_H
#define TESTS_PERSIST_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/keeper_link.h"
#include "agent/persist.h"
#include "base/loop.h"
#include "base/mem.h"
#include "priv/link.h"
#include "priv/role.h"
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

static inline void
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

static inline void
count_loaded(void *arg)
{
	struct peer *peer = arg;

	peer->loaded++;
	if (peer->put_on_load)
		persist_put(peer->persist, KEPT_ALERT, "5", mem_strdup("early"));
}

static inline void
note_confirmed(void *arg, uint64_t txn)
{
	struct peer *peer = arg;

	assert_true(txn > peer->confirmed);
	peer->confirmed = txn;
}

static inline void
count_failure(void *arg, const char *why)
{
	assert_string_equal(why, "disk full");
	((struct peer *)arg)->failures++;
}

static inline void
count_fresh(void *arg)
{
	((struct peer *)arg)->fresh++;
}

static const struct persist_events events = {
    count_row, count_loaded, note_confirmed, count_failure, count_fresh};

static inline void
answer(struct peer *peer, enum wire_id id, uint64_t txn)
{
	wire_begin(&peer->msg, id);
	wire_put_u64(&peer->msg, txn);
	if (id == WIRE_FAILED)
		wire_put_str(&peer->msg, "disk full");
	assert_int_equal(link_send(&peer->link, &peer->msg), WIRE_OK);
}

static inline void
play_commit(struct peer *peer)
{
	uint64_t txn = wire_get_u64(&peer->msg);

	assert_true(txn > 0);
	if (!peer->fail_next)
		memcpy(peer->stored, peer->half, sizeof(peer->stored));
	answer(peer, peer->fail_next ? WIRE_FAILED : WIRE_COMMITTED, txn);
	peer->fail_next = false;
}

static inline void
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

static inline void
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
static inline void
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
static inline void
turn(struct peer *peer)
{
	ev_run((struct ev_loop *)peer->loop, EVRUN_NOWAIT);
}

/* Lets both sides talk until neither has more to say. */
static inline void
settle(struct peer *peer, struct now *now)
{
	for (int i = 0; i < 40; i++) {
		now->boot_ns += NS_PER_SEC;
		play(peer, 1000);
		turn(peer);
		persist_tick(peer->persist, now);
	}
}

static inline void
start(struct peer *peer, struct role_ctx *ctx)
{
	*peer = (struct peer){0};
	*ctx = (struct role_ctx){.role = ROLE_AGENT, .peer_fd = {-1, -1, -1}, .lifeline_fd = -1};
	wire_anew_to(&peer->link, WIRE_AGENT_TO_KEEPER, ctx, ROLE_KEEPER);
	peer->loop = loop_new();
	peer->keeper_link = keeper_link_new(peer->loop, ctx);
	peer->persist = persist_new(peer->keeper_link, &events, peer);
}

static inline void
replace_keeper(struct peer *peer, struct role_ctx *ctx)
{
	wire_anew_to(&peer->link, WIRE_AGENT_TO_KEEPER, ctx, ROLE_KEEPER);
	keeper_link_take_wire(peer->keeper_link);
}

static inline void
finish(struct peer *peer)
{
	keeper_link_free(peer->keeper_link);
	persist_free(peer->persist);
	loop_free(peer->loop);
	link_done(&peer->link);
}

#endif
