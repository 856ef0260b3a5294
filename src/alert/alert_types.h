/*
 * What the alerts' public face and their inside both name.
 */
#ifndef ALERT_ALERT_TYPES_H
#define ALERT_ALERT_TYPES_H

#include <stdbool.h>

#include "model/subject.h"

#define ALERTS_MAX 2048

enum alert_state { ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED };

/* A channel that is enabled, and the severities it takes (SEV_BIT()). */
struct alert_channel {
	int id; /* enum channel_id */
	unsigned severities;
	unsigned alerts_max; /* of one notice; the others go in further ones; 0: any number */
	bool cases;          /* it keeps a case open for each alert until it is told the end */
};

/* Is this subject there, and only does not answer? */
typedef bool alert_held_fn(void *arg, const struct subject *subject);

#endif
