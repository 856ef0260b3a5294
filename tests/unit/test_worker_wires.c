/*
 * Wires are as new for whoever starts, whatever was done to those before; and a thousand restarts
 * leave nothing open, neither in the launcher nor in who lives through all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "priv/launch_conf.h"
#include "priv/lifeline.h"
#include "priv/link.h"
#include "priv/workers.h"
#include "tests/unit/log_help.h"

#define ALL 7u
#define RESTARTS 1000

struct scene {
	struct worker_wires wires;
	int lifelines[ROLE_COUNT], workers_ends[ROLE_COUNT];
};

static int
begin(void **fixture)
{
	struct scene *s = mem_zalloc(1, sizeof(*s));

	worker_wires_init(&s->wires);
	for (int r = 0; r < ROLE_COUNT; r++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) != 0)
			return -1;
		s->lifelines[r] = pair[0];
		s->workers_ends[r] = pair[1];
	}
	*fixture = s;
	return 0;
}

static int
end(void **fixture)
{
	struct scene *s = *fixture;

	worker_wires_done(&s->wires);
	for (int r = 0; r < ROLE_COUNT; r++) {
		io_close(&s->lifelines[r]);
		io_close(&s->workers_ends[r]);
	}
	mem_free(s);
	return 0;
}

static unsigned
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and the folder's own */
}

/* 0: none. */
static ino_t
inode(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* The end that a worker finds in its lifeline; -1: none. */
static int
taken(struct scene *s, enum role by, enum role peer)
{
	struct role_ctx ctx = {
	    .role = by, .peer_fd = {-1, -1, -1}, .lifeline_fd = s->workers_ends[by]};

	assert_true(role_read_lifeline(&ctx));
	return role_take_wire(&ctx, peer);
}

static void
each_start_brings_other_sockets(void **fixture)
{
	struct scene *s = *fixture;
	ino_t before[ROLE_COUNT] = {0};

	for (int i = 0; i < 4; i++) {
		int ends[ROLE_COUNT], fd;
		char byte;

		assert_true(worker_wires_renew(&s->wires, ROLE_AGENT, ALL));
		worker_wires_of(&s->wires, ROLE_AGENT, ends);
		assert_int_equal(worker_wires_hand(&s->wires, ROLE_AGENT, s->lifelines), 0);
		assert_int_equal(taken(s, ROLE_AGENT, ROLE_KEEPER), -1);
		for (int peer = ROLE_KEEPER; peer < ROLE_COUNT; peer++) {
			assert_true(inode(ends[peer]) != 0 && inode(ends[peer]) != before[peer]);
			before[peer] = inode(ends[peer]);
			fd = taken(s, (enum role)peer, ROLE_AGENT);
			assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
			assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
			assert_int_equal(send(ends[peer], "x", 1, 0), 1);
			assert_int_equal(recv(fd, &byte, 1, 0), 1);
			close(fd);
		}
	}
}

/* One that looks late goes from one to the next: each may have last words for it. */
static void
ends_that_wait_come_one_by_one(void **fixture)
{
	struct scene *s = *fixture;
	int ends[ROLE_COUNT], fd;
	char byte;

	for (char i = '0'; i < '3'; i++) {
		assert_true(worker_wires_renew(&s->wires, ROLE_AGENT, ALL));
		worker_wires_of(&s->wires, ROLE_AGENT, ends);
		assert_int_equal(send(ends[ROLE_KEEPER], &i, 1, 0), 1);
		assert_int_equal(worker_wires_hand(&s->wires, ROLE_AGENT, s->lifelines), 0);
	}
	for (char i = '0'; i < '3'; i++) {
		fd = taken(s, ROLE_KEEPER, ROLE_AGENT);
		assert_int_equal(recv(fd, &byte, 1, 0), 1);
		assert_int_equal(byte, i);
		close(fd);
	}
	assert_int_equal(taken(s, ROLE_KEEPER, ROLE_AGENT), -1);
}

/* Its own start will make it. */
/* The worker would wait for its peer for ever, or write to a log that nobody reads. */
static void
who_has_no_room_for_what_is_handed_over_begins_anew(void **fixture)
{
	struct scene *s = *fixture;
	struct role_ctx ctx = {.peer_fd = {-1, -1, -1}, .lifeline_fd = s->workers_ends[ROLE_AGENT]};
	struct rlimit before, none;
	bool wire, log;

	set_log_level(LOGL_ERROR + 1);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	assert_true(
	    lifeline_hand_wire(s->lifelines[ROLE_AGENT], ROLE_KEEPER, s->lifelines[ROLE_AGENT]));
	assert_true(lifeline_hand_log(s->lifelines[ROLE_AGENT]));
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	wire = role_read_lifeline(&ctx);
	log = role_read_lifeline(&ctx);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(wire);
	assert_false(log);
}

static void
there_is_no_wire_to_who_does_not_run(void **fixture)
{
	struct scene *s = *fixture;
	int ends[ROLE_COUNT];

	assert_true(worker_wires_renew(&s->wires, ROLE_AGENT, ALL));
	assert_true(worker_wires_renew(&s->wires, ROLE_AGENT, 1u << ROLE_COURIER));
	worker_wires_of(&s->wires, ROLE_AGENT, ends);
	assert_int_equal(ends[ROLE_KEEPER], -1);
	assert_true(ends[ROLE_COURIER] >= 0);
	assert_int_equal(worker_wires_hand(&s->wires, ROLE_AGENT, s->lifelines), 0);
	assert_int_equal(taken(s, ROLE_KEEPER, ROLE_AGENT), -1);
	close(taken(s, ROLE_COURIER, ROLE_AGENT));
	assert_true(worker_wires_renew(&s->wires, ROLE_KEEPER, ALL));
	assert_int_equal(worker_wires_hand(&s->wires, ROLE_KEEPER, s->lifelines), 0);
	close(taken(s, ROLE_AGENT, ROLE_KEEPER));
	assert_int_equal(taken(s, ROLE_COURIER, ROLE_AGENT), -1);
}

/* One that does not read its lifeline, or has closed it. */
static void
who_takes_no_end_is_told_of(void **fixture)
{
	struct scene *s = *fixture;
	int full = 0;

	set_log_level(LOGL_ERROR);
	while (lifeline_ping(s->lifelines[ROLE_KEEPER]))
		assert_true(++full < 100000);
	assert_true(worker_wires_renew(&s->wires, ROLE_AGENT, ALL));
	assert_int_equal(worker_wires_hand(&s->wires, ROLE_AGENT, s->lifelines), 1u << ROLE_KEEPER);
	io_close(&s->workers_ends[ROLE_COURIER]);
	assert_int_equal(worker_wires_hand(&s->wires, ROLE_AGENT, s->lifelines), ALL & ~1u);
	io_close(&s->lifelines[ROLE_COURIER]);
	assert_int_equal(worker_wires_hand(&s->wires, ROLE_AGENT, s->lifelines), ALL & ~1u);
}

static void
one_that_is_shut_between_the_living_is_closed_once(void **fixture)
{
	static const int ways[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
	const unsigned both = 1u << ROLE_AGENT | 1u << ROLE_COURIER;
	struct scene *s = *fixture;
	int ends[ROLE_COUNT];

	set_log_level(LOGL_ERROR + 1);
	for (int i = 0; i < 6; i++) {
		assert_true(worker_wires_renew(&s->wires, ROLE_AGENT, ALL));
		assert_int_equal(worker_wires_close_shut(&s->wires, ALL), 0);
		worker_wires_of(&s->wires, i < 3 ? ROLE_AGENT : ROLE_COURIER, ends);
		shutdown(ends[i < 3 ? ROLE_COURIER : ROLE_AGENT], ways[i % 3]);
		assert_int_equal(worker_wires_close_shut(&s->wires, 1u << ROLE_AGENT), 0);
		assert_int_equal(worker_wires_close_shut(&s->wires, ALL), both);
		assert_int_equal(worker_wires_close_shut(&s->wires, ALL), 0);
	}
}

/* Reads its lifeline to its end, takes what comes, and says by its status what it has open. */
static int
count_main(struct role_ctx *ctx)
{
	struct link links[ROLE_COUNT];
	struct wire_msg *msg = mem_zalloc(1, sizeof(*msg));

	for (int p = 0; p < ROLE_COUNT; p++)
		link_init(&links[p], role_take_wire(ctx, (enum role)p), WIRE_AGENT_TO_KEEPER);
	for (;;) {
		struct pollfd p = {.fd = ctx->lifeline_fd, .events = POLLIN};

		(void)poll(&p, 1, -1);
		if (!role_read_lifeline(ctx))
			return (int)count_fds();
		for (int r = 0; r < ROLE_COUNT; r++) {
			if (ctx->peer_fd[r] < 0)
				continue;
			link_take(&links[r], role_take_wire(ctx, (enum role)r));
			while (link_recv(&links[r], msg) != LINK_NOTHING)
				;
		}
	}
}

/* Kills one and replaces it; a moment later than it may. */
static void
replace(struct workers *w, enum role role, struct now *now)
{
	siginfo_t info;

	workers_signal(w, role, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)w->each[role].pid, &info, WEXITED | WNOWAIT), 0);
	now->boot_ns += LAUNCH_STEADY_MS * NS_PER_MS;
	workers_reap(w, now);
	now->boot_ns += LAUNCH_BACKOFF_MAX_MS * NS_PER_MS;
	(void)workers_tick(w, now);
	assert_true(w->each[role].pid > 0);
}

static int
status_at_the_end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
a_thousand_restarts_leave_nothing_open(void **fixture)
{
	static const struct launch counting = {.role_main = {count_main, count_main, count_main}};
	struct workers *w = mem_zalloc(1, sizeof(*w));
	struct now now = {.boot_ns = NS_PER_SEC};
	unsigned before = count_fds(), running;
	pid_t keeper, agent;
	sigset_t none;

	(void)fixture;
	set_log_level(LOGL_ERROR + 1);
	sigemptyset(&none);
	workers_init(w, &counting, &none);
	w->ping_ms = w->ping_ns = INT64_MAX / 2;
	workers_start(w, &now);
	running = count_fds();
	keeper = w->each[ROLE_KEEPER].pid;
	for (int i = 0; i < RESTARTS; i++)
		replace(w, i % 2 == 0 ? ROLE_AGENT : ROLE_COURIER, &now);
	assert_int_equal(count_fds(), running);
	assert_int_equal(w->each[ROLE_KEEPER].pid, keeper); /* it lived through all of it */
	agent = w->each[ROLE_AGENT].pid;
	io_close(&w->each[ROLE_COURIER].lifeline);
	(void)status_at_the_end_of(w->each[ROLE_COURIER].pid);
	io_close(&w->each[ROLE_AGENT].lifeline);
	assert_int_equal(status_at_the_end_of(agent), 3 + 1 + 2); /* a lifeline, two wires */
	io_close(&w->each[ROLE_KEEPER].lifeline);
	assert_int_equal(status_at_the_end_of(keeper), 3 + 1 + 1);
	workers_done(w);
	mem_free(w);
	assert_int_equal(count_fds(), before);
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    ROW(each_start_brings_other_sockets),
	    ROW(ends_that_wait_come_one_by_one),
	    ROW(who_has_no_room_for_what_is_handed_over_begins_anew),
	    ROW(there_is_no_wire_to_who_does_not_run),
	    ROW(who_takes_no_end_is_told_of),
	    ROW(one_that_is_shut_between_the_living_is_closed_once),
	    ROW(a_thousand_restarts_leave_nothing_open),
	};

	return cmocka_run_group_tests_name("worker_wires", tests, NULL, NULL);
}
