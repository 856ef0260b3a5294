/*
 * Locks a worker up: from "may open what its user may" to "has what it has". So far this only sets
 * what every kernel has: no_new_privs, not dumpable, no core file. System call filters (seccomp)
 * and path rules (Landlock) belong in priv_lock and are not there yet. A refusal is logged, not
 * fatal: the user and the capabilities were dropped before.
 */
#include "priv/sandbox.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"

void
priv_harden(void)
{
	const struct rlimit none = {0, 0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		log_warn_errno("no_new_privs");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warn_errno("not dumpable");
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		log_warn_errno("no core files");
}

void
priv_lock(enum role role)
{
	priv_harden();
	log_debug("%s: locked", role_name(role));
}
