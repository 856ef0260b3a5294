/*
 * Jobs of the outbox to where they go: over the wire to the courier, or to stderr. Receipts back.
 */
#ifndef AGENT_DISPATCH_H
#define AGENT_DISPATCH_H

#include "core/heartbeat.h"
#include "base/loop.h"
#include "conf/conf.h"
#include "notify/notify.h"
#include "outbox/outbox.h"
#include "priv/link.h"
#include "priv/role.h"

struct dispatch {
	struct role_ctx *ctx;
	struct loop *loop;
	const struct conf *conf;
	struct outbox *outbox;
	struct heartbeat *heartbeat; /* gets the receipts of its pings */
	struct link courier;
	struct loop_io io;
	struct loop_timer wake; /* when the outbox has something due */
	struct wire_msg in, out;
	struct buf body;
	bool closed; /* nothing more leaves */
	void (*changed)(
	    void *arg, const struct now *now); /* a receipt came: there is news to keep */
	void *arg;
};

/* d is zeroed but for conf, outbox, heartbeat, changed and arg. */
void dispatch_init(struct dispatch *d, struct loop *loop, struct role_ctx *ctx);
void dispatch_done(struct dispatch *d);

/* Takes the wire to another courier, if one has come over the lifeline. */
void dispatch_take_wire(struct dispatch *d);

/* Sends what may leave now, and sets the timer for what may leave later. */
void dispatch_pump(struct dispatch *d, const struct now *now);

/* Hands the heartbeat's ping to the courier; false: not now. */
bool dispatch_ping(struct dispatch *d, uint64_t id);

/* From now on only receipts are taken. */
void dispatch_close(struct dispatch *d);

#endif
