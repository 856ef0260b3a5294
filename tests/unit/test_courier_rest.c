/*
 * The recipients that a job is owed to: they go to its runner, and those that are left come back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/courier_rig.h"

static void
test_recipients_go_there_and_come_back(void **state)
{
	struct receipt r;
	struct peer p;

	(void)state;
	start(&p);
	send_job(&p, 7, 1, DEADLINE_MS, webhook, "ok");
	assert_int_equal(next_receipt(&p).left_count, 0);
	send_job(&p, 8, 1, DEADLINE_MS, webhook, "rest");
	r = next_receipt(&p);
	assert_int_equal(r.outcome, DELIVERY_DELIVERED);
	assert_int_equal(r.left_count, 1);
	assert_true(r.left[0] == owed[0]);
	stop(&p, ROLE_STOP_SIGNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recipients_go_there_and_come_back),
	};

	return cmocka_run_group_tests_name("courier_rest", tests, open_traces, NULL);
}
