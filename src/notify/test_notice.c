/*
 * Makes and renders the one notice of kind test, of fixed facts: a person must see at once that
 * nothing is wrong. Trusts the configuration. A channel that cannot be rendered is the caller's to
 * report.
 */
#include "notify/test_notice.h"

#include <math.h>

#include "base/str.h"
#include "model/notice.h"

static const char said[] =
    "This is a test: nothing is wrong. It was asked for with sysops-agent --test-alert.";

static void
fill_facts(struct alert_facts *facts, const struct now *now)
{
	*facts = (struct alert_facts){
	    .severity = SEV_WARN,
	    .value = 42,
	    .limit = 40,
	    .worst = 42,
	    .op = OP_GE,
	    .eta_secs = NAN,
	    .since = *now,
	    .count = 1,
	};
	str_copy(facts->subject.name, sizeof(facts->subject.name), metrics[METRIC_CPU_USAGE].name);
	subject_fill_from_metric(&facts->subject);
	str_copy(facts->rule, sizeof(facts->rule), "test");
	str_copy(facts->message, sizeof(facts->message), said);
}

bool
test_notice_render(const struct conf *conf, enum channel_id channel, const struct now *now,
    bool colour, struct buf *body)
{
	struct notice *n = notice_new(NOTICE_TEST, (int)channel, 1);
	struct notify_context ctx = {
	    .hostname = conf->agent.hostname,
	    .version = SYSOPS_VERSION,
	    .channel = &conf->channels[channel],
	    .username = conf->channels[channel].username,
	    .labels = conf->agent.labels,
	    .now = *now,
	    .colour = colour,
	};
	bool ok;

	n->severity = SEV_WARN;
	n->created = *now;
	fill_facts(&n->facts[0], now);
	ok = notify_render(n, &ctx, body);
	notice_free(n);
	return ok;
}
