/*
 * What all processes come to: proc.count, proc.zombies, proc.threads. Where some are kept from us
 * (hidepid= of proc, a security module) a sum of the others would be a wrong number, not a small
 * one: it is absent, and that is said.
 */
#ifndef COLLECT_PROCTOTAL_H
#define COLLECT_PROCTOTAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"
#include "collect/pidlist.h"
#include "model/batch.h"

struct proctotal {
	size_t listed;
	uint64_t zombies, threads;
	uint64_t
	    refused; /* listed, but not to be read: neither their state nor threads are known */
	bool hidden; /* not all are listed */
};

/* Whether the list lacks processes of others. */
bool proctotal_is_hidden(const struct host *host, const struct pidlist *list);

/* Adds what is known to the batch; notes the gap, and warns of it unless *said, which it sets. */
void proctotal_sample(
    const struct proctotal *t, struct host *host, struct batch *batch, bool *said);

#endif
