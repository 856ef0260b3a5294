/*
 * Words on one alert, for whoever asks the running agent.
 */
#ifndef SHOW_STATUS_ALERT_H
#define SHOW_STATUS_ALERT_H

#include "alert/alert.h"
#include "base/buf.h"
#include "outbox/outbox.h"

/* How far the news of an alert has come on its way to a channel. */
enum status_way { WAY_TOLD, WAY_REFUSED, WAY_ON_ITS_WAY, WAY_WAITING, WAYS };

/* Channels by way, bits by id. Each channel that the alert was for is in one. */
void status_alert_ways(const struct alert_view *view, const struct outbox *ob, unsigned ways[WAYS]);

/* The worst first: below 0, a comes before b. Firing before pending, severe, then new. */
int status_alert_compare(const struct alert_view *a, const struct alert_view *b);

/* In one word: what keeps it from being told, or the furthest that it has come; ways: its own. */
const char *status_alert_word(const struct alert_view *view, const unsigned ways[WAYS]);

/* "silenced; told discord, email; waiting for webhook" */
void status_alert_add_told(const struct alert_view *view, const struct outbox *ob, struct buf *out);

/* "disk usage of /var is 95.2% (limit 90.0%)"; untrusted text comes out visible. */
void status_alert_add(const struct alert_facts *facts, struct buf *out);

#endif
