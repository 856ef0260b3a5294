/*
 * Asks the kernel for a terminal's size, and the environment for its kind. A size of nothing, as
 * some consoles say, counts as unknown.
 */
#include "base/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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
