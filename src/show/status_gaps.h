/*
 * What of the host is not watched, for whoever asks the running agent: files that this host does
 * not have or that cannot be read, tables of which only a part is taken, metrics without a value.
 */
#ifndef SHOW_STATUS_GAPS_H
#define SHOW_STATUS_GAPS_H

#include "base/buf.h"
#include "show/status_input.h"

/* Appends the object "not_watched". */
void status_gaps_put(const struct status_input *in, struct buf *out);

/* Appends lines that begin at that column; nothing when there is nothing to tell. */
void status_gaps_write(const struct status_input *in, int column, struct buf *out);

#endif
