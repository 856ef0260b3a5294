/*
 * The rows of the state: what must outlive this process goes to the keeper as keys and blobs, in
 * transactions, and comes back once at start. Nothing here waits: what the keeper has not confirmed
 * is kept and sent again to its successor; the newest blob of a key replaces an unsent older one,
 * so a keeper that is stuck for hours costs no more memory than the state itself. Nothing is
 * written before the rows of the earlier life are there, for it would go over them.
 */
#ifndef AGENT_PERSIST_H
#define AGENT_PERSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/kept_kind.h"
#include "priv/wire.h"

struct keeper_link;
struct persist;

struct persist_events {
	/* A row of an earlier life; only between start and loaded(); each key comes once. */
	void (*row)(void *arg, enum kept_kind kind, const char *key, const char *blob, size_t len);
	void (*loaded)(void *arg); /* all rows were given */
	void (*confirmed)(
	    void *arg, uint64_t txn); /* this transaction and all before it are on disk */
	/* Not on disk, or the rows cannot be read; it is tried again by itself. */
	void (*failed)(void *arg, const char *why);
	void (*fresh)(void *arg); /* another keeper, perhaps with an empty disk: put all there is */
};

/* Adds itself to the link, which lives longer. */
struct persist *persist_new(
    struct keeper_link *link, const struct persist_events *events, void *arg);
void persist_free(struct persist *p);

/* Adds a change to the open transaction. json: from mem, taken over; NULL deletes the key. */
void persist_put(struct persist *p, enum kept_kind kind, const char *key, char *json);

/* Closes the open transaction and returns its number, 0 if it is empty. Sends what can be sent. */
uint64_t persist_commit(struct persist *p, const struct now *now);

/* Call once in a while: retries after a failure. */
void persist_tick(struct persist *p, const struct now *now);

/* All changes so far are on disk. */
bool persist_idle(const struct persist *p);

#endif
