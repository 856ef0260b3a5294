/*
 * Has a child process parse the configuration and takes in the bytes that it writes for each
 * consumer, which nobody here looks into. The child is not trusted to end, to close its pipes or to
 * keep to a size: each has a bound. The bytes can hold secrets, so no copy is left behind in freed
 * memory.
 */
#include "priv/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/crash_report.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "priv/child.h"
#include "priv/sandbox.h"

#define CONFIG_ERROR 2
#define REAP_MS 200 /* for the kernel to end what was killed */

struct loader {
	pid_t pid; /* 0: reaped */
	pid_t ended_pid;
	int wait_status;
	int in[LAUNCH_BLOBS], out[LAUNCH_BLOBS];
	int crash_in, crash_out; /* the pipe for a report of its crash */
	size_t cap[LAUNCH_BLOBS];
	struct blob *blobs;
};

void
blob_free(struct blob *blob)
{
	mem_wipe(blob->data, blob->len);
	mem_free(blob->data);
	*blob = (struct blob){NULL, 0};
}

static bool
open_pipes(struct loader *ld)
{
	int crash[2];

	if (pipe2(crash, O_CLOEXEC | O_NONBLOCK) != 0)
		return false;
	ld->crash_in = crash[0];
	ld->crash_out = crash[1];
	for (int i = 0; i < LAUNCH_BLOBS; i++) {
		int ends[2];

		if (pipe2(ends, O_CLOEXEC) != 0)
			return false;
		ld->in[i] = ends[0];
		ld->out[i] = ends[1];
		if (io_set_nonblock(ends[0]) != 0)
			return false;
	}
	return true;
}

static _Noreturn void
load_in_child(const struct launch *launch, const struct loader *ld, pid_t parent)
{
	int keep[LAUNCH_BLOBS + 1];
	int status;

	child_reset_signals();
	crash_catch(ld->crash_out);
	priv_harden();
	child_follow(parent);
	memcpy(keep, ld->out, sizeof(ld->out));
	keep[LAUNCH_BLOBS] = ld->crash_out;
	child_keep_fds(keep, LAUNCH_BLOBS + 1);
	status = launch->load(launch->arg, ld->out);
	fflush(NULL);
	_exit(status);
}

/* A blob grows by copying, so that the old bytes can be wiped. */
static void
make_room(struct loader *ld, int i)
{
	struct blob *blob = &ld->blobs[i];
	size_t cap = ld->cap[i] == 0 ? 4096 : 2 * ld->cap[i];
	char *data;

	if (blob->len + 1 < ld->cap[i])
		return;
	data = mem_zalloc(cap, 1);
	if (blob->len > 0)
		memcpy(data, blob->data, blob->len);
	mem_wipe(blob->data, blob->len);
	mem_free(blob->data);
	blob->data = data;
	ld->cap[i] = cap;
}

/* False: too long, or not readable. */
static bool
take_in(struct loader *ld, int i)
{
	struct blob *blob = &ld->blobs[i];

	for (;;) {
		ssize_t n;

		make_room(ld, i);
		n = read(ld->in[i], blob->data + blob->len, ld->cap[i] - 1 - blob->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0) {
			io_close(&ld->in[i]);
			return true;
		}
		blob->len += (size_t)n;
		if (blob->len > ROLE_BLOB_MAX) {
			log_error("configuration of more than %u bytes", ROLE_BLOB_MAX);
			return false;
		}
	}
}

static bool
done(struct loader *ld)
{
	int status;

	if (ld->pid > 0 && waitpid(ld->pid, &status, WNOHANG) == ld->pid) {
		ld->ended_pid = ld->pid;
		ld->pid = 0;
		ld->wait_status = status;
	}
	if (ld->pid > 0)
		return false;
	for (int i = 0; i < LAUNCH_BLOBS; i++)
		if (ld->in[i] >= 0)
			return false;
	return true;
}

/* Waits once for bytes, the end or the deadline; false: give up. */
static bool
wait_and_take(struct loader *ld, const sigset_t *mask, int64_t until_ns)
{
	int64_t left = until_ns - clock_now().boot_ns;
	struct timespec ts = {.tv_sec = left / NS_PER_SEC, .tv_nsec = left % NS_PER_SEC};
	struct pollfd fds[LAUNCH_BLOBS];

	if (left <= 0) {
		log_error("configuration not read within %d ms", LAUNCH_LOAD_MS);
		return false;
	}
	for (int i = 0; i < LAUNCH_BLOBS; i++)
		fds[i] = (struct pollfd){.fd = ld->in[i], .events = POLLIN};
	if (ppoll(fds, LAUNCH_BLOBS, &ts, mask) < 0)
		return errno == EINTR;
	for (int i = 0; i < LAUNCH_BLOBS; i++)
		if (fds[i].revents != 0 && !take_in(ld, i))
			return false;
	return true;
}

/* The status to go on with, once the child has ended by itself. */
static int
verdict(const struct loader *ld)
{
	struct crash_report crash;
	ssize_t n;

	if (WIFEXITED(ld->wait_status))
		return WEXITSTATUS(ld->wait_status);
	n = read(ld->crash_in, &crash, sizeof(crash));
	if (n > 0 && crash_report_is_valid(&crash, (size_t)n))
		crash_report_log(&crash, "loader", ld->ended_pid);
	log_error("reading the configuration ended with signal %d", WTERMSIG(ld->wait_status));
	return 1;
}

static int
collect(struct loader *ld, const sigset_t *mask, const volatile sig_atomic_t *stop)
{
	int64_t until_ns = clock_now().boot_ns + LAUNCH_LOAD_MS * NS_PER_MS;

	while (!done(ld))
		if (*stop || !wait_and_take(ld, mask, until_ns))
			return CONFIG_ERROR;
	return verdict(ld);
}

/* A file system that does not answer can hold even what was killed: workers_reap meets it later. */
static void
end(const struct loader *ld, const sigset_t *mask)
{
	int64_t until_ns = clock_now().boot_ns + REAP_MS * NS_PER_MS;

	kill(ld->pid, SIGKILL);
	while (waitpid(ld->pid, NULL, WNOHANG) == 0) {
		int64_t left = until_ns - clock_now().boot_ns;
		struct timespec ts = {.tv_nsec = left};

		if (left <= 0) {
			log_warn("the process that reads the configuration does not end");
			return;
		}
		(void)ppoll(NULL, 0, &ts, mask);
	}
}

static int
fork_and_collect(const struct launch *launch, struct loader *ld, const sigset_t *mask,
    const volatile sig_atomic_t *stop)
{
	pid_t parent = getpid();
	int status;

	fflush(NULL);
	ld->pid = fork();
	if (ld->pid < 0) {
		log_warn_errno("fork the loader");
		return 1;
	}
	if (ld->pid == 0)
		load_in_child(launch, ld, parent);
	for (int i = 0; i < LAUNCH_BLOBS; i++)
		io_close(&ld->out[i]);
	io_close(&ld->crash_out);
	status = collect(ld, mask, stop);
	if (ld->pid > 0)
		end(ld, mask);
	return status;
}

int
loader_run(const struct launch *launch, const sigset_t *mask, const volatile sig_atomic_t *stop,
    struct blob blobs[LAUNCH_BLOBS])
{
	struct loader ld = {.blobs = blobs, .crash_in = -1, .crash_out = -1};
	int status = 1;

	for (int i = 0; i < LAUNCH_BLOBS; i++) {
		ld.in[i] = ld.out[i] = -1;
		blobs[i] = (struct blob){NULL, 0};
	}
	if (open_pipes(&ld))
		status = fork_and_collect(launch, &ld, mask, stop);
	else
		log_warn_errno("pipes to the loader");
	for (int i = 0; i < LAUNCH_BLOBS; i++) {
		io_close(&ld.in[i]);
		io_close(&ld.out[i]);
		if (status != 0)
			blob_free(&blobs[i]);
	}
	io_close(&ld.crash_in);
	io_close(&ld.crash_out);
	return status;
}
