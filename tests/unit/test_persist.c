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

#include "src/agent/persist.c"

#include "tests/unit/log_help.h"
#include "tests/unit/persist_rig.h"

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
	    cmocka_unit_test(a_failed_transaction_is_tried_again),
	    cmocka_unit_test(what_comes_and_goes_unkept_leaves_nothing),
	    cmocka_unit_test(what_is_deleted_before_it_left_is_not_kept),
	    cmocka_unit_test(what_is_put_is_stored_whatever_happens),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("persist", tests, NULL, NULL);
}
