/*
 * One attempt to hand a body to a service: straight, blocking, at most timeout_ms long. Run
 * it in a process that may die. TLS is always verified; redirects are not followed; proxies come
 * from the configuration only, never from the environment.
 */
#ifndef COURIER_DELIVER_H
#define COURIER_DELIVER_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf.h"
#include "courier/attempt.h"
#include "courier/reply.h"

void deliver_run(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out);

/* "delivered", "temporary", "rate_limited", "rejected", "denied", "busy" */
const char *deliver_outcome_name(enum delivery_outcome outcome);

#endif
