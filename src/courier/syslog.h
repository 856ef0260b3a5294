/*
 * One message to the syslog daemon of this host, over its unix socket.
 */
#ifndef COURIER_SYSLOG_H
#define COURIER_SYSLOG_H

#include "courier/attempt.h"

/* A message that is too long for the socket is REJECTED, so that a shorter one is made. */
void syslog_deliver(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out);

const char *syslog_missing(const struct conf_channel *channel);

#endif
