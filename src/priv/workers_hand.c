/*
 * Descriptors over lifelines. A worker that takes none, for it hangs or is just about to end, gets
 * it with its next start.
 */
#include "priv/workers_hand.h"

#include "base/log.h"
#include "priv/lifeline.h"

void
workers_hand_log(const struct workers *workers)
{
	for (int r = 0; r < ROLE_COUNT; r++)
		if (workers->each[r].lifeline >= 0 && !lifeline_hand_log(workers->each[r].lifeline))
			log_warn_errno("hand the log to the %s", role_name((enum role)r));
}

void
workers_hand_control(const struct workers *workers)
{
	int agent = workers->each[ROLE_AGENT].lifeline;

	if (agent >= 0 && !lifeline_hand_control(agent, workers->control_fd))
		log_warn_errno("hand the control socket to the agent");
}
