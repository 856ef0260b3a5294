/*
 * Holds a match against the names of all metrics and rules and the labels of the metrics. It is
 * asked when a silence is made, so it looks through the tables each time.
 */
#include "conf/match_known.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "model/limits.h"
#include "model/match.h"

#define CANDIDATE_MAX 64

/* The name at that place of all built-in rules and the configuration's; NULL past the last. */
static const char *
rule_at(const struct conf_detect *detect, size_t i, enum metric_id *metric)
{
	if (i < limit_rule_count) {
		*metric = limit_rules[i].rule.metric;
		return limit_rules[i].rule.name;
	}
	i -= limit_rule_count;
	if (i >= detect->rule_count)
		return NULL;
	*metric = detect->rules[i].metric;
	return detect->rules[i].name;
}

/* The glob names the metric, or a rule on it. */
static bool
is_named(const char *glob, enum metric_id id, const struct conf_detect *detect)
{
	const char *rule;
	enum metric_id metric;

	if (*glob == '\0' || str_glob(glob, metrics[id].name))
		return true;
	for (size_t i = 0; (rule = rule_at(detect, i, &metric)) != NULL; i++) {
		if (metric == id && str_glob(glob, rule))
			return true;
	}
	return false;
}

/* What was meant: the nearest so far. */
struct nearest {
	const char *word;
	size_t least; /* distance; what is not below it is not near */
	char found[CANDIDATE_MAX];
};

static void
compare(struct nearest *n, const char *name)
{
	size_t d = str_distance(n->word, name);

	if (d >= n->least || !str_copy(n->found, sizeof(n->found), name))
		return;
	n->least = d;
}

static void
add_meant(const struct nearest *n, struct buf *why)
{
	if (n->found[0] != '\0')
		buf_addf(why, "; did you mean %s?", n->found);
}

static void
explain_name(const char *glob, const struct conf_detect *detect, struct buf *why)
{
	struct nearest n = {.word = glob, .least = strlen(glob) / 3 + 2};
	char longer[MATCH_MAX + 1];
	const char *rule;
	enum metric_id metric;

	buf_addf(why, "no rule and no metric is called %s", glob);
	snprintf(longer, sizeof(longer), "%s*", glob);
	for (int i = 0; i < METRIC_COUNT; i++) {
		if (is_named(longer, (enum metric_id)i, detect)) {
			buf_addf(why, "; did you mean %s?", longer);
			return;
		}
	}
	for (size_t i = 0; (rule = rule_at(detect, i, &metric)) != NULL; i++)
		compare(&n, rule);
	for (int i = 0; i < METRIC_COUNT; i++) {
		int family = (int)strcspn(metrics[i].name, ".");
		char all[CANDIDATE_MAX];

		snprintf(all, sizeof(all), "%.*s.*", family, metrics[i].name);
		compare(&n, all);
		compare(&n, metrics[i].name);
	}
	add_meant(&n, why);
}

/* The first label of the match that none of the metrics meant has; false: each has some. */
static bool
explain_label(
    const char *match, const char *glob, const struct conf_detect *detect, struct buf *why)
{
	char key[MATCH_MAX], other[METRIC_LABEL_MAX];

	for (size_t at = 0; match_label_key(match, at, key); at++) {
		struct nearest n = {.word = key, .least = strlen(key) / 3 + 2};
		bool there = false;

		for (int i = 0; i < METRIC_COUNT; i++) {
			enum metric_id id = (enum metric_id)i;

			if (!is_named(glob, id, detect))
				continue;
			there = there || metric_label_index(id, key) >= 0;
			for (size_t k = 0; k < metric_label_count(id); k++)
				compare(&n, metric_label_key(id, k, other));
		}
		if (there)
			continue;
		buf_addf(
		    why, "no metric%s%s has a label %s", *glob == '\0' ? "" : " of ", glob, key);
		add_meant(&n, why);
		return true;
	}
	return false;
}

static bool
has_labels(const char *match, enum metric_id id)
{
	char key[MATCH_MAX];
	size_t i = 0;

	while (match_label_key(match, i, key) && metric_label_index(id, key) >= 0)
		i++;
	return !match_label_key(match, i, key);
}

bool
match_known(const char *match, const struct conf_detect *detect, struct buf *why)
{
	char glob[MATCH_MAX];
	bool named = false;

	match_name(match, glob);
	for (int i = 0; i < METRIC_COUNT; i++) {
		if (!is_named(glob, (enum metric_id)i, detect))
			continue;
		named = true;
		if (has_labels(match, (enum metric_id)i))
			return true;
	}
	if (!named)
		explain_name(glob, detect, why);
	else if (!explain_label(match, glob, detect, why))
		buf_adds(why, "no metric has all labels of the match");
	return false;
}
