/*
 * Small roles for a launcher, which misbehave as a test wishes. The launcher's files are compiled
 * in here, with times that suit a test and a kill() that a loader may withstand.
 */
#ifndef TESTS_FAKE_ROLES_H
#define TESTS_FAKE_ROLES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LAUNCH_BACKOFF_MIN_MS 4
#define LAUNCH_BACKOFF_MAX_MS 16
#define LAUNCH_LOAD_MS 100
#define LAUNCH_STOP_AGENT_MS 60
#define LAUNCH_STOP_ALL_MS 120

#include <signal.h>

static int kill_if_killable(pid_t pid, int signum);
static pid_t count_and_fork(void);

#include <unistd.h>

#define fork count_and_fork
#include "src/priv/oomscore.c"
#undef fork
#include "src/priv/workers.c"
#include "src/priv/launch.c"
#define kill kill_if_killable
#include "src/priv/loader.c"
#undef kill
#include "src/priv/rolling_restart.c"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "priv/link.h"

enum mood { CALM, RIGID, HUNG, STUBBORN, RUDE, BRIEF, DEAF, SHUTTING, HALF_SHUTTING };
enum loading { LOADS, REFUSES, HANGS, SITS_IN_THE_KERNEL, FLOODS, DIES, NO_SETTINGS };

/* Shared with all processes: how the fakes behave from their next look at it on. */
static struct board {
	volatile enum mood mood[ROLE_COUNT];
	volatile int more_accusations;      /* of who is rude */
	volatile bool crashing[ROLE_COUNT]; /* each ends as soon as it is started */
	volatile enum loading loading;
	volatile int version, more[LAUNCH_BLOBS]; /* their sum is in a role's blob */
	char data_dir[64];
	char pid_file[80];
	char log_file[80];
} * board;

static volatile sig_atomic_t told_to_stop, told_to_report;

/* Of the worker that is being started, or that this process is; from 1. */
static unsigned generation;

static pid_t
count_and_fork(void)
{
	generation++;
	return fork();
}

/* The loader of a file system that does not answer: no signal ends it. */
static int
kill_if_killable(pid_t pid, int signum)
{
	return board->loading == SITS_IN_THE_KERNEL ? 0 : kill(pid, signum);
}

static int
fake_load(void *arg, const int fds[LAUNCH_BLOBS])
{
	static char zeros[1 << 16];

	(void)arg;
	if (board->loading == REFUSES)
		return 2;
	if (board->loading == DIES)
		abort();
	while (board->loading == HANGS || board->loading == SITS_IN_THE_KERNEL)
		pause();
	for (int i = 0; board->loading == FLOODS && i < 20; i++)
		if (io_write_all(fds[0], zeros, sizeof(zeros)) != 0)
			return 0;
	for (int b = LAUNCH_BLOBS - 1; b >= 0; b--)
		if (dprintf(fds[b], "%s-v%d", role_name((enum role)b),
		        board->version + board->more[b]) < 0)
			return 1;
	return 0;
}

static bool
fake_settings(void *arg, const char *blob, size_t len, struct launch_settings *s)
{
	(void)arg;
	if (board->loading == NO_SETTINGS || len < 8 || strncmp(blob, "launcher-v", 10) != 0)
		return false;
	str_copy(s->user, sizeof(s->user), "nobody");
	str_copy(s->data_dir, sizeof(s->data_dir), board->data_dir);
	str_copy(s->pid_file, sizeof(s->pid_file), board->pid_file);
	str_copy(s->log_file, sizeof(s->log_file), board->log_file);
	return true;
}

static void
on_fake_signal(int signum)
{
	if (signum == ROLE_STOP_SIGNAL)
		told_to_stop = 1;
	else
		told_to_report = 1;
}

static unsigned
count_fds(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static const char *
find_status(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at == NULL ? "?" : at + strlen(name) + 1;
}

static unsigned
count_failures(const struct role_ctx *ctx)
{
	unsigned n = 0;

	while (n < ROLE_FAILURES_MAX && ctx->failed_ns[n] != 0)
		n++;
	return n;
}

static void
introduce(const struct role_ctx *ctx)
{
	char text[4096];

	if (io_read_at(AT_FDCWD, "/proc/self/status", text, sizeof(text)) < 0)
		text[0] = '\0';
	dprintf(2,
	    "+%s gen=%u pid=%d blob=%s fds=%u dir=%d ctl=%d secret=%d nnp=%.1s eff=%.16s bnd=%.16s "
	    "uid=%d "
	    "dump=%d failures=%u\n",
	    role_name(ctx->role), generation, (int)getpid(), ctx->blob, count_fds(),
	    ctx->data_dir_fd >= 0, ctx->control_fd >= 0, getenv("A_SECRET") != NULL,
	    find_status(text, "NoNewPrivs:"), find_status(text, "CapEff:"),
	    find_status(text, "CapBnd:"), (int)getuid(), prctl(PR_GET_DUMPABLE),
	    count_failures(ctx));
}

/* How each role begins what it has to say to each other. */
static const enum wire_id first_words[ROLE_COUNT][ROLE_COUNT] = {
    [ROLE_AGENT] = {0, WIRE_TXN_BEGIN, WIRE_JOB},
    [ROLE_KEEPER] = {WIRE_COMMITTED, 0, 0},
    [ROLE_COURIER] = {WIRE_RECEIPT, 0, 0},
};

static void
read_link(struct role_ctx *ctx, struct link *link, enum role peer)
{
	static struct wire_msg msg;
	enum link_event event;

	while ((event = link_recv(link, &msg)) != LINK_NOTHING) {
		if (event == LINK_MESSAGE) {
			dprintf(2, "%s meets %s gen=%u\n", role_name(ctx->role), role_name(peer),
			    wire_get_u32(&msg));
		} else if (event == LINK_FRESH) {
			wire_begin(&msg, first_words[ctx->role][peer]);
			wire_put_u32(&msg, generation);
			(void)link_send(link, &msg);
		} else {
			for (int i = 0; i <= board->more_accusations; i++)
				role_accuse(ctx, peer);
		}
	}
}

static void
watch_for_stop(sigset_t *while_waiting)
{
	struct sigaction sa = {.sa_handler = on_fake_signal};
	sigset_t block;

	sigemptyset(while_waiting);
	sigemptyset(&block);
	sigaddset(&block, ROLE_STOP_SIGNAL);
	sigaddset(&block, SIGUSR1);
	sigprocmask(SIG_SETMASK, &block, NULL);
	sigaction(ROLE_STOP_SIGNAL, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
}

/* What it does to the peer that it has from its start. */
static void
misbehave(const struct role_ctx *ctx, enum mood mood, const struct link *link)
{
	if (mood == RUDE && send(link->fd, "\xff garbage", 9, 0) > 0)
		dprintf(2, "%s is rude\n", role_name(ctx->role));
	if (mood == SHUTTING || mood == HALF_SHUTTING)
		shutdown(link->fd, mood == SHUTTING ? SHUT_RDWR : SHUT_RD);
}

/* A role's loop, without libev, so that it can be misbehaved in any way. */
static int
fake_main(struct role_ctx *ctx)
{
	static const enum wire_dir in[ROLE_COUNT][ROLE_COUNT] = {
	    [ROLE_AGENT] = {0, WIRE_KEEPER_TO_AGENT, WIRE_COURIER_TO_AGENT},
	    [ROLE_KEEPER] = {WIRE_AGENT_TO_KEEPER, 0, 0},
	    [ROLE_COURIER] = {WIRE_AGENT_TO_COURIER, 0, 0},
	};
	struct link links[ROLE_COUNT];
	enum mood mood = board->mood[ctx->role];
	sigset_t none;

	watch_for_stop(&none);
	priv_lock(ctx->role);
	board->mood[ctx->role] = CALM; /* the next one behaves */
	introduce(ctx);
	if (mood == BRIEF || board->crashing[ctx->role])
		return 3;
	for (int p = 0; p < ROLE_COUNT; p++)
		link_init(&links[p], role_take_wire(ctx, (enum role)p), in[ctx->role][p]);
	misbehave(ctx, mood, &links[ROLE_AGENT]);
	for (;;) {
		struct pollfd fds[ROLE_COUNT + 1];

		for (int p = 0; p < ROLE_COUNT && mood != DEAF; p++)
			read_link(ctx, &links[p], (enum role)p);
		for (int p = 0; p < ROLE_COUNT; p++)
			fds[p] = (struct pollfd){
			    .fd = mood == DEAF ? -1 : link_watched(&links[p]), .events = POLLIN};
		fds[ROLE_COUNT] =
		    (struct pollfd){.fd = mood == HUNG ? -1 : ctx->lifeline_fd, .events = POLLIN};
		(void)ppoll(fds, ROLE_COUNT + 1, NULL, &none);
		if (told_to_stop && mood != STUBBORN) {
			dprintf(2, "-%s\n", role_name(ctx->role));
			return 0;
		}
		if (told_to_report)
			dprintf(2, "%s reports\n", role_name(ctx->role));
		told_to_report = 0;
		if (mood != HUNG && !role_read_lifeline(ctx))
			return 4;
		for (int p = 0; p < ROLE_COUNT; p++)
			if (ctx->peer_fd[p] >= 0)
				link_take(&links[p], role_take_wire(ctx, (enum role)p));
		if (ctx->configured) {
			dprintf(2, "%s follows blob=%s\n", role_name(ctx->role), ctx->blob);
			role_forget_blob(ctx);
			if (mood == RIGID)
				return ROLE_STATUS_AGAIN;
		}
	}
}

static const struct launch fakes = {
    .load = fake_load,
    .settings = fake_settings,
    .role_main = {fake_main, fake_main, fake_main},
};

#endif
