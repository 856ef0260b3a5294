/*
 * One attempt to hand a body to a service: straight, blocking, at most timeout_ms long. Run
 * it in a process that may die. TLS is always verified; redirects are not followed; proxies come
 * from the configuration only, never from the environment.
 */
#ifndef COURIER_DELIVER_H
#define COURIER_DELIVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "courier/reply.h"

struct deliver_job {
	const char *content_type;
	const char *headers; /* further header lines, separated by newlines; NULL or "": none */
	const char *body;
	size_t body_len;
	int64_t timeout_ms; /* the channel's own timeout holds too; 0: that alone */
	pid_t parent;       /* give up when this is not the parent any more; 0: no matter */
};

void deliver_run(
    const struct conf_channel *channel, const struct deliver_job *job, struct delivery *out);

/* The same without further headers and for a process that has no parent to mind. */
void deliver_once(const struct conf_channel *channel, const char *content_type, const char *body,
    size_t len, int64_t timeout_ms, struct delivery *out);

/* "delivered", "temporary", "rate_limited", "rejected", "denied" */
const char *deliver_outcome_name(enum delivery_outcome outcome);

#endif
