/*
 * When waiting notices are summed up in a digest: at a day's age, past the bound, or for a limit.
 */
#ifndef OUTBOX_DIGEST_POLICY_H
#define OUTBOX_DIGEST_POLICY_H

#include "outbox/queue.h"

/* An alert whose firing was told only in a digest of what came too late. */
struct expired_alert {
	uint64_t case_key;
	int channel;
};

/* Zeroed is ready. */
struct digest_policy {
	struct expired_alert *expired;
	size_t expired_count, expired_cap;
	bool full_said; /* and since then there was no time with half as many */
};

void digest_policy_done(struct digest_policy *policy);

/* Boot time when something is too old; INT64_MAX: never, as where each alert has a case. */
int64_t digest_policy_deadline(const struct channel_queue *queue);

/* Sums up what is too old; alerts that may still fire are added to policy->expired. */
void digest_policy_expire(struct digest_policy *policy, struct queue_set *set,
    struct channel_queue *queue, const struct now *now);

/* What waits for a limit, if it is more than one, becomes one digest. */
void digest_policy_limit(struct queue_set *set, struct channel_queue *queue, const struct now *now);

/* Sums up the oldest of the fullest channel while there are too many; warns once. */
void digest_policy_bound(
    struct digest_policy *policy, struct queue_set *set, const struct now *now);

#endif
