/*
 * Runs a function in a child process and takes over its result and the descriptors it opened. The
 * child is trusted, the file system it deals with is not: it may hold the child, whom no signal
 * ends then, but not the launcher.
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

bool
oneshot_start(oneshot_fn *work, const void *arg, struct oneshot_child *child)
{
	struct oneshot result = {.fds = {-1, -1}};
	pid_t parent = getpid(), pid;
	int pair[2], err;

	*child = (struct oneshot_child){.pid = 0};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		close(pair[0]);
		child_follow(parent);
		work(arg, &result);
		_exit(send_result(pair[1], &result) ? 0 : 1);
	}
	err = errno;
	io_close(&pair[1]);
	if (pid < 0)
		io_close(&pair[0]);
	else
		*child = (struct oneshot_child){pid, pair[0]};
	errno = err;
	return pid > 0;
}

bool
oneshot_take(struct oneshot_child *child, int64_t wait_ms, struct oneshot *result)
{
	const struct oneshot nothing = {.fds = {-1, -1}};
	struct pollfd back = {.fd = child->fd, .events = POLLIN};
	bool ok;
	int n, err;

	do
		n = poll(&back, 1, (int)wait_ms);
	while (n < 0 && errno == EINTR);
	*result = nothing;
	if (n <= 0) {
		errno = ETIMEDOUT;
		return false;
	}
	ok = take_result(child->fd, result);
	err = errno;
	if (!ok)
		*result = nothing;
	close(child->fd);
	*child = (struct oneshot_child){.pid = 0};
	errno = err;
	return ok;
}

bool
oneshot_run(oneshot_fn *work, const void *arg, struct oneshot *result)
{
	struct oneshot_child child;

	if (!oneshot_start(work, arg, &child))
		return false;
	if (oneshot_take(&child, ONESHOT_WAIT_MS, result))
		return true;
	if (errno == ETIMEDOUT) {
		kill(child.pid, SIGKILL);
		close(child.fd);
		errno = ETIMEDOUT;
	}
	return false;
}
