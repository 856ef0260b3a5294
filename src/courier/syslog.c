/*
 * Sends a rendered syslog message as a datagram, or over a stream where the daemon listens for
 * those. There is no answer: what the kernel has taken counts as delivered. A daemon that is not
 * there comes back, so that is a temporary failure.
 */
#include "courier/syslog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

/* errno of an attempt to what it means; anything else is temporary. */
static const struct verdict {
	int err;
	enum delivery_outcome outcome;
} verdicts[] = {
    {EMSGSIZE, DELIVERY_REJECTED},
    {EACCES, DELIVERY_DENIED},
    {EPERM, DELIVERY_DENIED},
    {ENOTSOCK, DELIVERY_DENIED},
};

static bool
fill_address(const char *path, struct sockaddr_un *addr)
{
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	return str_copy(addr->sun_path, sizeof(addr->sun_path), path);
}

/* A connected socket that waits at most timeout_ms for room; -1 and errno. */
static int
open_socket(const char *path, int type, int64_t timeout_ms)
{
	const struct timeval wait = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0), err;
	struct sockaddr_un addr;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (!fill_address(path, &addr))
		errno = ENAMETOOLONG;
	else if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* On a stream a NUL ends a message, as the C library's syslog() has it. */
static bool
send_all(int fd, int type, const char *body, size_t len)
{
	static const char end[1];

	while (len > 0) {
		ssize_t n = send(fd, body, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		body += n;
		len -= (size_t)n;
	}
	return type == SOCK_DGRAM || send(fd, end, sizeof(end), MSG_NOSIGNAL) == 1;
}

static bool
attempt(const char *path, int type, const struct attempt_job *job, int64_t timeout_ms)
{
	int fd = open_socket(path, type, timeout_ms), err;
	bool ok;

	if (fd < 0)
		return false;
	ok = send_all(fd, type, job->body, job->body_len);
	err = errno;
	close(fd);
	errno = err;
	return ok;
}

static void
explain(const char *path, int err, struct delivery *out)
{
	*out = (struct delivery){.outcome = DELIVERY_TEMPORARY};
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		if (verdicts[i].err == err)
			out->outcome = verdicts[i].outcome;
	}
	snprintf(out->text, sizeof(out->text), "%.100s: %s", path,
	    err == EAGAIN ? "nobody reads from it" : strerror(err));
}

void
syslog_deliver(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out)
{
	int64_t timeout_ms = attempt_timeout_ms(channel, job);
	const char *path = channel->socket;

	*out = (struct delivery){.outcome = DELIVERY_DELIVERED};
	if (attempt_is_orphan(job))
		attempt_fail(out, DELIVERY_TEMPORARY, "the courier is gone");
	else if (!attempt(path, SOCK_DGRAM, job, timeout_ms) &&
	         (errno != EPROTOTYPE || !attempt(path, SOCK_STREAM, job, timeout_ms)))
		explain(path, errno, out);
}

const char *
syslog_missing(const struct conf_channel *channel)
{
	return channel->socket == NULL || channel->socket[0] == '\0' ? "no socket is configured"
	                                                             : NULL;
}
