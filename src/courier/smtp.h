/*
 * One mail to a mail server by libcurl: the message as the agent has rendered it, to the recipients
 * of the configuration. With smtp_tls nothing but EHLO and STARTTLS is said before TLS, with a
 * verified certificate; a password goes over TLS, or to this very host.
 */
#ifndef COURIER_SMTP_H
#define COURIER_SMTP_H

#include "courier/attempt.h"

void smtp_deliver(
    const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out);

const char *smtp_missing(const struct conf_channel *channel);

#endif
