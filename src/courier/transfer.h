/*
 * One transfer by libcurl, HTTP or SMTP: its handle, its trust, its time limits and the words of
 * its failure.
 */
#ifndef COURIER_TRANSFER_H
#define COURIER_TRANSFER_H

#include <curl/curl.h>

#include "courier/attempt.h"
#include "courier/mask.h"

/* Must stay where it is until transfer_done: libcurl points into it. */
struct transfer {
	const struct conf_channel *channel;
	const struct attempt_job *job;
	CURL *curl;
	bool started; /* libcurl's global state is there */
	int64_t timeout_ms;
	bool patient;         /* see transfer_be_patient() */
	const char *too_long; /* what is said of an answer that is longer than it may be */
	struct mask mask;     /* the channel's secrets, to be kept out of error texts */
	char error[CURL_ERROR_SIZE];
};

/*
 * A handle with all that does not depend on the protocol. Certificates are checked, against the
 * channel's ca_file or the system's; TLS 1.2 at least; no .netrc, and no proxy from the
 * environment. False: libcurl does not start, as *out says. transfer_done in any case.
 */
bool transfer_init(struct transfer *t, const struct conf_channel *channel,
    const struct attempt_job *job, struct delivery *out);

/* No other protocols: by name ("http,https"), and as the bits of older libraries. */
void transfer_limit_protocols(struct transfer *t, const char *names, long bits);

/*
 * For servers that may think long before they say a word: they have the whole time for it and for
 * each answer, once the connection is there; for that there are 30 s.
 */
void transfer_be_patient(struct transfer *t);

/* Whether there was a connection; with the TLS that it is to begin with. */
bool transfer_connected(const struct transfer *t);

/* Blocks until its end or time-out. False: there is no courier any more, as *out says. */
bool transfer_perform(struct transfer *t, CURLcode *code, struct delivery *out);

/* The end of a transfer that got no answer: appends why to text, with secrets masked. */
void transfer_explain(const struct transfer *t, CURLcode code, struct buf *text);

/*
 * Reports what came of it, then closes the connection: TLS or the library may fail over that, and a
 * server may never answer to QUIT, for which libcurl waits two minutes.
 */
void transfer_done(struct transfer *t, const struct delivery *out);

#endif
