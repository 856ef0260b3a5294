/*
 * The n largest of a stream of scores, largest first.
 */
#ifndef COLLECT_PROCTOP_H
#define COLLECT_PROCTOP_H

#include <stddef.h>
#include <stdint.h>

#define PROCTOP_MAX 64

/* Initialise with max (at most PROCTOP_MAX), the rest zero. */
struct proctop {
	size_t max, len;
	double scores[PROCTOP_MAX];
	uint32_t slots[PROCTOP_MAX];
};

/* NAN is no score. Of equal scores the earlier one ranks higher. */
void proctop_offer(struct proctop *top, double score, uint32_t slot);

#endif
