/*
 * One notice of kind test about no real alert, on one channel.
 */
#include "agent/test_notice.h"

#include <math.h>
#include <unistd.h>

#include "agent/once.h"
#include "base/clock.h"
#include "base/str.h"
#include "model/notice.h"

const struct notify_channel *
agent_test_notice(const struct conf *conf, enum channel_id channel, struct buf *body)
{
	struct notice *n = notice_new(NOTICE_TEST, (int)channel, 1);
	struct now now = clock_now();
	struct notify_context ctx = {
	    .hostname = conf->agent.hostname,
	    .version = SYSOPS_VERSION,
	    .channel = &conf->channels[channel],
	    .username = conf->channels[channel].username,
	    .labels = conf->agent.labels,
	    .now_wall_ms = now.wall_ms,
	    .colour = agent_wants_colour(STDERR_FILENO),
	};
	struct alert_facts *facts = &n->facts[0];
	const struct notify_channel *row = notify_channel((int)channel);
	bool ok;

	n->severity = SEV_WARN;
	n->created_wall_ms = now.wall_ms;
	*facts = (struct alert_facts){
	    .metric = METRIC_CPU_USAGE,
	    .severity = SEV_WARN,
	    .value = 42,
	    .limit = 40,
	    .worst = 42,
	    .op = OP_GE,
	    .eta_secs = NAN,
	    .since_wall_ms = now.wall_ms,
	    .count = 1,
	};
	str_copy(facts->rule, sizeof(facts->rule), "test");
	str_copy(facts->message, sizeof(facts->message),
	    "This is a test: nothing is wrong. It was asked for with sysops-agent --test-alert.");
	ok = row != NULL && notify_render(n, &ctx, body);
	notice_free(n);
	return ok ? row : NULL;
}
