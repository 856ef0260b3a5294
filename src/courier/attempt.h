/*
 * What every attempt to deliver has in common, whatever it speaks.
 */
#ifndef COURIER_ATTEMPT_H
#define COURIER_ATTEMPT_H

#include <curl/curl.h>

#include "courier/deliver.h"

/* True in a child whose courier has died: it must deliver nothing, the next courier will. */
bool attempt_is_orphan(const struct deliver_job *job);

/* The shorter of the channel's time and the job's. */
int64_t attempt_timeout_ms(const struct conf_channel *channel, const struct deliver_job *job);

/* Certificates are checked, against the channel's ca_file or the system's; TLS 1.2 at least. */
void attempt_set_trust(CURL *curl, const struct conf_channel *channel);

void attempt_set_times(CURL *curl, int64_t timeout_ms);

/* The end of an attempt that got no answer: the text says why, with secrets masked. */
void attempt_explain(CURLcode code, const char *error, int64_t timeout_ms, const struct mask *mask,
    struct delivery *out);

void attempt_fail(struct delivery *out, enum wire_outcome outcome, const char *text);

#endif
