/*
 * Hands a job to the protocol of its channel. The configuration is trusted to be checked, not to be
 * complete: what is missing for any delivery is the outcome.
 */
#include "courier/deliver.h"

#include "courier/http.h"
#include "courier/service.h"

void
deliver_run(const struct conf_channel *channel, const struct attempt_job *job, struct delivery *out)
{
	const struct service *service = service_of(channel->id);
	const char *missing = service_missing(channel);

	if (missing != NULL)
		attempt_fail(out, DELIVERY_DENIED, missing);
	else if (service->deliver != NULL)
		service->deliver(channel, job, out);
	else
		http_deliver(channel, job, out);
}

const char *
deliver_outcome_name(enum delivery_outcome outcome)
{
	static const char *const names[DELIVERY_OUTCOMES] = {[DELIVERY_DELIVERED] = "delivered",
	    [DELIVERY_TEMPORARY] = "temporary",
	    [DELIVERY_RATE_LIMITED] = "rate_limited",
	    [DELIVERY_REJECTED] = "rejected",
	    [DELIVERY_DENIED] = "denied",
	    [DELIVERY_BUSY] = "busy"};

	return (unsigned)outcome < DELIVERY_OUTCOMES && names[outcome] != NULL ? names[outcome]
	                                                                       : "?";
}
