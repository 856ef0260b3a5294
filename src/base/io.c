/*
 * Reads and writes whole files and descriptors. Files of /proc are read until read() says 0: their
 * size is unknown and a short read is no end. Interrupted calls are made again; other failures are
 * the caller's, by errno.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t
io_pread_all(int fd, char *buf, size_t cap)
{
	size_t len = 0;

	while (len + 1 < cap) {
		ssize_t n = pread(fd, buf + len, cap - 1 - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return (ssize_t)len;
}

ssize_t
io_read_at(int dirfd, const char *path, char *buf, size_t cap)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;
	int err;

	if (fd < 0)
		return -1;
	n = io_pread_all(fd, buf, cap);
	err = errno;
	close(fd);
	errno = err;
	return n;
}

int
io_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A piece of PIPE_BUF goes into a pipe whole or not at all, if there is room when we ask. */
static ssize_t
write_piece(int fd, mode_t mode, const char *p, size_t len)
{
	struct pollfd room = {.fd = fd, .events = POLLOUT};

	if (S_ISREG(mode))
		return write(fd, p, len);
	if (S_ISSOCK(mode))
		return send(fd, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (poll(&room, 1, 0) < 0)
		return -1;
	if (room.revents != POLLOUT) { /* with POLLERR, nobody reads: no SIGPIPE for that */
		errno = EAGAIN;
		return -1;
	}
	return write(fd, p, len < PIPE_BUF ? len : PIPE_BUF);
}

size_t
io_write_now(int fd, const void *data, size_t len)
{
	const char *p = data;
	size_t done = 0;
	struct stat st;

	if (fstat(fd, &st) != 0)
		return 0;
	while (done < len) {
		ssize_t n = write_piece(fd, st.st_mode, p + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

void
io_own_nonblock(int fd)
{
	char path[32];
	struct stat st;
	int own;

	if (fstat(fd, &st) != 0 || !(S_ISFIFO(st.st_mode) || isatty(fd)))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own < 0)
		return;
	(void)dup2(own, fd);
	close(own);
}

int
io_set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void
io_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
