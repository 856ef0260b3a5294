/*
 * One read at a time into the room behind what is left of the one before. The text is not trusted:
 * it may lack newlines, hold NULs, and never end, which is its reader's matter.
 */
#include "base/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void
lines_init_read(struct lines *l, int fd, char *buf, size_t cap, size_t len)
{
	*l = (struct lines){
	    .fd = fd, .buf = buf, .cap = cap, .len = len, .offset = (off_t)len, .at_end = fd < 0};
}

void
lines_init(struct lines *l, int fd, char *buf, size_t cap)
{
	lines_init_read(l, fd, buf, cap, 0);
}

/* Makes room behind the rest of the last line; a rest that fills the buffer is dropped. */
static void
make_room(struct lines *l)
{
	size_t rest = l->len - l->at;

	if (rest == l->cap) {
		l->too_long += !l->passing_over;
		l->passing_over = true;
		rest = 0;
	}
	if (rest > 0 && l->at > 0)
		memmove(l->buf, l->buf + l->at, rest);
	l->at = 0;
	l->len = rest;
}

/* False: there is no more. */
static bool
read_more(struct lines *l)
{
	ssize_t n;

	if (l->at_end)
		return false;
	make_room(l);
	do
		n = pread(l->fd, l->buf + l->len, l->cap - l->len, l->offset);
	while (n < 0 && errno == EINTR);
	l->at_end = n <= 0;
	l->err = n < 0 ? errno : 0;
	if (n <= 0)
		return false;
	l->len += (size_t)n;
	l->offset += n;
	return true;
}

bool
lines_next(struct lines *l, const char **line, const char **line_end)
{
	size_t looked = 0; /* bytes from at on that have no newline */

	for (;;) {
		char *from = l->buf + l->at;
		char *newline = memchr(from + looked, '\n', l->len - l->at - looked);

		if (newline == NULL) {
			looked = l->len - l->at;
			if (!read_more(l))
				return false;
			looked = looked == l->cap ? 0 : looked;
			continue;
		}
		l->at = (size_t)(newline + 1 - l->buf);
		looked = 0;
		if (!l->passing_over) {
			*line = from;
			*line_end = newline;
			return true;
		}
		l->passing_over = false;
	}
}
