/*
 * What a notice says, in sentences that every channel uses. Written for someone just woken up: how
 * bad, which host, what, where, how much, against which limit. Text that came from outside goes
 * through the channel's escape and is cut to a length of its own; the rest is ours.
 */
#ifndef NOTIFY_WORDS_H
#define NOTIFY_WORDS_H

#include "notify/escape.h"
#include "notify/notify.h"

struct words {
	const struct notice *notice;
	const struct notify_context *ctx;
	escape_fn *escape;
};

/*
 * "[CRITICAL] web-01: disk usage of /var is 95.2% (limit 90.0%)"; where notify/template.h applies,
 * the first line of that.
 */
void words_headline(const struct words *w, struct buf *b);

/* Its halves: "[CRITICAL] web-01", and what is wrong; with a template the second is all of it. */
void words_origin(const struct words *w, struct buf *b);
void words_said(const struct words *w, struct buf *b);

/* The same of one alert, without tag and host. */
void words_fact(const struct words *w, const struct alert_facts *f, struct buf *b);

/* "swap, disk of /var and 2 more": what it holds back as its consequences; nothing if nothing. */
void words_also(const struct words *w, const struct alert_facts *f, struct buf *b);

/* "warn": the level it was found at, where it was raised since; nothing if it was not. */
void words_raised(const struct alert_facts *f, struct buf *b);

/* "3 times in the last 5 min"; nothing if once, or where the headline says it. */
void words_count(const struct alert_facts *f, struct buf *b);

/* "2026-11-22 20:43:01 UTC (12 min)", up to its end or now. */
void words_since(const struct words *w, const struct alert_facts *f, struct buf *b);

/* "delayed: this is of 2026-11-22 20:43:01 UTC, 2 h ago"; nothing if it is not. */
void words_delay(const struct words *w, struct buf *b);

bool words_is_resolved(const struct alert_facts *f);
bool words_is_delayed(const struct words *w);

/* Alerts that n is about, those it has no facts of included. */
unsigned long long words_total(const struct notice *n);

/* The alert that stands for all: firing before resolved, then the most severe. NULL: none. */
const struct alert_facts *words_worst(const struct notice *n);

#endif
