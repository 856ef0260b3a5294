/*
 * Alerts that fire and found no room in the table: which, so that it can be said how many wait for
 * room. One leaves when it gets room, clears, or has had no finding for some of its intervals.
 */
#ifndef ALERT_CROWD_H
#define ALERT_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CROWD_MAX 2048 /* known one by one, 80 bytes each; further ones are not counted */

struct crowd_one;

/* Zeroed: empty. */
struct crowd {
	struct crowd_one *ones; /* uthash by fingerprint */
};

void crowd_done(struct crowd *crowd);

/* A finding of it came at boot_ns, the next is due within patience_ns. True: it is new here. */
bool crowd_note(struct crowd *crowd, uint64_t fingerprint, int64_t patience_ns, int64_t boot_ns);
void crowd_forget(struct crowd *crowd, uint64_t fingerprint); /* may be unknown */

/* Forgets those whose patience is over. */
void crowd_tidy(struct crowd *crowd, int64_t boot_ns);

size_t crowd_count(const struct crowd *crowd);

#endif
