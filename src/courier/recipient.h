/*
 * Recipients as numbers: what goes between the processes, and to disk, in place of addresses.
 */
#ifndef COURIER_RECIPIENT_H
#define COURIER_RECIPIENT_H

#include "conf/conf.h"

/* Of the mailbox alone: the name before it may change. The same in every run. */
uint64_t recipient_number(const char *address);

/*
 * Those of to who are owed the message; none: all of them. Appends to out, which has room for all,
 * and borrows their strings. Numbers of nobody in to are passed over.
 */
void recipient_select(
    const struct strings *to, const uint64_t *owed, size_t owed_count, struct strings *out);

#endif
