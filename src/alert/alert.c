/*
 * The state machine of alerts: findings to notices. Findings are trusted to be of live series; that
 * they keep coming is not: an alert whose findings stop is resolved as gone.
 */
#include "alert/alert.h"

#include <math.h>

#include "alert/stage.h"
#include "alert/make_notices.h"
#include "base/mem.h"
#include "base/str.h"

#define INTERVAL_DEFAULT_MS 10000
/* facts.worst is kept anew when it moved by this part of itself: not on every sample. */
#define WORST_STEP 0.01

/* While an alert on the metric fires, alerts whose labels agree with its are not gone. */
static const struct {
	enum metric_id metric;
	const char *labels[METRIC_LABELS_MAX];
} unanswering[] = {
    {METRIC_DISK_STALE, {"mountpoint", "device"}},
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static struct alert_entry *
open_entry(struct alert_table *table, uint64_t fingerprint, const struct finding *f,
    const struct series *s)
{
	struct alert_entry *a;

	if (f->state == FINDING_PENDING ? HASH_COUNT(table->entries) >= ALERTS_MAX
	                                : !alert_table_make_room(table))
		return NULL;
	a = mem_zalloc(1, sizeof(*a));
	a->facts.fingerprint = fingerprint;
	str_copy(a->facts.rule, sizeof(a->facts.rule), f->rule);
	a->facts.metric = s->metric;
	a->facts.worst = NAN;
	alert_table_insert(table, a);
	return a;
}

/* The further value on the bad side; where no side is, the newer. */
static double
worse(enum rule_op op, double a, double b)
{
	switch (op) {
	case OP_GE:
	case OP_GT:
		return fmax(a, b);
	case OP_LE:
	case OP_LT:
		return fmin(a, b);
	default:
		return isnan(b) ? a : b;
	}
}

static void
refresh_facts(struct alert_entry *a, const struct finding *f, const struct series *s)
{
	struct alert_facts *facts = &a->facts;

	label_set_from_series(&facts->labels, s);
	facts->value = f->value;
	facts->limit = f->limit;
	facts->op = f->op;
	facts->eta_secs = f->eta_secs;
	facts->worst = worse(f->op, facts->worst, f->value);
	str_copy(facts->message, sizeof(facts->message), f->words);
	if (isfinite(facts->worst) &&
	    !(fabs(facts->worst - a->kept_worst) <= fabs(a->kept_worst) * WORST_STEP))
		a->changed = true;
}

/* Its channels still believe in an earlier firing: this one goes on with it. */
static bool
goes_on(const struct alert_entry *a)
{
	return a->state == ALERT_RESOLVED && (a->told != 0 || a->flap.phase != FLAP_STEADY);
}

static void
begin(struct alert_entry *a, const struct finding *f, const struct now *now)
{
	struct alert_facts *facts = &a->facts;

	facts->resolved_wall_ms = 0;
	facts->gone = false;
	a->brief = 0;
	if (goes_on(a))
		return;
	facts->since_wall_ms = now->wall_ms - (now->boot_ns - f->since_ns) / NS_PER_MS;
	if (facts->since_wall_ms < 0)
		facts->since_wall_ms = 0;
	if (a->state == ALERT_RESOLVED)
		facts->worst = f->value;
	facts->also[0] = '\0';
	facts->also_count = 0;
}

/* The alert fires at this level now. */
static void
fire(struct alert_table *table, struct alert_entry *a, const struct finding *f,
    const struct now *now)
{
	bool fired = a->state == ALERT_FIRING;

	if (!fired)
		begin(a, f, now);
	a->was = fired ? a->facts.severity : SEV_NONE;
	a->found_was = fired ? a->found : SEV_NONE;
	a->state = ALERT_FIRING;
	a->found = a->facts.severity = f->severity;
	stage_see(table, a, fired ? SEEN_STILL : SEEN_FIRE, now);
	if (a->facts.severity == a->was)
		return;
	a->changed = true;
	/* Back up again will be news; but not while it goes up and down all the time. */
	if (a->announced > a->facts.severity && a->flap.phase == FLAP_STEADY)
		a->announced = a->facts.severity;
}

static void
end(struct alert_table *table, struct alert_entry *a, bool gone, const struct now *now)
{
	/* Its firing waits for its group, to be told next. */
	bool leaving =
	    a->due.wall_ms != 0 && a->announced < a->facts.severity && a->flap.phase != FLAP_BEGUN;

	a->facts.resolved_wall_ms = now->wall_ms > 0 ? now->wall_ms : 1;
	a->facts.gone = gone;
	a->was = a->facts.severity;
	a->state = ALERT_RESOLVED;
	if (leaving)
		a->brief = alert_table_takers(table, a->facts.severity) & ~a->told;
	if ((a->told | a->brief) == 0)
		a->announced = SEV_NONE;
	stage_see(table, a, SEEN_END, now);
	a->changed = true;
}

static void
clear(struct alert_table *table, struct alert_entry *a, const struct finding *f,
    const struct now *now)
{
	if (a->state == ALERT_FIRING) {
		a->facts.value = f->value;
		end(table, a, false, now);
	} else if (a->state == ALERT_PENDING) {
		alert_table_forget(table, a);
	}
}

static void
take_finding(struct alert_table *table, const struct finding *f, const struct series *s,
    const struct now *now)
{
	uint64_t fingerprint = fingerprint_of(f->rule, s);
	struct alert_entry *a = alert_table_find(table, fingerprint);

	if (f->state == FINDING_CLEAR) {
		if (a != NULL)
			clear(table, a, f, now);
		return;
	}
	if (a == NULL)
		a = open_entry(table, fingerprint, f, s);
	if (a == NULL)
		return;
	a->interval_ms = f->interval_ms > 0 ? f->interval_ms : INTERVAL_DEFAULT_MS;
	a->unseen_ns = 0;
	if (a->state == ALERT_RESOLVED && f->state == FINDING_PENDING)
		return; /* remembered for its window; it has not fired again yet */
	refresh_facts(a, f, s);
	if (f->state == FINDING_FIRING) {
		fire(table, a, f, now);
	} else if (a->state == ALERT_PENDING) {
		begin(a, f, now);
		a->facts.severity = f->severity;
	}
}

static const char *
value_of(const struct label_set *set, const char *key)
{
	for (size_t i = 0; i < set->count; i++) {
		if (str_eq(set->keys[i], key))
			return label_set_value(set, i);
	}
	return NULL;
}

static bool
labels_agree(const struct alert_entry *a, const struct alert_entry *b, const char *const keys[])
{
	for (size_t i = 0; i < METRIC_LABELS_MAX && keys[i] != NULL; i++) {
		const char *left = value_of(&a->facts.labels, keys[i]);
		const char *right = value_of(&b->facts.labels, keys[i]);

		if (left == NULL || right == NULL || !str_eq(left, right))
			return false;
	}
	return true;
}

/* What the alert is about is known not to answer: no findings of it mean nothing. */
static bool
is_excused(const struct alert_table *table, const struct alert_entry *a)
{
	const struct alert_entry *b, *next;

	HASH_ITER (hh, table->entries, b, next) {
		for (size_t i = 0; i < LEN(unanswering); i++) {
			if (b != a && b->state == ALERT_FIRING &&
			    b->facts.metric == unanswering[i].metric &&
			    a->facts.metric != unanswering[i].metric &&
			    labels_agree(a, b, unanswering[i].labels))
				return true;
		}
	}
	return false;
}

/* Ages every alert by the time since the last cycle, but by at most one of its own intervals: after
 * a suspend or a stall its collector has had no more than one chance. */
static void
grow_older(struct alert_table *table, const struct now *now)
{
	int64_t passed = table->applied_ns == 0 ? 0 : now->boot_ns - table->applied_ns;
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		int64_t interval_ns = a->interval_ms * NS_PER_MS;

		a->unseen_ns += passed < interval_ns ? passed : interval_ns;
	}
	table->applied_ns = now->boot_ns;
}

/* What has had no finding for too long is gone. */
static void
sweep(struct alert_table *table, const struct now *now)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (a->unseen_ns < GONE_INTERVALS * a->interval_ms * NS_PER_MS)
			continue;
		if (a->state == ALERT_PENDING) {
			alert_table_forget(table, a);
		} else if (a->state == ALERT_FIRING) {
			if (is_excused(table, a))
				a->unseen_ns = 0;
			else
				end(table, a, true, now);
		}
	}
}

/* Forgets ended alerts of which nothing is to be told or remembered. */
static void
forget(struct alert_table *table, const struct now *now)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (a->state == ALERT_RESOLVED && (a->told | a->brief) == 0 &&
		    !stage_remembers(table, a, now))
			alert_table_forget(table, a);
	}
}

void
alert_apply(struct alert_table *table, const struct findings *findings,
    const struct series_table *series, const struct now *now, struct notices *out)
{
	grow_older(table, now);
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *f = &findings->items[i];

		if (f->series < series_capacity(series))
			take_finding(table, f, series_at(series, f->series), now);
	}
	sweep(table, now);
	stage_run(table, now, out);
	forget(table, now);
}

void
alert_again(struct alert_table *table, uint64_t fingerprint, int channel, const struct now *now,
    struct notices *out)
{
	struct alert_entry *a = alert_table_find(table, fingerprint);

	if (a == NULL || a->state != ALERT_FIRING || (a->told & 1u << channel) == 0)
		return;
	a->news = NEWS_FIRE;
	make_notices_one(a, channel, now, out);
}
