/*
 * Values past a limit. For each (rule, series) two levels, warn and critical, each with the time of
 * its first violating sample: a level fires when that is for_ms ago, and stops only past the
 * hysteresis band. Which rules watch a series is worked out once a tenant; feeding a sample is then
 * a few comparisons. A gap in the samples makes a pending level start again; a firing one only when
 * it is so long that its alert was ended as gone.
 */
#include <math.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "detect/detector.h"

#define NONE UINT32_MAX
#define NEVER INT64_MIN
#define LEVELS 2
#define RESTORED_MAX 4096
/* A series that appears later than this after the start is not the one that was firing. */
#define RESTORE_NS (3600 * NS_PER_SEC)
#define AGE_MAX_MS (10LL * 366 * 86400 * 1000)
/* Cells for each place of the series table, on average; only those in use cost memory. */
#define CELLS_A_SERIES 2

static const enum severity level_severity[LEVELS] = {SEV_WARN, SEV_CRITICAL};

/* State of one (rule, series). */
struct cell {
	uint32_t next; /* of the same series, or free */
	uint16_t rule;
	bool opposite_seen; /* a fine value was seen since start */
	bool told;          /* the last finding out was not FINDING_CLEAR */
	enum severity firing;
	uint32_t last_cycle;
	int64_t last_ns;          /* newest sample */
	int64_t fired_ns;         /* newest one while firing, or NEVER */
	int64_t since_ns[LEVELS]; /* first violating sample, or NEVER */
};

struct slot {
	uint32_t gen, head;
};

/* An alert from before the start whose series has not been seen yet. */
struct restored {
	uint64_t fingerprint;
	enum severity severity;
	int64_t since_wall_ms;
};

struct threshold {
	const struct rule_set *rules;
	struct slot *slots;
	struct cell *cells;
	const struct series_table *table;
	uint32_t cell_count, used, unused; /* unused: head of the given-back ones */
	uint32_t cycle;                    /* moments with samples so far */
	struct restored *restored;
	size_t restored_count;
	bool late; /* some were restored after the first sample: their series may be there */
	struct now first, now; /* of the first sample and the newest; boot_ns 0: none yet */
	bool full_said;
};

static void *
make(const struct detector_setup *setup)
{
	uint32_t capacity = series_capacity(setup->table);
	struct threshold *t = mem_zalloc(1, sizeof(*t));

	t->rules = setup->rules;
	t->table = setup->table;
	t->slots = mem_zalloc(capacity, sizeof(*t->slots));
	t->cell_count = capacity * CELLS_A_SERIES;
	t->cells = mem_zalloc(t->cell_count, sizeof(*t->cells));
	t->unused = NONE;
	t->restored = mem_zalloc(RESTORED_MAX, sizeof(*t->restored));
	return t;
}

static void
drop(void *self)
{
	struct threshold *t = self;

	mem_free(t->slots);
	mem_free(t->cells);
	mem_free(t->restored);
	mem_free(t);
}

static void
restore(void *self, const struct alert_facts *facts)
{
	struct threshold *t = self;

	if (facts->severity == SEV_NONE || t->restored_count == RESTORED_MAX)
		return;
	if (t->first.boot_ns != 0) {
		t->late = true;
		t->first.boot_ns = 0;
	}
	t->restored[t->restored_count++] =
	    (struct restored){facts->fingerprint, facts->severity, facts->since_wall_ms};
}

static uint32_t
take_cell(struct threshold *t)
{
	uint32_t i = t->unused;

	if (i != NONE)
		t->unused = t->cells[i].next;
	else if (t->used < t->cell_count)
		i = t->used++;
	return i;
}

static void
give_back(struct threshold *t, uint32_t head)
{
	while (head != NONE) {
		uint32_t next = t->cells[head].next;

		t->cells[head].next = t->unused;
		t->unused = head;
		head = next;
	}
}

static double
limit_of(const struct rule *rule, int level)
{
	return level_severity[level] == SEV_CRITICAL ? rule->critical : rule->warn;
}

/*
 * Up to the start by wall time, the only clock that survives a boot; a damaged or stepped one
 * counts as now. From then on by boot time: where the clock is set late, it is soon after a boot.
 */
static int64_t
age_ns(const struct threshold *t, const struct restored *r)
{
	int64_t ms = t->first.wall_ms - r->since_wall_ms;

	return (ms < 0 || ms > AGE_MAX_MS ? 0 : ms * NS_PER_MS) + t->now.boot_ns - t->first.boot_ns;
}

/* If this (rule, series) was firing before the start, it is firing now. */
static void
resume(struct threshold *t, struct cell *c, const struct detector_input *in)
{
	uint64_t fingerprint;

	if (in->now.boot_ns - t->first.boot_ns > RESTORE_NS)
		t->restored_count = 0;
	if (t->restored_count == 0) {
		t->late = false;
		return;
	}
	fingerprint = fingerprint_of(t->rules->items[c->rule].name, in->series);
	for (size_t i = 0; i < t->restored_count; i++) {
		struct restored *r = &t->restored[i];

		if (r->fingerprint != fingerprint)
			continue;
		c->firing = r->severity;
		c->told = true;
		for (int level = 0; level < LEVELS; level++) {
			if (level_severity[level] <= r->severity)
				c->since_ns[level] = in->now.boot_ns - age_ns(t, r);
		}
		*r = t->restored[--t->restored_count];
		return;
	}
}

/* A new tenant: finds its rules and starts their state afresh. */
static void
settle(struct threshold *t, struct slot *slot, const struct detector_input *in)
{
	uint16_t rules[RULES_A_SERIES_MAX];
	size_t n = rules_match(t->rules, in->series, rules);

	if (slot->gen != 0)
		give_back(t, slot->head);
	*slot = (struct slot){.gen = in->series->gen, .head = NONE};
	while (n-- > 0) {
		uint32_t i = take_cell(t);

		if (i == NONE) {
			if (!t->full_said)
				log_warn("more than %u pairs of rule and series: further ones are "
				         "not watched",
				    t->cell_count);
			t->full_said = true;
			return;
		}
		t->cells[i] = (struct cell){.rule = rules[n],
		    .next = slot->head,
		    .last_cycle = t->cycle,
		    .last_ns = in->now.boot_ns,
		    .fired_ns = NEVER,
		    .since_ns = {NEVER, NEVER}};
		resume(t, &t->cells[i], in);
		slot->head = i;
	}
}

static bool
is_bad(const struct rule *rule, const struct cell *c, int level, double value)
{
	double limit = limit_of(rule, level);

	if (c->firing >= level_severity[level])
		return rules_past(rule->op, value, rules_clear_limit(rule, limit));
	if (rule->transition && !c->opposite_seen)
		return false;
	return rules_past(rule->op, value, limit);
}

/*
 * What the series is about was known not to answer all the while, so that its alert was not ended:
 * a file system whose disk.stale fired after the cell's last sample and until just now.
 */
static bool
was_excused(const struct threshold *t, const struct cell *c, const struct detector_input *in)
{
	const char *values[METRIC_LABELS_MAX] = {NULL};
	int64_t until = in->now.boot_ns - GONE_INTERVALS * in->series->interval_ms * NS_PER_MS;
	uint32_t id;

	if (in->series->label_count != metric_label_count(METRIC_DISK_STALE) ||
	    metrics[in->series->metric].group != GROUP_DISK)
		return false;
	for (size_t i = 0; i < in->series->label_count; i++)
		values[i] = series_label(in->series, i);
	id = series_find(t->table, METRIC_DISK_STALE, values);
	if (id == SERIES_NONE || t->slots[id].gen != series_at(t->table, id)->gen)
		return false;
	for (uint32_t i = t->slots[id].head; i != NONE; i = t->cells[i].next) {
		if (t->cells[i].fired_ns >= c->last_ns && t->cells[i].fired_ns >= until)
			return true;
	}
	return false;
}

/* So long without samples that the alert side has ended what fired; not after a mere suspend. */
static bool
was_gone(const struct threshold *t, const struct cell *c, const struct detector_input *in)
{
	int64_t interval_ns = in->series->interval_ms * NS_PER_MS;

	return c->firing != SEV_NONE && t->cycle - c->last_cycle > GONE_INTERVALS &&
	       in->now.boot_ns - c->last_ns > GONE_INTERVALS * interval_ns + interval_ns / 2 &&
	       !was_excused(t, c, in);
}

/* Starts afresh, but for a last word to clear an alert that lives after all. */
static void
forget(struct cell *c)
{
	c->firing = SEV_NONE;
	for (int level = 0; level < LEVELS; level++)
		c->since_ns[level] = NEVER;
}

/* Brings the level timers and the firing level up to date with a sample. */
static void
advance(const struct rule *rule, struct cell *c, const struct detector_input *in)
{
	bool gap = in->now.boot_ns - c->last_ns > in->series->interval_ms * NS_PER_MS * 5 / 2;
	enum severity firing = SEV_NONE;
	bool fine = true;

	for (int level = 0; level < LEVELS; level++) {
		bool was_firing = c->firing >= level_severity[level];

		if (!is_bad(rule, c, level, in->value))
			c->since_ns[level] = NEVER;
		else if (c->since_ns[level] == NEVER || (gap && !was_firing))
			c->since_ns[level] = in->now.boot_ns;
		if (c->since_ns[level] == NEVER)
			continue;
		if (was_firing || in->now.boot_ns - c->since_ns[level] >= rule->for_ms * NS_PER_MS)
			firing = level_severity[level];
	}
	for (int level = 0; level < LEVELS; level++)
		fine = fine && !rules_past(rule->op, in->value, limit_of(rule, level));
	c->opposite_seen = c->opposite_seen || fine;
	c->firing = firing;
	c->last_ns = in->now.boot_ns;
	if (firing != SEV_NONE)
		c->fired_ns = in->now.boot_ns;
}

/* The level to name: the one firing, else the highest pending; -1 when fine. */
static int
named_level(const struct cell *c)
{
	for (int level = LEVELS - 1; level >= 0; level--) {
		if (c->firing == SEV_NONE ? c->since_ns[level] != NEVER
		                          : level_severity[level] <= c->firing)
			return level;
	}
	return -1;
}

static int64_t
earliest_since(const struct cell *c, int64_t now_ns)
{
	int64_t since = now_ns;

	for (int level = 0; level < LEVELS; level++) {
		if (c->since_ns[level] != NEVER && c->since_ns[level] < since)
			since = c->since_ns[level];
	}
	return since;
}

static void
tell(const struct rule *rule, struct cell *c, const struct detector_input *in, struct findings *out)
{
	int level = named_level(c);
	struct finding *f;

	if (level < 0 && !c->told)
		return;
	f = findings_add(out);
	if (f == NULL)
		return;
	f->rule = rule->name;
	f->series = in->id;
	f->value = in->value;
	f->op = rule->op;
	f->interval_ms = in->series->interval_ms;
	f->since_ns = earliest_since(c, in->now.boot_ns);
	str_copy(f->words, sizeof(f->words), rule->message);
	c->told = level >= 0;
	if (level < 0) {
		f->state = FINDING_CLEAR;
		f->limit = isnan(rule->warn) ? rule->critical : rule->warn;
		return;
	}
	f->state = c->firing == SEV_NONE ? FINDING_PENDING : FINDING_FIRING;
	f->severity = level_severity[level];
	f->limit = limit_of(rule, level);
}

static void
feed(void *self, const struct detector_input *in, struct findings *out)
{
	struct threshold *t = self;
	struct slot *slot = &t->slots[in->id];

	if (t->first.boot_ns == 0)
		t->first = in->now;
	if (t->now.boot_ns != in->now.boot_ns)
		t->cycle++;
	t->now = in->now;
	if (slot->gen != in->series->gen)
		settle(t, slot, in);
	for (uint32_t i = slot->head; i != NONE; i = t->cells[i].next) {
		struct cell *c = &t->cells[i];
		const struct rule *rule = &t->rules->items[c->rule];

		if (was_gone(t, c, in))
			forget(c);
		if (t->late)
			resume(t, c, in);
		advance(rule, c, in);
		c->last_cycle = t->cycle;
		tell(rule, c, in, out);
	}
}

const struct detector threshold_detector = {
    .name = "threshold", .make = make, .drop = drop, .feed = feed, .restore = restore};
