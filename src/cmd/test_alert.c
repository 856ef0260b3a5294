/*
 * --test-alert: one clearly marked message through each enabled channel, or the one named, in this
 * process, as the user that the courier would be. One line a channel; status 1 if any failed.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/term.h"
#include "cmd/cmd.h"
#include "notify/test_notice.h"
#include "priv/drop.h"
#include "priv/sandbox.h"

static void
give_up_rights(const struct conf *conf)
{
	struct drop_user user;

	if (geteuid() == 0) {
		drop_find_user(conf->agent.user, &user);
		drop_to_user(&user);
	}
	priv_drop_caps(0);
	priv_harden();
}

static bool
test_channel(const struct conf *conf, const struct program *program, enum channel_id id)
{
	struct cmd_delivery result = {.delivered = true, .text = "written to stderr"};
	const struct notify_channel *row = notify_channel((int)id);
	struct now now = clock_now();
	struct buf body;

	buf_init(&body, mem_zalloc(1, NOTIFY_BODY_MAX + 1), NOTIFY_BODY_MAX + 1);
	if (!test_notice_render(conf, id, &now, term_wants_colour(STDERR_FILENO), &body))
		result = (struct cmd_delivery){.text = "the message could not be made"};
	else if (row->transport == NOTIFY_LOCAL)
		result.delivered = io_write_all(STDERR_FILENO, body.data, body.len) == 0;
	else
		program->deliver(
		    &conf->channels[id], row->content_type, body.data, body.len, &result);
	printf("%-10s %s: %s\n", channel_name(id), result.delivered ? "ok" : "FAILED", result.text);
	mem_free(body.data);
	return result.delivered;
}

int
cmd_test_alert(const struct cmd_args *args)
{
	enum channel_id only = CHANNEL_COUNT;
	struct conf *conf;
	int status = EXIT_FINE, tried = 0;

	if (args->operands[0] != NULL &&
	    (only = channel_find(args->operands[0])) == CHANNEL_COUNT) {
		fprintf(stderr, "sysops-agent: --test-alert %s: there is no such channel\n",
		    args->operands[0]);
		return EXIT_USAGE;
	}
	conf = cmd_load(args);
	if (conf == NULL)
		return EXIT_USAGE;
	if (only != CHANNEL_COUNT && !conf->channels[only].enabled) {
		fprintf(stderr, "sysops-agent: --test-alert %s: alerting.%s.enabled is not true\n",
		    args->operands[0], args->operands[0]);
		conf_free(conf);
		return EXIT_USAGE;
	}
	give_up_rights(conf);
	for (int id = 0; id < CHANNEL_COUNT; id++) {
		if (!conf->channels[id].enabled || (only != CHANNEL_COUNT && id != (int)only))
			continue;
		tried++;
		if (!test_channel(conf, args->program, (enum channel_id)id))
			status = EXIT_RUNTIME;
	}
	if (tried == 0)
		printf("no channel is enabled\n");
	conf_free(conf);
	return tried == 0 ? EXIT_RUNTIME : status;
}
