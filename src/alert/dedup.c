/*
 * Windows by severity. They run on the boot clock: a step of the wall clock neither repeats nor
 * swallows a notice.
 */
#include "alert/dedup.h"

static bool
in_window(const struct conf_alert *conf, const struct alert_entry *a, enum severity severity,
    const struct now *now)
{
	const struct alert_fired *fired = &a->fired[severity];

	return fired->sent.wall_ms != 0 &&
	       now->boot_ns - fired->sent.boot_ns < conf->dedup_secs[severity] * NS_PER_SEC;
}

bool
dedup_pass(const struct conf_alert *conf, struct alert_entry *a, const struct now *now)
{
	return !in_window(conf, a, a->facts.severity, now);
}

void
dedup_fired(const struct conf_alert *conf, struct alert_entry *a, const struct now *now)
{
	struct alert_fired *fired = &a->fired[a->facts.severity];

	fired->count = in_window(conf, a, a->facts.severity, now) ? fired->count + 1 : 1;
}

void
dedup_sent(const struct conf_alert *conf, struct alert_entry *a, const struct now *now)
{
	struct alert_fired *fired = &a->fired[a->facts.severity];

	a->facts.count = fired->count > 1 ? fired->count : 1;
	a->facts.count_secs = fired->count > 1 ? conf->dedup_secs[a->facts.severity] : 0;
	*fired = (struct alert_fired){.sent = *now, .count = 1};
}

bool
dedup_remembers(const struct conf_alert *conf, const struct alert_entry *a, const struct now *now)
{
	for (int severity = 0; severity < SEV_COUNT; severity++) {
		if (in_window(conf, a, (enum severity)severity, now))
			return true;
	}
	return false;
}
