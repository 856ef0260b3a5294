/*
 * The message that --test-alert sends: rendered by the same code as every other.
 */
#ifndef AGENT_TEST_NOTICE_H
#define AGENT_TEST_NOTICE_H

#include "base/buf.h"
#include "conf/conf.h"
#include "notify/notify.h"

/* The channel's row; body gets the payload. NULL when it cannot be rendered. */
const struct notify_channel *agent_test_notice(
    const struct conf *conf, enum channel_id channel, struct buf *body);

#endif
