/*
 * One look at the machine without a daemon, unsplit in this process.
 */
#ifndef AGENT_ONCE_H
#define AGENT_ONCE_H

#include <stdbool.h>

#include "conf/conf.h"

/* Collects twice one second apart and prints a table or JSON lines on fd; false: it cannot. */
bool agent_once(const struct conf *conf, bool json, int fd);

/* NO_COLOR unset, a terminal, and not a dumb one. */
bool agent_wants_colour(int fd);

/* Columns of the terminal on fd; 80 when that is unknown. */
int agent_terminal_width(int fd);

#endif
