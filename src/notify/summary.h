/*
 * What a notice about several alerts says in one sentence.
 */
#ifndef NOTIFY_SUMMARY_H
#define NOTIFY_SUMMARY_H

#include "notify/sentence.h"

/* "3 disk warnings: / (91.0%), /var (88.2%), /home (85.0%)" */
void summary_add_group(const struct message *msg, struct buf *b);

/* "12 alerts in the last 40 min, over the rate limit: 2 critical, 9 warn, 1 resolved" */
void summary_add_digest(const struct message *msg, struct buf *b);

#endif
