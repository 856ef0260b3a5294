/*
 * Runs a function in a child process with a deadline and takes over its result and the descriptors
 * it opened. The child is trusted, the file system it deals with is not: it may hold the child,
 * whom no signal ends then, but not the launcher.
 */
#include "priv/oneshot.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/io.h"
#include "priv/child.h"

union fds {
	struct cmsghdr head;
	char room[CMSG_SPACE(ONESHOT_FDS * sizeof(int))];
};

static int
count_fds(const struct oneshot *e)
{
	int n = 0;

	while (n < ONESHOT_FDS && e->fds[n] >= 0)
		n++;
	return n;
}

static bool
send_result(int fd, struct oneshot *e)
{
	size_t len = (size_t)count_fds(e) * sizeof(int);
	struct iovec bytes = {.iov_base = e, .iov_len = sizeof(*e)};
	union fds control = {
	    .head = {.cmsg_len = CMSG_LEN(len), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct msghdr msg = {.msg_iov = &bytes, .msg_iovlen = 1};

	if (len > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(len);
		memcpy(CMSG_DATA(&control.head), e->fds, len);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL) == (ssize_t)sizeof(*e);
}

static bool
take_result(int fd, struct oneshot *e)
{
	struct iovec bytes = {.iov_base = e, .iov_len = sizeof(*e)};
	union fds control;
	struct msghdr msg = {.msg_iov = &bytes,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control.room)};
	const struct cmsghdr *head;

	if (recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(*e)) {
		errno = ECHILD; /* it died */
		return false;
	}
	head = CMSG_FIRSTHDR(&msg);
	for (int i = 0; i < ONESHOT_FDS; i++)
		e->fds[i] = -1;
	if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len <= sizeof(control.room))
		memcpy(e->fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
	return true;
}

static bool
await(int fd, pid_t pid, int64_t deadline_ms, struct oneshot *result)
{
	struct pollfd back = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&back, 1, (int)deadline_ms);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return take_result(fd, result);
	kill(pid, SIGKILL);
	errno = ETIMEDOUT;
	return false;
}

bool
oneshot_run(void (*work)(const void *arg, struct oneshot *result), const void *arg,
    int64_t deadline_ms, struct oneshot *result)
{
	const struct oneshot nothing = {.fds = {-1, -1}};
	pid_t parent = getpid(), pid;
	bool ok = false;
	int pair[2], err;

	*result = nothing;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		child_follow(parent);
		work(arg, result);
		_exit(send_result(pair[1], result) ? 0 : 1);
	}
	err = errno;
	io_close(&pair[1]);
	if (pid > 0) {
		ok = await(pair[0], pid, deadline_ms, result);
		err = errno;
	}
	io_close(&pair[0]);
	if (!ok)
		*result = nothing;
	errno = err;
	return ok;
}
