/*
 * The headline of a message, the same on every channel. Written for someone just woken up: how bad,
 * which host, what, where, how much, against which limit.
 */
#ifndef NOTIFY_HEADLINE_H
#define NOTIFY_HEADLINE_H

#include "notify/sentence.h"

/*
 * "[CRITICAL] web-01: disk usage of /var is 95.2% (limit 90.0%)"; where notify/template.h applies,
 * the first line of that.
 */
void headline_add(const struct message *msg, struct buf *b);

/* Its halves: "[CRITICAL] web-01", and what is wrong; with a template the second is all of it. */
void headline_add_origin(const struct message *msg, struct buf *b);
void headline_add_text(const struct message *msg, struct buf *b);

/*
 * What is to be known of the message itself: "delayed: this is of 2026-11-22 20:43:01 UTC, 2 h ago;
 * clock: this host's is 2 min ahead of this service's"; mostly nothing.
 */
void headline_add_remarks(const struct message *msg, struct buf *b);
bool headline_is_delayed(const struct message *msg);

#endif
