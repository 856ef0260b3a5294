/*
 * What the alerts' public face and their inside both name.
 */
#ifndef ALERT_ALERT_TYPES_H
#define ALERT_ALERT_TYPES_H

#include <stdbool.h>

#include "base/clock.h"
#include "conf/channel.h"
#include "model/notice.h"

#define ALERTS_MAX 2048 /* that findings can raise */
/* With those of an earlier life whose end is owed to somebody, though others took their places. */
#define ALERTS_OWED_MAX (2 * ALERTS_MAX)

enum alert_state { ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED };

/* A channel that is enabled, and the severities it takes (SEV_BIT()). */
struct alert_channel {
	int id; /* enum channel_id */
	unsigned severities;
	struct channel_traits traits;
};

/* Why no findings come of an alert any more. */
enum alert_quiet {
	ALERT_GONE,      /* its subject is no more, as far as is known */
	ALERT_HELD,      /* it is there, and only does not answer */
	ALERT_UNWATCHED, /* nobody looks any more: the configuration says so */
};
typedef enum alert_quiet alert_why_quiet_fn(void *arg, const struct alert_facts *facts);

/* What alert_apply() is called with, besides findings. */
struct alert_round {
	const struct now *now;
	bool cycle;
	alert_why_quiet_fn *why_quiet; /* NULL: what has no findings is gone */
	void *why_quiet_arg;
};

#endif
