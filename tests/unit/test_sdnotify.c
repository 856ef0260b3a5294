#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/priv/sdnotify.c"

/* Listens as the service manager does, on a path or an abstract name; fills NOTIFY_SOCKET. */
static int
listen_as_manager(const char *name)
{
	struct sockaddr_un addr;
	socklen_t len;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	setenv("NOTIFY_SOCKET", name, 1);
	assert_true(find_address(&addr, &len));
	assert_int_equal(bind(fd, (const struct sockaddr *)&addr, len), 0);
	return fd;
}

static void
expect_message(int fd, const char *start)
{
	char text[128];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	assert_true(n > 0);
	text[n] = '\0';
	assert_true(str_starts(text, start));
}

static void
messages_reach_a_path_and_an_abstract_name(void **state)
{
	char names[2][64];

	(void)state;
	snprintf(names[0], sizeof(names[0]), "/tmp/test_sdnotify.%d", (int)getpid());
	snprintf(names[1], sizeof(names[1]), "@test_sdnotify.%d", (int)getpid());
	for (int i = 0; i < 2; i++) {
		int fd = listen_as_manager(names[i]);

		sdnotify_send("READY=1");
		sdnotify_reloading();
		expect_message(fd, "READY=1");
		expect_message(fd, "RELOADING=1\nMONOTONIC_USEC=");
		close(fd);
		sdnotify_send("STOPPING=1"); /* to nobody */
	}
	unlink(names[0]);
}

static void
without_a_manager_nothing_is_sent(void **state)
{
	static char longest[200];
	struct sockaddr_un addr;
	socklen_t len;

	(void)state;
	memset(longest, '/', sizeof(longest) - 1);
	unsetenv("NOTIFY_SOCKET");
	assert_false(find_address(&addr, &len));
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_false(find_address(&addr, &len));
	setenv("NOTIFY_SOCKET", longest, 1);
	assert_false(find_address(&addr, &len));
	sdnotify_send("READY=1");
}

static void
the_watchdog_counts_only_if_it_is_ours(void **state)
{
	char pid[32];

	(void)state;
	unsetenv("WATCHDOG_PID");
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(sdnotify_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "90000000", 1);
	assert_int_equal(sdnotify_watchdog_ms(), 90000);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(sdnotify_watchdog_ms(), 90000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(sdnotify_watchdog_ms(), 0);
	unsetenv("WATCHDOG_PID");
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(sdnotify_watchdog_ms(), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(messages_reach_a_path_and_an_abstract_name),
	    cmocka_unit_test(without_a_manager_nothing_is_sent),
	    cmocka_unit_test(the_watchdog_counts_only_if_it_is_ours),
	};

	return cmocka_run_group_tests_name("sdnotify", tests, NULL, NULL);
}
