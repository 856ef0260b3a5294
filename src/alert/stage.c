/*
 * The table of stages, and the walk of a cycle's news through it: stage by stage, not alert by
 * alert, so that a stage sees all that the stages before it let through.
 */
#include "alert/stage.h"

#include <stdlib.h>

#include "alert/make_notices.h"

#define STAGES(X) X(silence) X(escalate) X(dedup) X(flap) X(inhibit) X(group)

#define X(name) extern const struct alert_stage stage_##name;
STAGES(X)
#undef X

#define X(name) &stage_##name,
static const struct alert_stage *const stages[] = {STAGES(X)};
#undef X

#define STAGE_COUNT (sizeof(stages) / sizeof(stages[0]))

void
stage_see(
    struct alert_table *table, struct alert_entry *a, enum alert_seen seen, const struct now *now)
{
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		if (stages[i]->see != NULL)
			stages[i]->see(table, a, seen, now);
	}
}

bool
stage_remembers(const struct alert_table *table, const struct alert_entry *a, const struct now *now)
{
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		if (stages[i]->remembers != NULL && stages[i]->remembers(table, a, now))
			return true;
	}
	return false;
}

/* Whatever level it was told at last: down from there is no news. */
static bool
is_reminder_due(const struct alert_table *table, const struct alert_entry *a, const struct now *now)
{
	int64_t repeat_ns = table->conf.repeat_secs * NS_PER_SEC;

	if (repeat_ns == 0)
		return false;
	for (int severity = 0; severity < SEV_COUNT; severity++) {
		const struct now *sent = &a->fired[severity].sent;

		if (sent->wall_ms != 0 && now->boot_ns - sent->boot_ns < repeat_ns)
			return false;
	}
	return true;
}

static enum alert_news
news_of(const struct alert_table *table, const struct alert_entry *a, const struct now *now)
{
	if (a->state == ALERT_PENDING)
		return NEWS_NONE;
	if (a->flap.phase == FLAP_BEGUN)
		return NEWS_FLAPPING;
	if (a->state == ALERT_RESOLVED)
		return (a->told | a->brief) != 0 ? NEWS_RESOLVE : NEWS_NONE;
	if (a->flap.phase == FLAP_OVER)
		return NEWS_SETTLED;
	if (a->announced < a->facts.severity)
		return NEWS_FIRE;
	if (is_reminder_due(table, a, now))
		return NEWS_STILL;
	return alert_table_unaware(table, a) != 0 ? NEWS_LATE : NEWS_NONE;
}

/* It has not come to the group stage, or has no news any more. */
static void
take_back(struct alert_entry *a)
{
	if (a->due.wall_ms != 0)
		a->changed = true;
	a->due = (struct now){.wall_ms = 0};
}

static int
compare(const void *left, const void *right)
{
	const struct alert_entry *a = *(struct alert_entry *const *)left;
	const struct alert_entry *b = *(struct alert_entry *const *)right;

	if (a->facts.subject.order != b->facts.subject.order)
		return a->facts.subject.order - b->facts.subject.order;
	return a->facts.fingerprint < b->facts.fingerprint ? -1 : 1;
}

static void
gather_news(struct alert_table *table, const struct now *now)
{
	struct alert_entry *a, *next;

	table->news_count = 0;
	HASH_ITER (hh, table->entries, a, next) {
		a->news = news_of(table, a, now);
		a->held_by = NULL;
		if (a->state != ALERT_FIRING) {
			a->changed = a->changed || a->inhibitor != 0;
			a->inhibitor = 0;
		}
		if (a->news != NEWS_NONE) {
			table->news[table->news_count++] = a;
			continue;
		}
		a->changed = a->changed || a->silenced;
		a->silenced = false;
		take_back(a);
	}
	/* Not in the order of the table, which a restart changes. */
	if (table->news_count > 1)
		qsort(table->news, table->news_count, sizeof(struct alert_entry *), compare);
}

static void
run_stage(struct alert_table *table, const struct alert_stage *stage, const struct now *now)
{
	size_t kept = 0;

	if (stage->begin != NULL)
		stage->begin(table, now);
	for (size_t i = 0; stage->pass != NULL && i < table->news_count; i++) {
		struct alert_entry *a = table->news[i];

		if (stage->pass(table, a, now)) {
			table->news[kept++] = a;
			continue;
		}
		a->held_by = stage;
		if (stage != stages[STAGE_COUNT - 1])
			take_back(a);
	}
	if (stage->pass != NULL)
		table->news_count = kept;
}

void
stage_run(struct alert_table *table, const struct now *now, struct notices *out)
{
	gather_news(table, now);
	for (size_t i = 0; i < STAGE_COUNT; i++)
		run_stage(table, stages[i], now);
	for (size_t i = 0; i < STAGE_COUNT; i++) {
		for (size_t n = 0; stages[i]->tell != NULL && n < table->news_count; n++)
			stages[i]->tell(table, table->news[n], now);
	}
	make_notices_all(table, now, out);
}
