/*
 * The language of templates: text with {{name}} in it, where blanks around the name do not matter
 * and "{{{{" stands for "{{". Compiled once, when the configuration is read; notify/template.c
 * fills the parts in.
 */
#ifndef CONF_PLACEHOLDER_H
#define CONF_PLACEHOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define PLACEHOLDER_TEXT_MAX 2000 /* bytes of a template */
#define PLACEHOLDER_PARTS_MAX 64
#define PLACEHOLDER_WHY_MAX 320

/* X(ID, "name", "what it becomes") */
#define PLACEHOLDERS(X)                                                                            \
	X(HOSTNAME, "hostname", "name of the host")                                                \
	X(SEVERITY, "severity", "`info`, `warn`, `critical`, `emergency`; `resolved` when over")   \
	X(METRIC, "metric", "name of the metric")                                                  \
	X(VALUE, "value", "value with its unit")                                                   \
	X(THRESHOLD, "threshold", "limit with its unit")                                           \
	X(MESSAGE, "message", "the sentence that stands there without a template")                 \
	X(TIMESTAMP, "timestamp", "time of the message, ISO 8601 in the zone of `agent.timezone`") \
	X(LABELS, "labels", "labels of the series, `key=value` with commas")                       \
	X(TREND, "trend", "how soon the limit is reached, or a disk full, if that can be told")    \
	X(CAUSE, "cause", "likely cause, if one is known")

enum placeholder {
	PLACEHOLDER_LITERAL, /* the text itself */
#define X(id, name, help) PLACEHOLDER_##id,
	PLACEHOLDERS(X)
#undef X
	    PLACEHOLDER_COUNT
};

struct placeholder_part {
	enum placeholder what;
	const char *text; /* of a literal; len bytes, no NUL */
	size_t len;
};

struct placeholder_list {
	struct placeholder_part *parts;
	size_t count;
	bool plain; /* its literals are text, not markup of the channel */
};

/* NULL when it is none: why then says so, in words that follow the key's name. */
struct placeholder_list *placeholder_compile(
    struct arena *arena, const char *text, char why[PLACEHOLDER_WHY_MAX]);

/* The same without a result. */
bool placeholder_check(const char *text, char why[PLACEHOLDER_WHY_MAX]);

/* "hostname"; NULL for no such placeholder. */
const char *placeholder_name(enum placeholder what);
const char *placeholder_help(enum placeholder what);

#endif
