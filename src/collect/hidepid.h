/*
 * The options hidepid= and gid= of a proc mount (proc(5); kernel: has_pid_permissions()): whose
 * processes are kept from whom. The first two are pure.
 */
#ifndef COLLECT_HIDEPID_H
#define COLLECT_HIDEPID_H

#include <stdbool.h>
#include <stdint.h>

enum hidepid_level {
	HIDEPID_OFF,
	HIDEPID_NO_ACCESS,  /* others' processes are listed, and cannot be read */
	HIDEPID_INVISIBLE,  /* others' processes are not listed */
	HIDEPID_PTRACEABLE, /* the same, for all who may not trace them: no group is let off */
};

struct hidepid {
	enum hidepid_level level;
	uint32_t gid; /* who is in this group is let off; 0 where the mount names none */
};

/* Of the options of the file system: "rw,gid=27,hidepid=invisible"; before Linux 5.8 "hidepid=2".
 */
struct hidepid hidepid_parse(const char *options);

/*
 * Whether processes of others are not listed for one who has CAP_SYS_PTRACE (may_trace) or is in
 * the mount's group (in_group).
 */
bool hidepid_hides(const struct hidepid *h, bool may_trace, bool in_group);

/* Of this process, now: false when the kernel does not say. */
bool hidepid_may_trace(void);
bool hidepid_in_group(const struct hidepid *h);

#endif
