/*
 * Makes one sentence of several alerts. Trusts the numbers of a notice as far as they index tables
 * (checked); label values go through the channel's escape and are cut. What a sentence has no room
 * for is counted.
 */
#include "notify/summary.h"

#include "base/str.h"
#include "notify/fact_text.h"

#define ITEM_UNITS 40
#define ITEMS_MAX 5

static const char *const plurals[SEV_COUNT] = {
    "notices", "notices", "warnings", "critical alerts", "emergencies"};

/* The group that all alerts are of, as a word with a blank, or "". */
static const char *
common_group(const struct notice *n)
{
	for (size_t i = 0; i < n->fact_count; i++) {
		if (!fact_text_has_metric(&n->facts[i]) ||
		    n->facts[i].subject.group != n->facts[0].subject.group)
			return "";
	}
	return metric_group_name(n->facts[0].subject.group);
}

/* "/ (91.0%), /var (88.2%) and 3 more" */
static void
add_items(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	char value[METRIC_VALUE_MAX];
	size_t i;

	for (i = 0; i < n->fact_count && i < ITEMS_MAX; i++) {
		const struct alert_facts *f = &n->facts[i];

		if (i > 0)
			buf_adds(b, ", ");
		if (!fact_text_add_where(f, msg->escape, ITEM_UNITS, b))
			fact_text_add_subject(f, msg->escape, b);
		fact_text_value(f, f->value, value);
		if (f->gone)
			buf_adds(b, f->unwatched ? " (not watched)" : " (gone)");
		else if (value[0] != '\0')
			buf_addf(b, " (%s)", value);
	}
	if (i < notice_total(n))
		buf_addf(b, " and %llu more", notice_total(n) - i);
}

static bool
is_reminder(const struct notice *n)
{
	for (size_t i = 0; i < n->fact_count; i++) {
		if (!n->facts[i].still)
			return false;
	}
	return true;
}

void
summary_add_group(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	const char *group = common_group(n);

	buf_addf(b, "%s%llu %s%s", is_reminder(n) ? "still: " : "", notice_total(n), group,
	    group[0] == '\0' ? "" : " ");
	if (n->facts[0].flap == FLAP_STARTED || n->facts[0].flap == FLAP_LASTS)
		buf_adds(b, "alerts are flapping: ");
	else if (notice_is_of_unwatched(n))
		buf_adds(b, "alerts are no longer watched: ");
	else if (n->kind == NOTICE_RESOLVE)
		buf_adds(b, "alerts normalized: ");
	else
		buf_addf(b, "%s: ", plurals[severity_checked(n->severity)]);
	add_items(msg, b);
}

/* "12 alerts in the last 40 min, over the rate limit" */
static void
add_digest_reason(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	bool one = notice_total(n) == 1;

	buf_addf(b, "%llu alert%s", notice_total(n), one ? "" : "s");
	switch (n->reason) {
	case DIGEST_LATE:
		buf_adds(b, " could not be delivered in time");
		break;
	case DIGEST_LIMIT:
		buf_adds(b, " in the last ");
		fact_text_add_since(b, &n->created, &msg->ctx->now);
		buf_adds(b, ", over the rate limit");
		break;
	case DIGEST_SILENCE:
		buf_adds(b, " after a silence");
		break;
	case DIGEST_JOINED:
		buf_adds(b, " that began earlier");
		break;
	}
}

void
summary_add_digest(const struct message *msg, struct buf *b)
{
	const struct notice *n = msg->notice;
	size_t firing[SEV_COUNT] = {0}, resolved = 0;
	const char *separator = ": ";

	for (size_t i = 0; i < n->fact_count; i++) {
		if (facts_is_resolved(&n->facts[i]))
			resolved++;
		else
			firing[severity_checked(n->facts[i].severity)]++;
	}
	add_digest_reason(msg, b);
	for (int sev = SEV_COUNT - 1; sev >= 0; sev--) {
		if (firing[sev] == 0)
			continue;
		buf_addf(b, "%s%zu %s", separator, firing[sev], severity_name((enum severity)sev));
		separator = ", ";
	}
	if (resolved > 0) {
		buf_addf(b, "%s%zu resolved", separator, resolved);
		separator = ", ";
	}
	if (notice_total(n) > n->fact_count)
		buf_addf(b, "%s%llu more", separator, notice_total(n) - n->fact_count);
}
