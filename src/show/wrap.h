/*
 * Text of any length in the columns of a terminal.
 */
#ifndef SHOW_WRAP_H
#define SHOW_WRAP_H

#include "base/buf.h"

/*
 * Appends text, which goes on at column `at` of a line (from 0), and a newline; what does not fit
 * continues below, indented. Lines break between words, and inside of one that has no room on a
 * line of its own. Control bytes and invalid UTF-8 come out visible. columns > indent.
 */
void wrap_add(struct buf *b, const char *text, int at, int indent, int columns);

#endif
