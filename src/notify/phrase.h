/*
 * The parts of a sentence about one alert.
 */
#ifndef NOTIFY_PHRASE_H
#define NOTIFY_PHRASE_H

#include "model/notice.h"
#include "notify/escape.h"

/* Value or limit in the metric's unit, "up" and "down" for states; "" for NAN. */
void phrase_value(const struct alert_facts *f, double value, char out[METRIC_VALUE_MAX]);

/* "limit", "minimum", ...: what the limit is to values of this alert. */
const char *phrase_limit_name(const struct alert_facts *f);

/* The metric's name, or the rule's where an alert has no metric. */
const char *phrase_metric(const struct alert_facts *f);
bool phrase_has_metric(const struct alert_facts *f);

/* True for states like a link that is up or down: a limit then says nothing. */
bool phrase_is_state(const struct alert_facts *f);

/* "disk usage" */
void phrase_add_subject(const struct alert_facts *f, escape_fn *escape, struct buf *b);

/* The label that says which one: "/var", "sda", "nginx (pid 12)". False: there is only one. */
bool phrase_add_where(
    const struct alert_facts *f, escape_fn *escape, size_t max_units, struct buf *b);

#endif
