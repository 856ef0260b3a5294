/*
 * Alerts that go on, told again to channels that forget them otherwise (Alertmanager). Done within
 * a cycle that comes anyway; what it makes is transient: nothing waits for it, nothing keeps it.
 */
#ifndef AGENT_RENEW_H
#define AGENT_RENEW_H

#include "alert/alert.h"
#include "conf/conf.h"
#include "notify/outbox.h"

/* What was told of an alert last. */
struct renew_known {
	uint64_t fingerprint;
	enum severity severity; /* SEV_NONE: not renewed yet */
	bool seen;
	char cause[NOTICE_CAUSE_MAX];
};

struct renew {
	int64_t last_ns;           /* boot time of the last round; 0: none */
	struct renew_known *known; /* by fingerprint */
	size_t count, cap;
};

void renew_done(struct renew *r);

/* Each cycle, with its notices before they are queued: remembers the causes they tell. */
void renew_learn(struct renew *r, const struct notices *notices);

/* Each cycle, after that: once a minute queues a notice, or several, of all that such a channel
 * was told and that still fires; not where older news failed and wait. */
void renew_round(struct renew *r, const struct alert_book *book, struct outbox *ob,
    const struct conf *conf, const struct now *now);

/* How long what a channel is told stands without being renewed. */
int64_t renew_lease_ms(const struct conf *conf);

#endif
