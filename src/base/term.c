/*
 * Asks the kernel for a terminal's size and whether it is there, and the environment for its kind.
 * A size of nothing, as some consoles say, counts as unknown. A terminal that has hung up says so
 * to poll(2) on every descriptor of it, and that before the kernel sends SIGHUP to anybody.
 */
#include "base/term.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"

#define COLUMNS_DEFAULT 80

bool
term_moves_cursor(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
}

bool
term_wants_colour(int fd)
{
	const char *no_colour = getenv("NO_COLOR");

	return (no_colour == NULL || *no_colour == '\0') && term_moves_cursor(fd);
}

int
term_open_foreground(void)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && tcgetpgrp(fd) != getpgrp())
		io_close(&fd);
	return fd;
}

bool
term_is_gone(int fd)
{
	struct pollfd p = {.fd = fd};

	return fd >= 0 && poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) != 0;
}

int
term_columns(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS_DEFAULT;
}

int
term_rows(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}
