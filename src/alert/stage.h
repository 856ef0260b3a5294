/*
 * What stands between the state of an alert and its notice. A stage is one file with one row; the
 * order of the rows is the semantics:
 *
 *   silence   nobody wants to hear of it now
 *   escalate  raises the level of what lasts
 *   dedup     the same alert was told a moment ago
 *   flap      it fires and clears again and again, which was told
 *   inhibit   it is the consequence of another alert, which names it
 *   group     more of its kind may come in a moment
 *
 * Rate limits come after these, in the outbox (outbox/quota.h): only there is it known what already
 * waits for the same channel.
 *
 * Stages hold news of an alert, never a notice: held news is worked out anew each cycle, so an
 * alert that ends while held leaves nothing behind, and a restart finds all of it in the alert.
 */
#ifndef ALERT_STAGE_H
#define ALERT_STAGE_H

#include "alert/alert_table.h"

enum alert_seen {
	SEEN_FIRE,  /* it fires, and did not before */
	SEEN_STILL, /* it fires as before, at this level or another */
	SEEN_END,
};

/* Every function may be NULL. */
struct alert_stage {
	const char *name;
	const char *words; /* what news is that waits here, for people; NULL: none waits here */
	/* A finding came; the entry is up to date. It may change it: flapping, escalation. */
	void (*see)(struct alert_table *table, struct alert_entry *a, enum alert_seen seen,
	    const struct now *now);
	/* Before the passes of a cycle: table->news is what the stages before let through. */
	void (*begin)(struct alert_table *table, const struct now *now);
	/* False: the news waits, and is asked about again next cycle. */
	bool (*pass)(struct alert_table *table, struct alert_entry *a, const struct now *now);
	/* The news leaves now; may still add to its facts. */
	void (*tell)(struct alert_table *table, struct alert_entry *a, const struct now *now);
	/* Something of a resolved alert matters still: it must not be forgotten. */
	bool (*remembers)(
	    const struct alert_table *table, const struct alert_entry *a, const struct now *now);
};

void stage_see(
    struct alert_table *table, struct alert_entry *a, enum alert_seen seen, const struct now *now);
bool stage_remembers(
    const struct alert_table *table, const struct alert_entry *a, const struct now *now);

/* One cycle: all news through all stages; what passes becomes notices. */
void stage_run(struct alert_table *table, const struct now *now, struct notices *out);

#endif
