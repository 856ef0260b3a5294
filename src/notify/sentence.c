/*
 * Makes one sentence of the facts of one alert. Trusts the numbers and enumerations of the facts as
 * far as they index tables (checked), and none of their texts: those go through the channel's
 * escape and are cut. A value or limit that is not there is not spoken of.
 */
#include "notify/sentence.h"

#include "notify/fact_text.h"

#define WHERE_UNITS 100

static void
add_subject_where(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	struct buf_mark before;

	fact_text_add_subject(f, msg->escape, b);
	before = buf_mark(b);
	buf_adds(b, " of ");
	if (!fact_text_add_where(f, msg->escape, WHERE_UNITS, b))
		buf_rewind(b, before);
}

static void
add_firing(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX], limit[METRIC_VALUE_MAX];

	fact_text_value(f, f->value, value);
	fact_text_value(f, f->limit, limit);
	if (value[0] == '\0') {
		buf_adds(b, f->message[0] == '\0' ? "" : ": ");
		escape_add(b, msg->escape, f->message, WHERE_UNITS);
		return;
	}
	buf_addf(b, " is %s", value);
	if (limit[0] != '\0' && !fact_text_is_state(f))
		buf_addf(b, " (%s %s)", fact_text_limit_name(f), limit);
}

static void
add_resolved(const struct alert_facts *f, struct buf *b)
{
	char value[METRIC_VALUE_MAX], worst[METRIC_VALUE_MAX];

	fact_text_value(f, f->value, value);
	fact_text_value(f, f->worst, worst);
	if (f->gone)
		buf_adds(b, f->unwatched ? " is no longer watched" : " is gone");
	else if (value[0] != '\0')
		buf_addf(b, " %s: %s", f->unheard ? "fired and normalized" : "normalized", value);
	else
		buf_adds(b, f->unheard ? " fired and is over" : " is over");
	buf_adds(b, " (");
	if (worst[0] != '\0')
		buf_addf(b, "was %s, ", worst);
	buf_adds(b, "for ");
	fact_text_add_since(b, &f->since, &f->resolved);
	buf_adds(b, ")");
}

static void
add_changes(const struct alert_facts *f, struct buf *b)
{
	buf_addf(b, "%u changes in ", (unsigned)f->count);
	fact_text_add_span(b, f->count_secs * 1000);
}

/* "still: disk usage of /var is 95.2% (limit 90.0%)" has ", for 2 h" at its end. */
static void
add_age(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	buf_adds(b, ", for ");
	fact_text_add_since(b, &f->since, &msg->ctx->now);
}

/*
 * " is flapping: 5 changes in 12 min, now 96.0% (limit 95.0%)", " is no longer flapping: fine at
 * 70.2% after 31 changes in 2 h"
 */
static void
add_flapping(const struct alert_facts *f, struct buf *b)
{
	bool started = f->flap != FLAP_ENDED, fine = facts_is_resolved(f);
	char value[METRIC_VALUE_MAX], limit[METRIC_VALUE_MAX];

	fact_text_value(f, f->value, value);
	fact_text_value(f, f->limit, limit);
	buf_adds(b, started ? " is flapping: " : " is no longer flapping: ");
	if (started)
		add_changes(f, b);
	else
		buf_adds(b, fine ? "fine" : "it goes on");
	if (value[0] != '\0')
		buf_addf(b, "%s %s", started ? ", now" : " at", value);
	if (limit[0] != '\0' && !fine && !fact_text_is_state(f))
		buf_addf(b, " (%s %s)", fact_text_limit_name(f), limit);
	if (started)
		return;
	buf_adds(b, " after ");
	add_changes(f, b);
}

void
sentence_add(const struct message *msg, const struct alert_facts *f, struct buf *b)
{
	buf_adds(b, f->still ? "still: " : "");
	add_subject_where(msg, f, b);
	if (f->flap != FLAP_NONE)
		add_flapping(f, b);
	else if (facts_is_resolved(f))
		add_resolved(f, b);
	else
		add_firing(msg, f, b);
	if (f->still)
		add_age(msg, f, b);
}
