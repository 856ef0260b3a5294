/*
 * Reads a stream of unknown length, in memory that grows with it up to a bound. The other end is
 * not trusted to stop.
 */
#include "base/stream.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"

ssize_t
stream_read_all(int fd, size_t max, char **data)
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
