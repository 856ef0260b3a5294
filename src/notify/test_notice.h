/*
 * The message that --test-alert sends: about no real alert, rendered by the same code as every
 * other.
 */
#ifndef NOTIFY_TEST_NOTICE_H
#define NOTIFY_TEST_NOTICE_H

#include "base/buf.h"
#include "conf/conf.h"
#include "notify/notify.h"

/* Appends the payload for the channel; false when it cannot be rendered. */
bool test_notice_render(const struct conf *conf, enum channel_id channel, const struct now *now,
    bool colour, struct buf *body);

#endif
