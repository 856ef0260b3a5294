/*
 * Alerts that fire and found no room in the table: which, so that it can be said how many wait for
 * room. One leaves when it gets room, clears, or has had no finding for some of its intervals.
 */
#ifndef ALERT_WAITING_H
#define ALERT_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAITING_MAX 2048 /* known one by one, 80 bytes each; further ones are not counted */

struct waiting_alert;

/* Zeroed: empty. */
struct waiting {
	struct waiting_alert *ones; /* uthash by fingerprint */
};

void waiting_done(struct waiting *waiting);

/* A finding of it came at boot_ns, the next is due within patience_ns. True: it is new here. */
bool waiting_note(
    struct waiting *waiting, uint64_t fingerprint, int64_t patience_ns, int64_t boot_ns);
void waiting_forget(struct waiting *waiting, uint64_t fingerprint); /* may be unknown */

/* Forgets those whose patience is over. */
void waiting_tidy(struct waiting *waiting, int64_t boot_ns);

size_t waiting_count(const struct waiting *waiting);

#endif
