/*
 * The limit stage: so many messages a minute and so many an hour, for each channel and for all of
 * them together. It comes last, in the outbox, where what waits is on disk already; what it holds
 * leaves as one digest with the next token (digest_policy.c).
 */
#ifndef OUTBOX_QUOTA_H
#define OUTBOX_QUOTA_H

#include "conf/conf.h"
#include "outbox/bucket.h"

struct quota {
	struct bucket minute, hour;
};

/* Zeroed before the first time. New limits count what has left under the old ones. */
void quota_configure_channel(struct quota *l, const struct conf_alert *conf);
/* All channels together: as much as QUOTA_ALL_FACTOR channels may send. */
#define QUOTA_ALL_FACTOR 6
void quota_configure_all(struct quota *l, const struct conf_alert *conf);
void quota_done(struct quota *l);

/* When both buckets have a token; a time that may be long past. Boot ns. */
int64_t quota_free_at(const struct quota *l);
void quota_take(struct quota *l, int64_t boot_ns);
void quota_give_back(struct quota *l); /* what was taken did not leave */

#endif
