/*
 * How each service wants to be asked, beyond a POST to the channel's URL.
 */
#ifndef COURIER_SERVICE_H
#define COURIER_SERVICE_H

#include <stdbool.h>

#include "base/buf.h"
#include "conf/conf.h"
#include "courier/reply.h"

struct attempt_job;

struct service {
	/* Another transport than HTTP; NULL: HTTP. */
	void (*deliver)(const struct conf_channel *channel, const struct attempt_job *job,
	    struct delivery *out);
	/* What no delivery is possible without, if it is not given; NULL: the url. */
	const char *(*missing)(const struct conf_channel *channel);
	/* Where requests go; NULL: the channel's URL. */
	void (*add_address)(const struct conf_channel *channel, struct buf *url);
	/* What stands for CHANNEL_SLOT in the payload; NULL: payloads have no slot. */
	void (*add_secret)(const struct conf_channel *channel, struct buf *b);
	bool bearer; /* the token goes into an Authorization header */
	/* Answers whose status does not say all, ended by one without a word; NULL: none. */
	const struct reply_verdict *verdicts;
};

/* Never NULL. */
const struct service *service_of(enum channel_id id);

/* What the channel lacks, in words; NULL: nothing. */
const char *service_missing(const struct conf_channel *channel);

/* The body with its slots filled, from mem; NULL: the service has none. */
char *service_fill(
    const struct conf_channel *channel, const char *body, size_t len, size_t *filled_len);

#endif
