/*
 * The flap stage: an alert whose level (as found, before escalation) turns FLAP_EDGES times in half
 * an hour, the last time upwards, and never rests for long between, is flapping. That is told once;
 * then its ends are held, until it has been steady for a quarter of an hour, and that is told once.
 * Only a level that was not told yet passes, and reminders.
 *
 * Steps in one direction are one turn: a disk that fills warns before it is critical. Five turns
 * are a third firing: one re-fire may be news, a second one shows a pattern. A quarter of an hour
 * steady is more than twice the mean time between the turns that make it flap, so it does not go in
 * and out by itself (Nagios keeps two thresholds apart for the same reason).
 */
#include "alert/stage.h"

#define WINDOW_NS (1800 * NS_PER_SEC)
#define STEADY_NS (900 * NS_PER_SEC)

static const struct now *
newest(const struct alert_entry *a)
{
	return &a->flap.edges[FLAP_EDGES - 1];
}

static void
add_edge(struct flap_state *flap, const struct now *now)
{
	for (size_t i = 0; i + 1 < FLAP_EDGES; i++)
		flap->edges[i] = flap->edges[i + 1];
	flap->edges[FLAP_EDGES - 1] = *now;
}

/* Half an hour long at most, without a pause that would end it. */
static bool
is_rhythm(const struct flap_state *flap)
{
	for (size_t i = 1; i < FLAP_EDGES; i++) {
		const struct now *before = &flap->edges[i - 1];

		if (before->wall_ms == 0 || flap->edges[i].boot_ns - before->boot_ns >= STEADY_NS)
			return false;
	}
	return flap->edges[FLAP_EDGES - 1].boot_ns - flap->edges[0].boot_ns <= WINDOW_NS;
}

/* A further step in the direction of the last one moves that. */
static bool
is_turn(struct flap_state *flap, bool rises, const struct now *now)
{
	bool further = flap->edges[FLAP_EDGES - 1].wall_ms != 0 && flap->rising == rises;

	flap->rising = rises;
	if (further)
		flap->edges[FLAP_EDGES - 1] = *now;
	else
		add_edge(flap, now);
	return !further;
}

static void
see(struct alert_table *table, struct alert_entry *a, enum alert_seen seen, const struct now *now)
{
	struct flap_state *flap = &a->flap;
	bool rises = seen != SEEN_END && a->found > a->found_was;

	(void)table;
	if (a->facts.event)
		return;
	if (seen == SEEN_STILL && a->found == a->found_was)
		return;
	a->changed = true;
	if (!is_turn(flap, rises, now))
		return;
	if (flap->phase != FLAP_STEADY) {
		flap->changes++;
		if (flap->phase == FLAP_OVER)
			flap->phase = FLAP_ON;
	} else if (rises && is_rhythm(flap)) {
		flap->phase = FLAP_BEGUN;
		flap->since = flap->edges[0];
		flap->changes = FLAP_EDGES;
	}
}

static void
reset(struct alert_entry *a)
{
	a->flap = (struct flap_state){.phase = FLAP_STEADY};
	a->changed = true;
}

/* What nobody was told of ends without a word. */
static void
begin(struct alert_table *table, const struct now *now)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (a->flap.phase == FLAP_STEADY || now->boot_ns - newest(a)->boot_ns < STEADY_NS)
			continue;
		if (a->flap.phase == FLAP_BEGUN || a->told == 0) {
			reset(a);
		} else if (a->flap.phase == FLAP_ON) {
			a->flap.phase = FLAP_OVER;
			a->changed = true;
		}
	}
}

static bool
pass(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	(void)table;
	(void)now;
	if (a->news == NEWS_FLAPPING)
		return a->flap.phase == FLAP_BEGUN;
	return a->news != NEWS_RESOLVE || a->flap.phase != FLAP_ON;
}

static void
tell(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	struct alert_facts *facts = &a->facts;

	(void)table;
	facts->flap = FLAP_NONE;
	if (a->news == NEWS_FLAPPING)
		facts->flap = FLAP_STARTED;
	else if (a->flap.phase == FLAP_OVER)
		facts->flap = FLAP_ENDED;
	else if (a->flap.phase == FLAP_ON && a->news == NEWS_STILL)
		facts->flap = FLAP_LASTS;
	if (facts->flap == FLAP_NONE)
		return;
	facts->count = a->flap.changes;
	facts->count_secs = (now->boot_ns - a->flap.since.boot_ns) / NS_PER_SEC;
	if (facts->flap == FLAP_ENDED)
		reset(a);
	else if (facts->flap == FLAP_STARTED)
		a->flap.phase = FLAP_ON;
}

static bool
remembers(const struct alert_table *table, const struct alert_entry *a, const struct now *now)
{
	(void)table;
	return a->flap.phase != FLAP_STEADY ||
	       (newest(a)->wall_ms != 0 && now->boot_ns - newest(a)->boot_ns < WINDOW_NS);
}

const struct alert_stage stage_flap = {.name = "flap",
    .words = "flapping",
    .see = see,
    .begin = begin,
    .pass = pass,
    .tell = tell,
    .remembers = remembers};
