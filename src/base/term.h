/*
 * What a descriptor's terminal can do.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdbool.h>

/* It is a terminal, not a dumb one, and NO_COLOR is unset. */
bool term_wants_colour(int fd);

/* It is a terminal that can move its cursor. */
bool term_moves_cursor(int fd);

/* 80 columns and 0 rows where that is unknown. */
int term_columns(int fd);
int term_rows(int fd);

#endif
