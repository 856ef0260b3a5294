/*
 * The facts of an alert as short texts: what is measured, where, how much, when. Parts of
 * sentences, and cells of a table.
 */
#ifndef NOTIFY_FACT_TEXT_H
#define NOTIFY_FACT_TEXT_H

#include "model/notice.h"
#include "notify/escape.h"

/* Value or limit in the metric's unit, "up" and "down" for states; "" for NAN. */
void fact_text_value(const struct alert_facts *f, double value, char out[METRIC_VALUE_MAX]);

/* Seconds until a disk that fills is full; NAN: not known, or so far off that nobody needs it. */
double fact_text_full_secs(const struct alert_facts *f);

/* "limit", "minimum", ...: what the limit is to values of this alert. */
const char *fact_text_limit_name(const struct alert_facts *f);

/* The metric's name, or the rule's where an alert has no metric. */
const char *fact_text_metric(const struct alert_facts *f);
bool fact_text_has_metric(const struct alert_facts *f);

/* True for states like a link that is up or down: a limit then says nothing. */
bool fact_text_is_state(const struct alert_facts *f);

/* "disk usage" */
void fact_text_add_subject(const struct alert_facts *f, escape_fn *escape, struct buf *b);

/* The label that says which one: "/var", "sda", "nginx (pid 12)". False: there is only one. */
bool fact_text_add_where(
    const struct alert_facts *f, escape_fn *escape, size_t max_units, struct buf *b);

/* "2026-11-22 20:43:01 UTC": then, by the clock of now, in the zone for people. */
void fact_text_add_time(struct buf *b, const struct now *then, const struct now *now);

/* "3 h 20 min"; "about 3 h" where the host was rebooted since then, for its clock may have been
 * set. */
void fact_text_add_since(struct buf *b, const struct now *then, const struct now *now);

/* "3 h 20 min" */
void fact_text_add_span(struct buf *b, int64_t ms);

#endif
