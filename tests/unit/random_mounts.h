/*
 * Mounts that fill and empty at random: what a detector would say of them next.
 */
#ifndef TESTS_RANDOM_MOUNTS_H
#define TESTS_RANDOM_MOUNTS_H

#include "tests/unit/alert_rig.h"
#include "tests/unit/random.h"

struct mounts {
	enum finding_state state[RIG_PLACES];
	enum severity severity[RIG_PLACES];
};

/* other may be NULL. */
static inline void
mounts_step(struct mounts *h, struct alert_rig *one, struct alert_rig *other)
{
	for (int i = 0; i < RIG_PLACES; i++) {
		bool was_fine = h->state[i] == FINDING_CLEAR;

		if (draw(4) == 0) {
			h->state[i] = (enum finding_state)draw(3);
			h->severity[i] = SEV_INFO + (enum severity)draw(4);
		}
		if (h->state[i] == FINDING_CLEAR && was_fine)
			continue;
		rig_usage(one, i, h->state[i], h->severity[i], 95);
		if (other != NULL)
			rig_usage(other, i, h->state[i], h->severity[i], 95);
	}
}

#endif
