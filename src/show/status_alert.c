/*
 * An alert and the queues to words: what is wrong, and who has heard of it. An alert counts as told
 * once its notice was made; whether that has arrived, only the outbox knows. Names of the host are
 * untrusted, and come out visible.
 */
#include "show/status_alert.h"

#include "base/str.h"
#include "notify/fact_text.h"

#define WHERE_COLUMNS 30

static const char *const words[WAYS] = {
    [WAY_TOLD] = "told",
    [WAY_REFUSED] = "refused",
    [WAY_ON_ITS_WAY] = "on its way",
    [WAY_WAITING] = "waiting",
};

void
status_alert_ways(const struct alert_view *view, const struct outbox *ob, unsigned ways[WAYS])
{
	for (int w = 0; w < WAYS; w++)
		ways[w] = 0;
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		unsigned bit = 1u << id;
		enum outbox_place place = outbox_place(ob, id, view->facts);

		if (place != OUTBOX_NOWHERE)
			ways[place == OUTBOX_LEAVES ? WAY_ON_ITS_WAY : WAY_WAITING] |= bit;
		else if ((view->told & bit) != 0)
			ways[(view->refused & bit) != 0 ? WAY_REFUSED : WAY_TOLD] |= bit;
	}
}

int
status_alert_compare(const struct alert_view *a, const struct alert_view *b)
{
	if (a->state != b->state)
		return a->state == ALERT_FIRING ? -1 : 1;
	if (a->facts->severity != b->facts->severity)
		return a->facts->severity > b->facts->severity ? -1 : 1;
	if (a->facts->since.wall_ms != b->facts->since.wall_ms)
		return a->facts->since.wall_ms > b->facts->since.wall_ms ? -1 : 1;
	return (a->facts->fingerprint > b->facts->fingerprint) -
	       (a->facts->fingerprint < b->facts->fingerprint);
}

const char *
status_alert_word(const struct alert_view *view, const unsigned ways[WAYS])
{
	if (view->state == ALERT_PENDING)
		return "pending";
	if (view->flapping)
		return "flapping";
	if (view->held_by != NULL)
		return "held";
	for (int way = 0; way < WAYS; way++) {
		if (ways[way] != 0)
			return words[way];
	}
	return "firing";
}

static bool
is_under_way(const unsigned ways[WAYS])
{
	unsigned any = 0;

	for (int way = 0; way < WAYS; way++)
		any |= ways[way];
	return any != 0;
}

/* "pending", "flapping, silenced", "grouped" */
static void
add_state(const struct alert_view *view, const unsigned ways[WAYS], struct buf *b)
{
	bool waits = view->held_words != NULL;
	char text[64];
	struct buf state;

	buf_init(&state, text, sizeof(text));
	if (!waits || view->flapping || view->state == ALERT_PENDING)
		buf_add_item(&state, status_alert_word(view, ways));
	if (waits && !(view->flapping && str_eq(view->held_words, "flapping")))
		buf_add_item(&state, view->held_words);
	buf_adds(b, text);
}

void
status_alert_add_told(const struct alert_view *view, const struct outbox *ob, struct buf *b)
{
	static const char *const before[WAYS] = {" ", " by ", " to ", " for "};
	const char *sep = "";
	unsigned ways[WAYS];

	status_alert_ways(view, ob, ways);
	if (view->state == ALERT_PENDING || view->held_by != NULL || view->flapping ||
	    !is_under_way(ways)) {
		add_state(view, ways, b);
		sep = "; ";
	}
	for (int way = 0; way < WAYS; way++) {
		const char *between = before[way];

		if (ways[way] == 0)
			continue;
		buf_addf(b, "%s%s", sep, words[way]);
		for (int id = 0; id < CHANNEL_COUNT; id++) {
			if ((ways[way] & 1u << id) == 0)
				continue;
			buf_addf(b, "%s%s", between, channel_name((enum channel_id)id));
			between = ", ";
		}
		sep = "; ";
	}
}

void
status_alert_add(const struct alert_facts *facts, struct buf *out)
{
	char value[METRIC_VALUE_MAX], limit[METRIC_VALUE_MAX];

	fact_text_add_subject(facts, buf_add_visible, out);
	if (facts->subject.labels.count > 0) {
		buf_adds(out, " of ");
		fact_text_add_where(facts, buf_add_visible, WHERE_COLUMNS, out);
	}
	fact_text_value(facts, facts->value, value);
	fact_text_value(facts, facts->limit, limit);
	if (*value != '\0')
		buf_addf(out, " is %s", value);
	if (*limit != '\0' && !fact_text_is_state(facts))
		buf_addf(out, " (%s %s)", fact_text_limit_name(facts), limit);
}
