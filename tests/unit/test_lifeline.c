/*
 * What the launcher hears of a worker, alive or dead.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/priv/lifeline.c"

static int launcher, worker;

static int
set_up(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	launcher = fds[0];
	worker = fds[1];
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(launcher);
	return 0;
}

/* It was told something that it had not read when it died: the kernel says so first. */
static void
the_last_words_of_the_dead_are_heard(void **state)
{
	struct lifeline_packet packet;

	(void)state;
	assert_true(lifeline_ping(launcher));
	assert_true(lifeline_hand_wire(launcher, ROLE_COURIER, launcher));
	assert_int_equal(send(worker, (char[]){ROLE_KEEPER}, 1, 0), 1);
	close(worker);
	assert_int_equal(lifeline_receive(launcher, &packet), LIFELINE_ACCUSATION);
	assert_int_equal(packet.accused, ROLE_KEEPER);
	assert_int_equal(lifeline_receive(launcher, &packet), LIFELINE_CLOSED);
}

static void
what_is_no_packet_is_invalid(void **state)
{
	static const char garbage[][3] = {{ROLE_COUNT}, {0x7f}, {ROLE_KEEPER, 0}, {1, 2, 3}};
	static const size_t lengths[] = {1, 1, 2, 3};
	struct lifeline_packet packet;

	(void)state;
	assert_int_equal(lifeline_receive(launcher, &packet), LIFELINE_NOTHING);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_int_equal(send(worker, garbage[i], lengths[i], 0), lengths[i]);
		assert_int_equal(lifeline_receive(launcher, &packet), LIFELINE_INVALID);
	}
	assert_int_equal(lifeline_receive(launcher, &packet), LIFELINE_NOTHING);
	close(worker);
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    ROW(the_last_words_of_the_dead_are_heard),
	    ROW(what_is_no_packet_is_invalid),
	};

	return cmocka_run_group_tests_name("lifeline", tests, NULL, NULL);
}
