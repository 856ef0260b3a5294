/*
 * What the keeper has of an earlier life comes whole and once, whatever fails or dies amid it, and
 * nothing goes over it before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "src/agent/persist.c"

#include "tests/unit/log_help.h"
#include "tests/unit/persist_rig.h"

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

/* Says a row to the agent; false: it is refused, which accuses the keeper. */
static bool
say_row(struct peer *peer, int key, size_t len)
{
	static char blob[60000];
	char text[16];

	snprintf(text, sizeof(text), "%d", key);
	wire_begin(&peer->msg, WIRE_ROW);
	wire_put_u8(&peer->msg, 99);
	wire_put_str(&peer->msg, text);
	wire_put_bytes(&peer->msg, blob, len);
	peer->msg.pos = 1;
	peer->any_row = true;
	on_row(peer->persist, &peer->msg);
	return wire_end(&peer->msg);
}

static void
say_load_end(struct peer *peer, bool whole)
{
	wire_begin(&peer->msg, WIRE_LOAD_END);
	wire_put_u32(&peer->msg, 0);
	wire_put_u8(&peer->msg, whole);
	wire_put_str(&peer->msg, whole ? "" : "disk full");
	peer->msg.pos = 1;
	on_load_end(peer->persist, &peer->msg);
}

/* Whatever a keeper that was taken over sends, what is remembered of it has a bound. */
static void
a_load_that_never_ends_is_refused(void **fixture)
{
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));
	int rows = 0;

	(void)fixture;
	start(peer, &ctx);
	peer->persist->asked = true;
	while (say_row(peer, rows, 2))
		rows++;
	assert_int_equal(rows, WIRE_ROWS_MAX);
	assert_int_equal(peer->rows, WIRE_ROWS_MAX);
	assert_false(say_row(peer, 1, 2));
	finish(peer);
	/* By bytes. */
	start(peer, &ctx);
	peer->persist->asked = true;
	for (rows = 0; say_row(peer, rows, 60000); rows++)
		continue;
	assert_in_range((uint64_t)rows * 60000, WIRE_ROWS_BYTES_MAX - 70000, WIRE_ROWS_BYTES_MAX);
	finish(peer);
	/* By loads that fail, again and again, and have other rows each time. */
	start(peer, &ctx);
	for (rows = 0; peer->rows <= (int)WIRE_ROWS_MAX; rows++) {
		peer->persist->asked = true;
		peer->persist->rows = 0;
		peer->persist->row_bytes = 0;
		for (int i = 0; i < 1000; i++)
			if (!say_row(peer, rows * 1000 + i, 2))
				goto refused;
		say_load_end(peer, false);
		assert_true(wire_end(&peer->msg));
	}
	fail_msg("never refused");
refused:
	assert_int_equal(peer->rows, WIRE_ROWS_MAX);
	finish(peer);
	mem_free(peer);
}

/* Before it was asked, and after it has said that there are no more. */
static void
rows_that_nobody_asked_for_are_refused(void **fixture)
{
	struct now now = {0};
	struct role_ctx ctx;
	struct peer *peer = mem_zalloc(1, sizeof(*peer));

	(void)fixture;
	start(peer, &ctx);
	assert_false(say_row(peer, 1, 2));
	settle(peer, &now);
	assert_int_equal(peer->loaded, 1);
	assert_false(say_row(peer, 1, 2));
	say_load_end(peer, true);
	assert_false(wire_end(&peer->msg));
	assert_int_equal(peer->loaded, 1);
	assert_int_equal(peer->rows, 1);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_of_an_earlier_life_come_once),
	    cmocka_unit_test(a_load_that_never_ends_is_refused),
	    cmocka_unit_test(rows_that_nobody_asked_for_are_refused),
	    cmocka_unit_test(what_is_put_while_loading_is_stored),
	    cmocka_unit_test(a_failed_load_is_tried_again),
	    cmocka_unit_test(a_keeper_that_dies_amid_the_load_is_asked_again),
	};

	set_log_level(LOGL_ERROR);
	return cmocka_run_group_tests_name("persist_load", tests, NULL, NULL);
}
