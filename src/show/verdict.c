/*
 * The agent's state to a verdict, and that to words. Names of mounts and processes are the host's:
 * in a plugin's line nothing of them may end the line or begin its numbers.
 */
#include "show/verdict.h"

#include <math.h>
#include <string.h>

#include "base/str.h"
#include "show/status_alert.h"

#define WORST_MAX 512

/* How many fire, in which word, and what that is worth. */
static const struct {
	enum severity severity;
	const char *word;
	enum verdict_level level;
} kinds[] = {
    {SEV_EMERGENCY, "emergency", VERDICT_CRITICAL},
    {SEV_CRITICAL, "critical", VERDICT_CRITICAL},
    {SEV_WARN, "warning", VERDICT_WARNING},
    {SEV_INFO, "info", VERDICT_OK},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *const words[] = {
    [VERDICT_OK] = "OK",
    [VERDICT_WARNING] = "WARNING",
    [VERDICT_CRITICAL] = "CRITICAL",
    [VERDICT_UNKNOWN] = "UNKNOWN",
};

const char *
verdict_word(enum verdict_level level)
{
	return words[level];
}

static void
count(void *arg, const struct alert_view *view)
{
	struct verdict *v = arg;

	if (view->state != ALERT_FIRING)
		return;
	v->firing[view->facts->severity]++;
	v->silenced += view->silenced;
}

static void
at_least(struct verdict *v, enum verdict_level level)
{
	if (level > v->level)
		v->level = level;
}

static void
judge_channels(const struct core *core, struct verdict *v)
{
	size_t stuck = 0;

	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct outbox_channel *ch = outbox_channel(core->outbox, id);

		if (!core->conf->channels[id].enabled)
			continue;
		v->channels++;
		v->tried += ch->sent > 0 || ch->failures > 0;
		if (outbox_channel_is_stuck(ch)) {
			v->stuck |= 1u << id;
			stuck++;
		}
	}
	if (stuck > 0)
		at_least(v, stuck == v->channels ? VERDICT_CRITICAL : VERDICT_WARNING);
}

/* A ping that failed is tried again soon; one that is held back is the alarm elsewhere. */
static bool
heartbeat_works(const struct heartbeat *h)
{
	return !h->enabled || (h->fault == NULL && h->last_error[0] == '\0');
}

void
verdict_make(const struct status_input *in, struct verdict *out)
{
	*out = (struct verdict){.level = VERDICT_OK};
	alert_each(in->core->alerts, count, out);
	for (size_t i = 0; i < KINDS; i++) {
		if (out->firing[kinds[i].severity] > 0)
			at_least(out, kinds[i].level);
	}
	out->without_room = alert_without_room(in->core->alerts);
	judge_channels(in->core, out);
	if (out->without_room > 0 || !in->kept || !heartbeat_works(in->heartbeat))
		at_least(out, VERDICT_WARNING);
}

/* Between the items of a list. */
static void
add_comma(size_t *n, struct buf *b)
{
	if ((*n)++ > 0)
		buf_adds(b, ", ");
}

static void
add_firing(const struct verdict *v, struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < KINDS; i++) {
		if (v->firing[kinds[i].severity] == 0)
			continue;
		add_comma(&n, b);
		buf_addf(b, "%zu %s", v->firing[kinds[i].severity], kinds[i].word);
	}
	if (v->silenced > 0)
		buf_addf(b, " (%zu silenced)", v->silenced);
	if (v->without_room > 0)
		buf_addf(b, ", no room for %zu more", v->without_room);
	if (n == 0)
		buf_adds(b, "all is well");
}

static void
add_delivery(const struct verdict *v, struct buf *b)
{
	size_t n = 0;

	if (v->stuck == 0) {
		buf_adds(b, v->tried > 0 ? "delivery works" : "nothing had to be delivered yet");
		return;
	}
	buf_adds(b, "NO delivery to ");
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if ((v->stuck & 1u << id) == 0)
			continue;
		add_comma(&n, b);
		buf_adds(b, channel_name((enum channel_id)id));
	}
}

void
verdict_add(const struct status_input *in, const struct verdict *v, struct buf *out)
{
	add_firing(v, out);
	buf_adds(out, "; ");
	add_delivery(v, out);
	if (!in->kept)
		buf_adds(out, "; the state is not kept on disk");
	if (in->heartbeat->enabled && in->heartbeat->fault != NULL)
		buf_addf(out, "; the heartbeat is not sent (%s)", in->heartbeat->fault);
	else if (!heartbeat_works(in->heartbeat))
		buf_adds(out, "; the heartbeat does not arrive");
}

struct worst {
	struct alert_view view;
	bool found;
};

static void
find_worst(void *arg, const struct alert_view *view)
{
	struct worst *w = arg;

	if (view->state != ALERT_FIRING || (w->found && status_alert_compare(&w->view, view) <= 0))
		return;
	w->view = *view;
	w->found = true;
}

/* "; worst: disk usage of /var is 95.2% (limit 90.0%)" */
static void
add_worst(const struct status_input *in, struct buf *b)
{
	struct worst w = {.found = false};
	char text[WORST_MAX];
	struct buf line;

	alert_each(in->core->alerts, find_worst, &w);
	if (!w.found)
		return;
	buf_init(&line, text, sizeof(text));
	status_alert_add(w.view.facts, &line);
	for (char *bar = text; (bar = strchr(bar, '|')) != NULL;)
		*bar = '/';
	buf_addf(b, "; worst: %s", text);
}

/* label=value[unit];warn;crit;min: what is not known is left out. */
static void
add_number(const char *label, double value, const char *unit, struct buf *b)
{
	if (isfinite(value))
		buf_addf(b, " %s=%.10g%s;;;0", label, value, unit);
}

void
verdict_add_plugin(const struct status_input *in, const struct verdict *v, struct buf *out)
{
	const struct core *core = in->core;
	uint64_t failures = 0;
	size_t queued = 0;

	buf_addf(out, "SYSOPS %s - ", verdict_word(v->level));
	verdict_add(in, v, out);
	add_worst(in, out);
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		const struct outbox_channel *ch = outbox_channel(core->outbox, id);

		queued += ch->queued;
		failures += ch->failures;
	}
	/* A range of "0" is left by whatever is above. */
	buf_addf(out, " | critical=%zu;;0;0 warning=%zu;0;;0",
	    v->firing[SEV_EMERGENCY] + v->firing[SEV_CRITICAL], v->firing[SEV_WARN]);
	add_number("info", (double)v->firing[SEV_INFO], "", out);
	add_number("waiting", (double)queued, "", out);
	add_number("failed_attempts", (double)failures, "c", out);
	add_number("series", series_live(core->series), "", out);
	add_number("cpu", round(in->cost.cpu_percent * 1000) / 1000, "%", out);
	add_number("rss", in->cost.rss_bytes, "B", out);
	buf_addc(out, '\n');
}
