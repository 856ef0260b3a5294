/*
 * Names of severities, both ways.
 */
#include "model/severity.h"

#include "base/str.h"

static const char *const names[SEV_COUNT] = {"none", "info", "warn", "critical", "emergency"};

const char *
severity_name(enum severity sev)
{
	return (unsigned)sev < SEV_COUNT ? names[sev] : "unknown";
}

enum severity
severity_checked(enum severity sev)
{
	return (unsigned)sev < SEV_COUNT ? sev : SEV_NONE;
}

bool
severity_parse(const char *name, enum severity *out)
{
	for (int i = 0; i < SEV_COUNT; i++) {
		if (str_eq(names[i], name)) {
			*out = (enum severity)i;
			return true;
		}
	}
	return false;
}
