/*
 * Reads a stream or file of unknown length, in memory that grows with it up to a bound. The other
 * end is not trusted to stop.
 */
#include "base/stream.h"

#include <errno.h>
#include <unistd.h>

#include "base/mem.h"

#define START_BYTES (16 * 1024) /* of a table */

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

char *
stream_pread_most(int fd, size_t max, size_t *len)
{
	size_t cap = START_BYTES < max ? START_BYTES : max;
	char *text = mem_zalloc(cap, 1);
	ssize_t n = 1;

	*len = 0;
	while (n != 0 && *len < max) {
		if (*len == cap) {
			cap = cap > max / 2 ? max : cap * 2;
			text = mem_resize(text, cap, 1);
		}
		n = pread(fd, text + *len, cap - *len, (off_t)*len);
		if (n < 0 && errno != EINTR) {
			mem_free(text);
			return NULL;
		}
		*len += n > 0 ? (size_t)n : 0;
	}
	return text;
}
