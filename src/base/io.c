/*
 * Whole reads and writes. Files of /proc are read until read() says 0: their size is unknown and a
 * short read is no end.
 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/mem.h"

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

ssize_t
io_read_stream(int fd, size_t max, char **data)
{
	size_t cap = 4096, len = 0;
	char *buf = mem_zalloc(cap, 1);

	for (;;) {
		ssize_t n;

		if (len + 1 >= cap) {
			cap *= 2;
			buf = mem_resize(buf, cap, 1);
		}
		n = read(fd, buf + len, cap - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (n < 0 || len + (size_t)n > max) {
			int err = n < 0 ? errno : EFBIG;

			mem_free(buf);
			errno = err;
			return -1;
		}
		len += (size_t)n;
	}
	buf[len] = '\0';
	*data = buf;
	return (ssize_t)len;
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
