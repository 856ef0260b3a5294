/*
 * Lines on alerts. They name the rule and say the facts as they are now; texts of the host's come
 * out escaped by the log.
 */
#include "alert/alert_log.h"

#include "base/log.h"
#include "base/str.h"

/* Goes up and down all the time: said once, when that begins. */
static bool
is_flapping(const struct alert_entry *a, enum flap_phase before)
{
	char line[FACTS_LINE_MAX];

	if (a->flap.phase != FLAP_BEGUN && a->flap.phase != FLAP_ON)
		return false;
	if (before == FLAP_STEADY)
		log_info("alert %s flaps, its ups and downs are not logged until it rests: %s",
		    a->facts.rule, facts_line(&a->facts, line));
	return true;
}

void
alert_log_level(const struct alert_entry *a, enum flap_phase before)
{
	const char *now = severity_name(a->facts.severity);
	char line[FACTS_LINE_MAX];

	if (is_flapping(a, before))
		return;
	facts_line(&a->facts, line);
	if (a->was == SEV_NONE)
		log_info("alert %s fires, %s: %s", a->facts.rule, now, line);
	else
		log_info("alert %s %s from %s to %s: %s", a->facts.rule,
		    a->facts.severity > a->was ? "rises" : "falls", severity_name(a->was), now,
		    line);
}

void
alert_log_end(const struct alert_entry *a, enum flap_phase before)
{
	char line[FACTS_LINE_MAX];

	if (!is_flapping(a, before))
		log_info("alert %s is over, was %s: %s", a->facts.rule, severity_name(a->was),
		    facts_line(&a->facts, line));
}

void
alert_log_no_room(const struct alert_entry *a)
{
	char line[FACTS_LINE_MAX];

	log_info("alert %s fires and finds no room, %s: %s", a->facts.rule,
	    severity_name(a->facts.severity), facts_line(&a->facts, line));
}

void
alert_log_silenced(const struct alert_entry *a)
{
	char line[FACTS_LINE_MAX];

	log_info("alert %s is silenced, %s: %s", a->facts.rule, severity_name(a->facts.severity),
	    facts_line(&a->facts, line));
}
