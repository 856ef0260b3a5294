/*
 * The state machine of alerts: findings to notices. Findings are trusted to be of live series; that
 * they keep coming is not: an alert whose findings stop is resolved as gone.
 */
#include "alert/alert.h"

#include <math.h>

#include "alert/book.h"
#include "alert/dedup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define INTERVAL_DEFAULT_MS 10000
/* facts.worst is kept anew when it moved by this part of itself: not on every sample. */
#define WORST_STEP 0.01

/* Each may hold a notice back; the order is the semantics. */
static const struct alert_stage stages[] = {
    {"dedup", dedup_pass},
};

/* While an alert on the metric fires, alerts whose labels agree with its are not gone. */
static const struct {
	enum metric_id metric;
	const char *labels[METRIC_LABELS_MAX];
} unanswering[] = {
    {METRIC_DISK_STALE, {"mountpoint", "device"}},
};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static struct alert_entry *
open_entry(
    struct alert_book *book, uint64_t fingerprint, const struct finding *f, const struct series *s)
{
	struct alert_entry *a;

	if (f->state == FINDING_PENDING ? HASH_COUNT(book->entries) >= ALERTS_MAX
	                                : !book_make_room(book))
		return NULL;
	a = mem_zalloc(1, sizeof(*a));
	a->facts.fingerprint = fingerprint;
	str_copy(a->facts.rule, sizeof(a->facts.rule), f->rule);
	a->facts.metric = s->metric;
	a->facts.worst = NAN;
	book_insert(book, a);
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

static void
begin(struct alert_entry *a, const struct finding *f, const struct now *now)
{
	a->facts.since_wall_ms = now->wall_ms - (now->boot_ns - f->since_ns) / NS_PER_MS;
	if (a->facts.since_wall_ms < 0)
		a->facts.since_wall_ms = 0;
	a->facts.resolved_wall_ms = 0;
	a->facts.gone = false;
}

/* The alert fires at this level now. */
static void
fire(struct alert_book *book, struct alert_entry *a, const struct finding *f, const struct now *now)
{
	enum severity before = a->state == ALERT_FIRING ? a->facts.severity : SEV_NONE;

	if (a->state != ALERT_FIRING)
		begin(a, f, now);
	a->state = ALERT_FIRING;
	a->facts.severity = f->severity;
	if (f->severity == before)
		return;
	a->changed = true;
	if (a->announced > f->severity)
		a->announced = f->severity;
	if (a->announced < f->severity)
		dedup_fired(&book->conf, a, now);
}

static void
add_notice(struct alert_entry *a, enum notice_kind kind, int channel, const struct now *now,
    struct notices *out)
{
	struct notice *n = notice_new(kind, channel, 1);

	n->severity = a->facts.severity;
	n->created_wall_ms = now->wall_ms;
	n->created_boot_ns = now->boot_ns;
	n->facts[0] = a->facts;
	notices_add(out, n);
}

static void
announce(struct alert_book *book, struct alert_entry *a, const struct now *now, struct notices *out)
{
	dedup_sent(&book->conf, a, now);
	for (size_t i = 0; i < book->channel_count; i++) {
		const struct alert_channel *c = &book->channels[i];

		if ((c->severities & SEV_BIT(a->facts.severity)) == 0)
			continue;
		add_notice(a, NOTICE_FIRE, c->id, now, out);
		a->told |= 1u << c->id;
	}
	log_debug("alert %s fires: %s, told %#x", a->facts.rule, severity_name(a->facts.severity),
	    a->told);
	a->announced = a->facts.severity;
	a->changed = true;
}

/* A firing alert that its channels have not heard of, or want to be reminded of. */
static void
consider(struct alert_book *book, struct alert_entry *a, const struct now *now, struct notices *out)
{
	int64_t repeat_ns = book->conf.repeat_secs * NS_PER_SEC;

	if (a->announced >= a->facts.severity) {
		const struct now *sent = &a->fired[a->facts.severity].sent;

		if (repeat_ns == 0 || now->boot_ns - sent->boot_ns < repeat_ns)
			return;
	}
	for (size_t i = 0; i < LEN(stages); i++) {
		if (!stages[i].pass(&book->conf, a, now))
			return;
	}
	announce(book, a, now, out);
}

static void
resolve(struct alert_book *book, struct alert_entry *a, bool gone, const struct now *now,
    struct notices *out)
{
	a->facts.resolved_wall_ms = now->wall_ms > 0 ? now->wall_ms : 1;
	a->facts.gone = gone;
	a->facts.count = 1;
	a->facts.count_secs = 0;
	for (size_t i = 0; book->conf.recovery_enabled && i < book->channel_count; i++) {
		if ((a->told & 1u << book->channels[i].id) != 0)
			add_notice(a, NOTICE_RESOLVE, book->channels[i].id, now, out);
	}
	a->state = ALERT_RESOLVED;
	a->announced = SEV_NONE;
	a->told = 0;
	a->facts.worst = NAN;
	a->changed = true;
}

static void
clear(struct alert_book *book, struct alert_entry *a, const struct finding *f,
    const struct now *now, struct notices *out)
{
	if (a->state == ALERT_FIRING) {
		a->facts.value = f->value;
		resolve(book, a, false, now, out);
	} else if (a->state == ALERT_PENDING) {
		book_forget(book, a);
	}
}

static void
take_finding(struct alert_book *book, const struct finding *f, const struct series *s,
    const struct now *now, struct notices *out)
{
	uint64_t fingerprint = fingerprint_of(f->rule, s);
	struct alert_entry *a = book_find(book, fingerprint);

	if (f->state == FINDING_CLEAR) {
		if (a != NULL)
			clear(book, a, f, now, out);
		return;
	}
	if (a == NULL)
		a = open_entry(book, fingerprint, f, s);
	if (a == NULL)
		return;
	a->interval_ms = f->interval_ms > 0 ? f->interval_ms : INTERVAL_DEFAULT_MS;
	a->unseen_ns = 0;
	if (a->state == ALERT_RESOLVED && f->state == FINDING_PENDING)
		return; /* remembered for its window; it has not fired again yet */
	refresh_facts(a, f, s);
	if (f->state == FINDING_FIRING) {
		fire(book, a, f, now);
		consider(book, a, now, out);
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
is_excused(const struct alert_book *book, const struct alert_entry *a)
{
	const struct alert_entry *b, *next;

	HASH_ITER (hh, book->entries, b, next) {
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
grow_older(struct alert_book *book, const struct now *now)
{
	int64_t passed = book->applied_ns == 0 ? 0 : now->boot_ns - book->applied_ns;
	struct alert_entry *a, *next;

	HASH_ITER (hh, book->entries, a, next) {
		int64_t interval_ns = a->interval_ms * NS_PER_MS;

		a->unseen_ns += passed < interval_ns ? passed : interval_ns;
	}
	book->applied_ns = now->boot_ns;
}

/* Resolves what is gone and forgets what nothing is to be remembered of. */
static void
sweep(struct alert_book *book, const struct now *now, struct notices *out)
{
	struct alert_entry *a, *next;

	HASH_ITER (hh, book->entries, a, next) {
		bool gone = a->unseen_ns >= GONE_INTERVALS * a->interval_ms * NS_PER_MS;

		if (a->state == ALERT_PENDING && gone) {
			book_forget(book, a);
		} else if (a->state == ALERT_FIRING && gone) {
			if (is_excused(book, a))
				a->unseen_ns = 0;
			else
				resolve(book, a, true, now, out);
		} else if (a->state == ALERT_RESOLVED && !dedup_remembers(&book->conf, a, now)) {
			book_forget(book, a);
		}
	}
}

void
alert_apply(struct alert_book *book, const struct findings *findings,
    const struct series_table *table, const struct now *now, struct notices *out)
{
	grow_older(book, now);
	for (size_t i = 0; i < findings->len; i++) {
		const struct finding *f = &findings->items[i];

		if (f->series < series_capacity(table))
			take_finding(book, f, series_at(table, f->series), now, out);
	}
	sweep(book, now, out);
}

void
alert_again(struct alert_book *book, uint64_t fingerprint, int channel, const struct now *now,
    struct notices *out)
{
	struct alert_entry *a = book_find(book, fingerprint);

	if (a != NULL && a->state == ALERT_FIRING && (a->told & 1u << channel) != 0)
		add_notice(a, NOTICE_FIRE, channel, now, out);
}
