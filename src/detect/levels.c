/*
 * The timers of two levels. Times are boot times of the caller; kept ones may be anything, and are
 * believed within a century.
 */
#include "detect/levels.h"

#include "base/clock.h"

#define NEVER INT64_MIN
#define FAR_NS (100LL * 366 * 86400 * NS_PER_SEC)

const enum severity level_severity[LEVELS] = {SEV_WARN, SEV_CRITICAL};

void
levels_clear(struct levels *l)
{
	l->firing = SEV_NONE;
	for (int level = 0; level < LEVELS; level++)
		l->since_ns[level] = NEVER;
}

void
levels_start(struct levels *l, int64_t now_ns)
{
	levels_clear(l);
	l->last_ns = now_ns;
}

void
levels_resume(struct levels *l, enum severity severity, int64_t since_ns)
{
	l->firing = severity;
	for (int level = 0; level < LEVELS; level++) {
		if (level_severity[level] <= severity)
			l->since_ns[level] = since_ns;
	}
}

static bool
move(int64_t *at_ns, int64_t shift_ns)
{
	if (*at_ns == NEVER)
		return true;
	if (*at_ns < -FAR_NS || *at_ns > FAR_NS || shift_ns < -FAR_NS || shift_ns > FAR_NS)
		return false;
	*at_ns += shift_ns;
	return true;
}

bool
levels_load(struct levels *l, int64_t shift_ns)
{
	bool sane = l->last_ns != NEVER && move(&l->last_ns, shift_ns);

	for (int level = 0; level < LEVELS; level++)
		sane = move(&l->since_ns[level], shift_ns) && sane;
	l->firing = SEV_NONE;
	return sane;
}

void
levels_advance(
    struct levels *l, const bool bad[LEVELS], int64_t for_ns, int64_t interval_ns, int64_t now_ns)
{
	bool gap = now_ns - l->last_ns > interval_ns * 5 / 2;
	enum severity firing = SEV_NONE;

	for (int level = 0; level < LEVELS; level++) {
		bool was_firing = l->firing >= level_severity[level];

		if (!bad[level])
			l->since_ns[level] = NEVER;
		else if (l->since_ns[level] == NEVER || (gap && !was_firing))
			l->since_ns[level] = now_ns;
		if (bad[level] && (was_firing || now_ns - l->since_ns[level] >= for_ns))
			firing = level_severity[level];
	}
	l->firing = firing;
	l->last_ns = now_ns;
}

int
levels_named(const struct levels *l)
{
	for (int level = LEVELS - 1; level >= 0; level--) {
		if (l->firing == SEV_NONE ? l->since_ns[level] != NEVER
		                          : level_severity[level] <= l->firing)
			return level;
	}
	return -1;
}

void
levels_describe(const struct levels *l, int level, int64_t now_ns, struct finding *f)
{
	f->state = l->firing == SEV_NONE ? FINDING_PENDING : FINDING_FIRING;
	f->severity = level_severity[level];
	f->since_ns = now_ns;
	for (int i = 0; i < LEVELS; i++) {
		if (l->since_ns[i] != NEVER && l->since_ns[i] < f->since_ns)
			f->since_ns = l->since_ns[i];
	}
}
