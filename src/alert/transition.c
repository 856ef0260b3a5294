/*
 * The state machine of alerts: what a finding, or its absence, makes of one. That findings keep
 * coming is not trusted: an alert whose findings stop is resolved as gone.
 */
#include "alert/transition.h"

#include <math.h>

#include "alert/alert_log.h"
#include "alert/stage.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

#define INTERVAL_DEFAULT_MS 10000
/* facts.worst is kept anew when it moved by this part of itself: not on every sample. */
#define WORST_STEP 0.01

double
transition_worse(enum rule_op op, double older, double newer)
{
	switch (op) {
	case OP_GE:
	case OP_GT:
		return fmax(older, newer);
	case OP_LE:
	case OP_LT:
		return fmin(older, newer);
	default:
		return isnan(newer) ? older : newer;
	}
}

static void
refresh_facts(struct alert_entry *a, const struct finding *f)
{
	struct alert_facts *facts = &a->facts;

	facts->value = f->value;
	facts->limit = f->limit;
	facts->op = f->op;
	facts->eta_secs = f->eta_secs;
	facts->worst = transition_worse(f->op, facts->worst, f->value);
	str_copy(facts->message, sizeof(facts->message), f->words == NULL ? "" : f->words);
	if (isfinite(facts->worst) &&
	    !(fabs(facts->worst - a->kept_worst) <= fabs(a->kept_worst) * WORST_STEP))
		a->changed = true;
}

static int64_t
interval_of(const struct finding *f)
{
	return f->interval_ms > 0 ? f->interval_ms : INTERVAL_DEFAULT_MS;
}

static int64_t
patience_of(const struct finding *f)
{
	return f->event ? f->quiet_ms : GONE_INTERVALS * interval_of(f);
}

static struct alert_entry *
new_entry(uint64_t fingerprint, const struct finding *f)
{
	struct alert_entry *a = mem_zalloc(1, sizeof(*a));

	a->facts.fingerprint = fingerprint;
	str_copy(a->facts.rule, sizeof(a->facts.rule), f->rule);
	subject_describe(&f->subject, &a->facts.subject);
	a->facts.event = f->event;
	a->facts.worst = NAN;
	return a;
}

/* Nobody is told of it, but the log is, once. */
static void
turn_away(
    struct alert_table *table, uint64_t fingerprint, const struct finding *f, const struct now *now)
{
	struct alert_entry *a;

	if (!waiting_note(&table->waiting, fingerprint, patience_of(f) * NS_PER_MS, now->boot_ns))
		return;
	a = new_entry(fingerprint, f);
	a->facts.severity = f->severity;
	refresh_facts(a, f);
	alert_log_no_room(a);
	mem_free(a);
}

/* NULL: there is no room. */
static struct alert_entry *
open_entry(
    struct alert_table *table, uint64_t fingerprint, const struct finding *f, const struct now *now)
{
	bool fires = f->state == FINDING_FIRING;
	struct alert_entry *a;

	if (fires ? !alert_table_make_room(table) : !alert_table_has_room(table)) {
		if (fires)
			turn_away(table, fingerprint, f, now);
		return NULL;
	}
	a = new_entry(fingerprint, f);
	alert_table_insert(table, a);
	return a;
}

/*
 * Its channels still believe in an earlier firing: this one goes on with it. An event that happens
 * once more has happened once more.
 */
static bool
goes_on(const struct alert_entry *a)
{
	return a->state == ALERT_RESOLVED && !a->facts.event &&
	       (a->told != 0 || a->flap.phase != FLAP_STEADY);
}

static void
begin(struct alert_table *table, struct alert_entry *a, const struct finding *f,
    const struct now *now)
{
	struct alert_facts *facts = &a->facts;

	facts->resolved = (struct now){.wall_ms = 0};
	facts->gone = facts->unwatched = false;
	a->brief = 0;
	if (goes_on(a))
		return;
	facts->since = clock_at(f->since_ns, now);
	if (a->state == ALERT_RESOLVED)
		facts->worst = f->value;
	str_copy(facts->case_host, sizeof(facts->case_host), table->hostname);
	facts->case_key = 0;
	a->events = 0;
	a->announced = SEV_NONE;
	facts->told_levels = 0;
	a->cause[0] = '\0';
	facts->also[0] = '\0';
	facts->also_count = 0;
}

/* The alert fires at this level now. */
static void
fire(struct alert_table *table, struct alert_entry *a, const struct finding *f,
    const struct now *now)
{
	bool fired = a->state == ALERT_FIRING;
	enum flap_phase flapped = a->flap.phase;

	if (!fired)
		begin(table, a, f, now);
	a->was = fired ? a->facts.severity : SEV_NONE;
	a->found_was = fired ? a->found : SEV_NONE;
	a->state = ALERT_FIRING;
	a->events++;
	a->found = a->facts.severity = f->severity;
	stage_see(table, a, fired ? SEEN_STILL : SEEN_FIRE, now);
	/* How often an event happened is told at its end: it must not be lost in a restart. */
	if (a->facts.event)
		a->changed = true;
	if (a->facts.severity == a->was)
		return;
	alert_log_level(a, flapped);
	a->changed = true;
	/* Back up again will be news; but not while it goes up and down all the time. */
	if (a->announced > a->facts.severity && a->flap.phase == FLAP_STEADY)
		a->announced = a->facts.severity;
}

/* Its firing waits for its group, to be told next. */
static bool
is_leaving(const struct alert_entry *a)
{
	return a->due.wall_ms != 0 && a->announced < a->facts.severity &&
	       a->flap.phase != FLAP_BEGUN;
}

static void
end(struct alert_table *table, struct alert_entry *a, const struct now *now)
{
	bool leaving = is_leaving(a);
	enum flap_phase flapped = a->flap.phase;

	a->facts.resolved = *now;
	a->facts.resolved.wall_ms = num_max(1, now->wall_ms);
	a->was = a->facts.severity;
	a->state = ALERT_RESOLVED;
	if (a->facts.event) /* people are not told that it has not happened again */
		a->told &= alert_table_end_hearers(table, a);
	else if (leaving)
		a->brief = alert_table_unaware(table, a);
	if ((a->told | a->brief) == 0)
		a->announced = SEV_NONE;
	stage_see(table, a, SEEN_END, now);
	alert_log_end(a, flapped);
	a->changed = true;
}

static void
clear(struct alert_table *table, struct alert_entry *a, const struct finding *f,
    const struct now *now)
{
	if (a->state == ALERT_FIRING) {
		a->facts.value = f->value;
		end(table, a, now);
	} else if (a->state == ALERT_PENDING) {
		alert_table_forget(table, a);
	}
}

void
transition_take_finding(struct alert_table *table, const struct finding *f, const struct now *now)
{
	uint64_t fingerprint = fingerprint_of(f->rule, f->subject.hash);
	struct alert_entry *a = alert_table_find(table, fingerprint);

	if (f->state == FINDING_CLEAR) {
		waiting_forget(&table->waiting, fingerprint);
		if (a != NULL)
			clear(table, a, f, now);
		return;
	}
	if (a == NULL)
		a = open_entry(table, fingerprint, f, now);
	if (a == NULL)
		return;
	a->interval_ms = interval_of(f);
	a->unseen_ns = 0;
	a->doubted = false;
	if (a->state == ALERT_RESOLVED && f->state == FINDING_PENDING)
		return; /* remembered for its window; it has not fired again yet */
	a->quiet_ms = f->quiet_ms;
	refresh_facts(a, f);
	if (f->state == FINDING_FIRING) {
		fire(table, a, f, now);
	} else if (a->state == ALERT_PENDING) {
		begin(table, a, f, now);
		a->facts.severity = f->severity;
	}
}

void
transition_grow_older(struct alert_table *table, const struct now *now)
{
	int64_t passed = table->applied_ns == 0 ? 0 : now->boot_ns - table->applied_ns;
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		int64_t interval_ns = a->interval_ms * NS_PER_MS;

		a->unseen_ns += num_min(passed, interval_ns);
	}
	table->applied_ns = now->boot_ns;
}

/* It has had no finding for too long. */
static bool
is_silent(const struct alert_entry *a)
{
	int64_t patience_ms = a->facts.event ? a->quiet_ms : GONE_INTERVALS * a->interval_ms;

	return a->unseen_ns >= patience_ms * NS_PER_MS;
}

/* Somebody is still to hear of the event: its group or its dedup window holds it, or it is new. */
static bool
is_untold(const struct alert_entry *a)
{
	return a->announced < a->facts.severity && !a->silenced && a->inhibitor == 0;
}

static enum alert_quiet
why_quiet(const struct alert_round *round, const struct alert_entry *a)
{
	enum alert_quiet why = ALERT_GONE;

	if (round->why_quiet != NULL)
		why = round->why_quiet(round->why_quiet_arg, &a->facts);
	/* Of what was seen until the configuration changed, and never since, that is why. */
	return why == ALERT_GONE && a->doubted ? ALERT_UNWATCHED : why;
}

static void
end_quiet(
    struct alert_table *table, struct alert_entry *a, enum alert_quiet why, const struct now *now)
{
	if (a->facts.event && is_untold(a))
		return;
	a->facts.gone = !a->facts.event;
	if (a->facts.gone)
		a->facts.value =
		    NAN; /* what it was is no value any more; facts.worst has the worst */
	a->facts.unwatched = a->facts.gone && why == ALERT_UNWATCHED;
	end(table, a, now);
}

void
transition_end_silent(struct alert_table *table, const struct alert_round *round)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		enum alert_quiet why;

		if (!is_silent(a) || a->state == ALERT_RESOLVED)
			continue;
		why = why_quiet(round, a);
		if (why == ALERT_HELD)
			a->unseen_ns = 0;
		else if (a->state == ALERT_PENDING)
			alert_table_forget(table, a);
		else
			end_quiet(table, a, why, round->now);
	}
}

void
transition_forget_ended(struct alert_table *table, const struct now *now)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, table->entries, a, next) {
		if (a->state == ALERT_RESOLVED && (a->told | a->brief) == 0 &&
		    !stage_remembers(table, a, now))
			alert_table_forget(table, a);
	}
}
