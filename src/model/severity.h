/*
 * How bad something is. SEV_NONE is "nothing wrong" and orders below all others.
 */
#ifndef MODEL_SEVERITY_H
#define MODEL_SEVERITY_H

#include <stdbool.h>

enum severity { SEV_NONE, SEV_INFO, SEV_WARN, SEV_CRITICAL, SEV_EMERGENCY };

#define SEV_COUNT 5
#define SEV_BIT(sev) (1u << (sev))
/* What a channel takes unless it says otherwise. */
#define SEV_DEFAULT_MASK (SEV_BIT(SEV_WARN) | SEV_BIT(SEV_CRITICAL) | SEV_BIT(SEV_EMERGENCY))

/* "none", "info", "warn", "critical", "emergency". */
const char *severity_name(enum severity sev);
/* sev, or SEV_NONE for a number that is no severity's: an index for tables of SEV_COUNT rows. */
enum severity severity_checked(enum severity sev);
bool severity_parse(const char *name, enum severity *out);

#endif
