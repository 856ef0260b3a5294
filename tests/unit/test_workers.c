/*
 * Supervision: who crashes, hangs or breaks the wire is replaced, and the others go on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/launch_rig.h"

static void
a_crashed_worker_comes_back_and_its_peer_knows(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	rewind_to_start();
	kill(number_after(expect("+keeper"), "pid="), SIGSEGV);
	expect(") crashed: SIGSEGV sent by process ");
	expect("keeper ended (signal 11): starts again in 4 ms");
	expect("+keeper gen=4");
	rewind_to_start();
	expect("agent meets keeper gen=4");
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGKILL);
	expect("+agent gen=5");
	rewind_to_start();
	expect("keeper meets agent gen=5");
	rewind_to_start();
	expect("agent meets keeper gen=4");
	expect("agent meets keeper gen=4"); /* the new one, too */
	rewind_to_start();
	expect("courier meets agent gen=5");
	stop_and_expect_success();
}

static void
back_off_doubles_up_to_its_limit(void **state)
{
	static const char *const lines[] = {"in 4 ms", "in 8 ms", "in 16 ms", "in 16 ms"};

	(void)state;
	board->crashing[ROLE_COURIER] = true;
	launch();
	for (size_t i = 0; i < 4; i++) {
		expect("courier ended (status 3): starts again ");
		expect(lines[i]);
	}
	board->crashing[ROLE_COURIER] = false;
	rewind_to_start();
	expect("agent meets courier");
	stop_and_expect_success();
}

/* Its next life knows of so many; its peers are not concerned. */
static void
a_worker_is_told_how_often_it_failed(void **state)
{
	(void)state;
	launch();
	for (int i = 0; i <= ROLE_FAILURES_MAX + 1; i++) {
		const char *agent = expect("+agent gen=");

		assert_int_equal(number_after(agent, "failures="),
		    i < ROLE_FAILURES_MAX ? i : ROLE_FAILURES_MAX);
		kill(number_after(agent, "pid="), SIGKILL);
	}
	rewind_to_start();
	assert_int_equal(number_after(expect("+keeper gen="), "failures="), 0);
	stop_and_expect_success();
}

static void
a_hung_worker_is_replaced(void **state)
{
	(void)state;
	board->mood[ROLE_AGENT] = HUNG;
	setenv("WATCHDOG_USEC", "300000", 1); /* a ping each 50 ms */
	launch();
	unsetenv("WATCHDOG_USEC");
	expect("agent does not answer: replacing it");
	expect("agent ended (signal 9)");
	expect("+agent gen=4");
	stop_and_expect_success();
	assert_null(strstr(out.text, "keeper does not answer"));
}

/* It is shut for whoever has it and for whoever comes: all get another. */
static void
a_socket_that_was_shut_down_is_replaced(void **state)
{
	static const enum mood moods[] = {SHUTTING, HALF_SHUTTING};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		board->mood[ROLE_COURIER] = moods[i];
		setenv("WATCHDOG_USEC", "300000", 1); /* a ping each 50 ms */
		launch();
		unsetenv("WATCHDOG_USEC");
		expect("the socket between agent and courier was shut down");
		expect("+courier gen=");
		expect("courier meets agent gen=");
		stop_and_expect_success();
		assert_null(strstr(out.text, "agent and keeper was"));
	}
}

/* The service manager's end; its name is in the environment until close_manager. */
static int
open_manager(struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(addr->sun_path, sizeof(addr->sun_path), "%s.notify", board->data_dir);
	assert_int_equal(bind(fd, (const struct sockaddr *)addr, sizeof(*addr)), 0);
	assert_int_equal(chmod(addr->sun_path, 0777), 0);
	setenv("NOTIFY_SOCKET", addr->sun_path, 1);
	setenv("WATCHDOG_USEC", "120000", 1); /* a ping each 20 ms */
	return fd;
}

static unsigned
count_beats(int manager)
{
	char said[64];
	unsigned beats = 0;
	ssize_t n;

	while ((n = recv(manager, said, sizeof(said), 0)) > 0)
		beats += n == 10 && memcmp(said, "WATCHDOG=1", 10) == 0;
	return beats;
}

static void
close_manager(int manager, const struct sockaddr_un *addr)
{
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unlink(addr->sun_path);
	close(manager);
}

static void
the_watchdog_starves_while_a_worker_that_matters_does_not_live(void **state)
{
	(void)state;
	for (int role = 0; role < ROLE_COUNT; role++) {
		struct sockaddr_un addr;
		int manager = open_manager(&addr);
		char line[64];

		board->crashing[role] = true;
		snprintf(line, sizeof(line), "%s ended (status 3)", role_name((enum role)role));
		launch();
		for (int i = 0; i < 20; i++) /* 16 ms apart */
			expect(line);
		if (role == ROLE_KEEPER)
			assert_int_not_equal(count_beats(manager), 0);
		else
			assert_int_equal(count_beats(manager), 0);
		board->crashing[role] = false;
		while (count_beats(manager) == 0)
			sched_yield();
		stop_and_expect_success();
		close_manager(manager, &addr);
	}
}

static void
a_worker_that_breaks_the_wire_is_replaced_and_its_peer_stays(void **state)
{
	(void)state;
	board->mood[ROLE_KEEPER] = RUDE;
	launch();
	expect("agent accuses the keeper");
	expect("keeper ended (signal 9)");
	expect("+keeper gen=4");
	rewind_to_start();
	expect("agent meets keeper gen=4");
	stop_and_expect_success();
	assert_null(strstr(out.text, "agent ended"));
}

/* One line, and one replacement, for each life of the accused. */
static void
who_is_accused_many_times_dies_once(void **state)
{
	(void)state;
	board->mood[ROLE_KEEPER] = RUDE;
	board->more_accusations = 20;
	launch();
	expect("agent accuses the keeper");
	expect("keeper ended (signal 9)");
	expect("+keeper gen=4");
	rewind_to_start();
	expect("agent meets keeper gen=4");
	stop_and_expect_success();
	assert_null(strstr(strstr(out.text, "accuses") + 1, "accuses"));
}

static void
a_successor_does_not_get_its_predecessors_mail(void **state)
{
	(void)state;
	board->mood[ROLE_AGENT] = DEAF;
	board->mood[ROLE_KEEPER] = RUDE;
	launch();
	expect("keeper is rude");
	rewind_to_start();
	kill(number_after(expect("+agent"), "pid="), SIGKILL);
	expect("+agent gen=4");
	rewind_to_start();
	expect("agent meets keeper gen=2");
	stop_and_expect_success();
	assert_null(strstr(out.text, "accuses"));
}

/* The start of a worker that was the last of its role so far. */
static int
newest(enum role role)
{
	const char *at, *last = NULL;
	char plus[16];

	snprintf(plus, sizeof(plus), "+%s gen=", role_name(role));
	for (at = out.text; (at = strstr(at, plus)) != NULL; at++)
		if (strchr(at, '\n') != NULL)
			last = at;
	assert_non_null(last);
	return number_after(last, "gen=");
}

static pid_t
pid_of(enum role role)
{
	char start[32];

	snprintf(start, sizeof(start), "+%s gen=%d ", role_name(role), newest(role));
	rewind_to_start();
	return number_after(expect(start), "pid=");
}

/* Kills those roles, and waits until there is another of each. */
static void
kill_roles(unsigned roles)
{
	int before[ROLE_COUNT];

	for (int r = 0; r < ROLE_COUNT; r++)
		before[r] = newest((enum role)r);
	for (int r = 0; r < ROLE_COUNT; r++)
		if ((roles & 1u << r) != 0)
			kill(pid_of((enum role)r), SIGKILL);
	for (int r = 0; r < ROLE_COUNT; r++)
		while ((roles & 1u << r) != 0 && newest((enum role)r) == before[r])
			assert_true(hear_more());
}

static void
expect_meeting(enum role one, enum role other)
{
	char line[64];

	snprintf(line, sizeof(line), "%s meets %s gen=%d\n", role_name(one), role_name(other),
	    newest(other));
	rewind_to_start();
	expect(line);
}

/* One, two or all at once; in the end all have each other. */
static void
whoever_dies_together_the_living_meet(void **state)
{
	(void)state;
	launch();
	expect_all_started();
	for (unsigned i = 0; i < 4 * ((1u << ROLE_COUNT) - 1); i++) {
		kill_roles(1 + i % ((1u << ROLE_COUNT) - 1));
		if (i % 3 != 0)
			continue; /* and again before they have met */
		for (int peer = ROLE_KEEPER; peer < ROLE_COUNT; peer++) {
			expect_meeting(ROLE_AGENT, (enum role)peer);
			expect_meeting((enum role)peer, ROLE_AGENT);
		}
	}
	stop_and_expect_success();
	assert_null(strstr(out.text, "accuses"));
	assert_null(strstr(out.text, "shut down"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    LAUNCH_TEST(a_crashed_worker_comes_back_and_its_peer_knows),
	    LAUNCH_TEST(back_off_doubles_up_to_its_limit),
	    LAUNCH_TEST(a_worker_is_told_how_often_it_failed),
	    LAUNCH_TEST(a_hung_worker_is_replaced),
	    LAUNCH_TEST(a_socket_that_was_shut_down_is_replaced),
	    LAUNCH_TEST(whoever_dies_together_the_living_meet),
	    LAUNCH_TEST(the_watchdog_starves_while_a_worker_that_matters_does_not_live),
	    LAUNCH_TEST(a_worker_that_breaks_the_wire_is_replaced_and_its_peer_stays),
	    LAUNCH_TEST(who_is_accused_many_times_dies_once),
	    LAUNCH_TEST(a_successor_does_not_get_its_predecessors_mail),
	};

	return cmocka_run_group_tests_name("workers", tests, make_board, NULL);
}
