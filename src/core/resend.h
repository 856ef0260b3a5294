/*
 * Alerts that go on, told again to channels that forget them otherwise (Alertmanager). Done within
 * a cycle that comes anyway; what it makes is transient: nothing waits for it, nothing keeps it.
 */
#ifndef CORE_RESEND_H
#define CORE_RESEND_H

#include "alert/alert.h"
#include "conf/conf.h"
#include "outbox/outbox.h"

/* What a channel was told of an alert last. */
struct resend_known {
	int channel;
	uint64_t fingerprint;
	enum severity severity; /* SEV_NONE: not renewed yet */
	unsigned levels;        /* told_levels of its facts then */
	bool seen;
};

struct resend {
	int64_t last_ns;            /* boot time of the last round; 0: none */
	struct resend_known *known; /* by channel and fingerprint */
	size_t count, cap;
};

void resend_done(struct resend *r);

/* Each cycle, after its notices are queued: once a minute queues a notice, or several, of all that
 * such a channel was told and that still fires; not where older news failed and wait. */
void resend_round(struct resend *r, const struct alert_table *table, struct outbox *ob,
    const struct conf *conf, const struct now *now);

#endif
