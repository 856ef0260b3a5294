/*
 * The gaps that collectors noted, and what of the table of metrics has no series now, which is
 * worked out when it is asked for. A metric that a gap names is told of once, with its reason. What
 * the agent says of itself does not count.
 */
#include "show/status_gaps.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"
#include "notify/jsonw.h"
#include "show/wrap.h"

#define TEXT_MAX 4096 /* the names of all metrics */

static_assert((int)GROUP_CPU == (int)COLLECTOR_CPU && (int)GROUP_KERNEL == (int)COLLECTOR_KERNEL,
    "groups of metrics that are collected are the collectors");

/* Cuts the next name off a list of metrics, "a, b"; false at its end. */
static bool
next_name(const char **list, char out[METRIC_VALUE_MAX])
{
	size_t len = strcspn(*list, ",");

	if (**list == '\0')
		return false;
	buf_add(&(struct buf){out, 0, METRIC_VALUE_MAX, false}, *list, len);
	*list += len;
	*list += strspn(*list, ", ");
	return true;
}

/* Takes the metrics of a gap out of those that are still to be explained. */
static void
explain(const struct gap *gap, bool lacking[METRIC_COUNT])
{
	const char *list = gap->metrics != NULL ? gap->metrics : "";
	char name[METRIC_VALUE_MAX];

	while (next_name(&list, name)) {
		enum metric_id id = metric_find(name);

		if (id != METRIC_COUNT)
			lacking[id] = false;
	}
}

static bool
is_on(const struct core *core, int collector)
{
	return core->conf->collect.each[collector].enabled;
}

/* Whether a metric of the group should have a value by now, if it is to have any. */
static bool
is_due(const struct status_input *in, enum metric_group group)
{
	const struct conf_collect *conf = &in->core->conf->collect;
	int64_t secs = conf->each[group].interval_secs;

	if (group == GROUP_DISK)
		secs = num_max(secs, conf->disk_io_interval_secs);
	return in->now.boot_ns - in->started_ns >= GONE_INTERVALS * secs * NS_PER_SEC;
}

/* Metrics of what is collected that have no value, and no gap says why. */
static void
find_lacking(const struct status_input *in, bool lacking[METRIC_COUNT])
{
	const struct series_table *series = in->core->series;

	for (int id = 0; id < METRIC_COUNT; id++)
		lacking[id] = metrics[id].group < GROUP_AGENT &&
		              is_on(in->core, (int)metrics[id].group) &&
		              is_due(in, metrics[id].group);
	for (uint32_t i = 0; i < series_capacity(series); i++) {
		const struct series *s = series_at(series, i);

		if (s->gen != 0 && series_life(s) != SERIES_ENDED)
			lacking[s->metric] = false;
	}
	for (size_t i = 0; in->gaps != NULL && i < in->gaps->len; i++)
		explain(&in->gaps->items[i], lacking);
}

static void
put_gap(const struct gap *gap, struct buf *b)
{
	const char *list = gap->metrics != NULL ? gap->metrics : "";
	char text[METRIC_VALUE_MAX * 2];
	struct buf words;

	jsonw_open(b, NULL, '{');
	buf_init(&words, text, sizeof(text));
	gaps_add_what(gap, &words);
	jsonw_text(b, "what", text);
	buf_init(&words, text, sizeof(text));
	gaps_add_why(gap, &words);
	jsonw_text(b, "why", text);
	if (gap->kind == GAP_BOUND || gap->kind == GAP_HIDDEN) {
		jsonw_integer(b, "taken", (int64_t)gap->taken);
		if (gap->all != GAPS_UNCOUNTED)
			jsonw_integer(b, "all", (int64_t)gap->all);
	}
	jsonw_open(b, "metrics", '[');
	while (next_name(&list, text))
		jsonw_text(b, NULL, text);
	jsonw_close(b, ']');
	jsonw_close(b, '}');
}

void
status_gaps_put(const struct status_input *in, struct buf *out)
{
	bool lacking[METRIC_COUNT];

	find_lacking(in, lacking);
	jsonw_open(out, "not_watched", '{');
	jsonw_open(out, "gaps", '[');
	for (size_t i = 0; in->gaps != NULL && i < in->gaps->len; i++)
		put_gap(&in->gaps->items[i], out);
	jsonw_close(out, ']');
	jsonw_open(out, "without_value", '[');
	for (int id = 0; id < METRIC_COUNT; id++)
		if (lacking[id])
			jsonw_text(out, NULL, metrics[id].name);
	jsonw_close(out, ']');
	jsonw_open(out, "switched_off", '[');
	for (int i = 0; i < COLLECTOR_COUNT; i++)
		if (!is_on(in->core, i))
			jsonw_text(out, NULL, metric_group_name((enum metric_group)i));
	jsonw_close(out, ']');
	jsonw_close(out, '}');
}

/* The paragraphs after the first are at its column. */
static void
add_paragraph(
    const struct status_input *in, int column, struct buf *text, size_t start, struct buf *b)
{
	if (b->len > start)
		buf_addf(b, "%*s", column, "");
	wrap_add(b, text->data, column, column + 2, in->columns);
	buf_clear(text);
}

static void
add_list(struct buf *text, const char *before, const char *name)
{
	buf_addf(text, "%s%s", text->len == 0 ? before : ", ", name);
}

void
status_gaps_write(const struct status_input *in, int column, struct buf *out)
{
	bool lacking[METRIC_COUNT];
	char storage[TEXT_MAX];
	size_t start = out->len;
	struct buf text;

	buf_init(&text, storage, sizeof(storage));
	for (size_t i = 0; in->gaps != NULL && i < in->gaps->len; i++) {
		const struct gap *gap = &in->gaps->items[i];

		gaps_add_what(gap, &text);
		buf_adds(&text, ": ");
		gaps_add_why(gap, &text);
		if (gap->kind != GAP_BOUND && gap->metrics != NULL)
			buf_addf(&text, ": %s", gap->metrics);
		add_paragraph(in, column, &text, start, out);
	}
	find_lacking(in, lacking);
	for (int id = 0; id < METRIC_COUNT; id++)
		if (lacking[id])
			add_list(&text, "without a value now: ", metrics[id].name);
	if (text.len > 0)
		add_paragraph(in, column, &text, start, out);
	for (int i = 0; i < COLLECTOR_COUNT; i++)
		if (!is_on(in->core, i))
			add_list(&text, "switched off: ", metric_group_name((enum metric_group)i));
	if (text.len > 0)
		add_paragraph(in, column, &text, start, out);
}
