/*
 * One HTTP request to a channel's service. Redirects are not followed; a proxy comes from the
 * configuration only, never from the environment.
 */
#ifndef COURIER_HTTP_H
#define COURIER_HTTP_H

#include "courier/attempt.h"

void http_deliver(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out);

#endif
