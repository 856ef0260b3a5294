/*
 * What a descriptor's terminal can do, and whether it is still there.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdbool.h>

/* It is a terminal, not a dumb one, and NO_COLOR is unset. */
bool term_wants_colour(int fd);

/* It is a terminal that can move its cursor. */
bool term_moves_cursor(int fd);

/*
 * A descriptor of this process's terminal, where it runs in the foreground of one; else -1: it is
 * in the background, of no terminal, or there is no /dev/tty. The caller's to close.
 */
int term_open_foreground(void);

/* Its terminal has hung up: the window is closed, the line is down. False for -1. */
bool term_is_gone(int fd);

/* 80 columns and 0 rows where that is unknown. */
int term_columns(int fd);
int term_rows(int fd);

#endif
