/*
 * /proc/PID/mountinfo (proc_pid_mountinfo(5)), or the older /proc/PID/mounts. Pure.
 */
#ifndef COLLECT_MOUNTINFO_H
#define COLLECT_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One mount. The strings lie in the text that was parsed, unescaped, NUL-terminated. */
struct mountinfo {
	uint64_t id, parent, major, minor; /* all 0 from the older file */
	const char *root, *mountpoint, *fstype, *source;
	const char *super_options; /* of the file system: "rw,hidepid=2" */
	bool mount_read_only; /* this mount: in a service's own namespace that may be its sandbox */
	bool super_read_only; /* the file system, also after an error */
	uint32_t order;       /* line, from 0: later ones were mounted later */
	/* Set by mount_tree_hide() and mount_select(). */
	bool hidden;  /* a later mount covers it */
	bool cut_off; /* ... or the way to it */
	bool picked;  /* report this one */
	bool risky;   /* asking it may hang */
};

/*
 * Fills out with at most max mounts of the text, in place: text is changed and must outlive them.
 * Lines that are cut or malformed are left out; *malformed says whether there were any.
 */
size_t mountinfo_parse(char *text, size_t len, struct mountinfo *out, size_t max, bool *malformed);
size_t mountinfo_parse_mounts(
    char *text, size_t len, struct mountinfo *out, size_t max, bool *malformed);

/* Lines in text: how many mounts there can be. */
size_t mountinfo_count(const char *text, size_t len);

#endif
