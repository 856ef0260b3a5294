/*
 * A figure beside its target, in one form for all benches. The status of a bench is 1 when a target
 * was missed; in the quick form noise rules, so that a miss is printed and does not count.
 */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

struct figures {
	bool quick;
	int missed;
};

/* Takes "--quick", the only argument that all benches have; false when there is another. */
static inline bool
figures_init(struct figures *f, int argc, char **argv)
{
	f->quick = argc == 2 && str_eq(argv[1], "--quick");
	f->missed = 0;
	return argc == 1 || f->quick;
}

/* Lower is better. */
static inline void
figure_at_most(struct figures *f, const char *what, double value, double target, const char *unit)
{
	bool met = value <= target;

	printf("%-6s  %-58s %9.2f, at most %g %s\n", met ? "MET" : "MISSED", what, value, target,
	    unit);
	f->missed += !met;
}

/* A figure without a target, to compare with. */
static inline void
figure_beside(const char *what, double value, const char *unit)
{
	printf("%-6s  %-58s %9.2f %s\n", "", what, value, unit);
}

static inline int
figures_status(const struct figures *f)
{
	if (f->quick && f->missed > 0)
		printf("quick: too short to count, so this is no failure\n");
	return !f->quick && f->missed > 0;
}

#endif
