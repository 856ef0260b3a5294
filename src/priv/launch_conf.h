/*
 * What the launcher is given by the program, and how long it waits for what.
 */
#ifndef PRIV_LAUNCH_CONF_H
#define PRIV_LAUNCH_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "priv/role.h"

/* A test build may lower these. */
#ifndef LAUNCH_BACKOFF_MIN_MS
#define LAUNCH_BACKOFF_MIN_MS 100
#endif
#ifndef LAUNCH_BACKOFF_MAX_MS
#define LAUNCH_BACKOFF_MAX_MS 10000
#endif
#ifndef LAUNCH_STEADY_MS
#define LAUNCH_STEADY_MS 10000 /* a life this long resets the back-off */
#endif
#ifndef LAUNCH_PING_MS
#define LAUNCH_PING_MS 30000
#endif
#ifndef LAUNCH_LOAD_MS
#define LAUNCH_LOAD_MS 10000 /* longest life of a loader */
#endif
#ifndef LAUNCH_STOP_AGENT_MS
#define LAUNCH_STOP_AGENT_MS 1200 /* for the agent to flush through the other two */
#endif
#ifndef LAUNCH_STOP_ALL_MS
#define LAUNCH_STOP_ALL_MS 1700 /* then what is left is killed */
#endif

/* Blobs are numbered by the role they are for, the launcher's own comes last. */
enum { LAUNCH_BLOB_SELF = ROLE_COUNT, LAUNCH_BLOBS };

/* What the launcher itself must know. Empty strings: not set. */
struct launch_settings {
	char user[64]; /* to run as when started as root; missing on this host: nobody */
	char data_dir[PATH_MAX];
	char pid_file[PATH_MAX];
	char log_file[PATH_MAX]; /* becomes descriptor 2 of all; opened again by each reload */
};

struct launch {
	/*
	 * Run in a child of its own, with all rights that the launcher has: writes the blob of each
	 * consumer to its descriptor, in any order. The return value is its exit status: 0 when all
	 * blobs are complete, 2 for a configuration error, already printed on stderr.
	 */
	int (*load)(void *arg, const int out[LAUNCH_BLOBS]);

	/*
	 * In the launcher, at start (still with all rights) and after a successful reload: turns
	 * the launcher's own blob into settings (zeroed before), may set up the log. False:
	 * refused.
	 */
	bool (*settings)(void *arg, const char *blob, size_t len, struct launch_settings *out);

	/* In the worker. Returns its exit status; any end, wanted or not, is followed by a restart.
	 */
	int (*role_main[ROLE_COUNT])(struct role_ctx *ctx);

	const char *conf_origin; /* the configuration's file, for people; NULL: none */

	void *arg;
};

#endif
