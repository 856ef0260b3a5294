/*
 * Insertion into a short sorted array: most of a long stream fails the one comparison with the last
 * place, which makes it faster than a heap at these sizes.
 */
#include "collect/proctop.h"

#include <math.h>

void
proctop_offer(struct proctop *top, double score, uint32_t slot)
{
	size_t i;

	if (isnan(score) || top->max == 0)
		return;
	if (top->len == top->max) {
		if (score <= top->scores[top->len - 1])
			return;
		top->len--;
	}
	for (i = top->len++; i > 0 && top->scores[i - 1] < score; i--) {
		top->scores[i] = top->scores[i - 1];
		top->slots[i] = top->slots[i - 1];
	}
	top->scores[i] = score;
	top->slots[i] = slot;
}
