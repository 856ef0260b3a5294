/*
 * Finds and reads the configuration for a command. Only the default path may be absent.
 */
#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/cmd.h"

const char *
cmd_config_path(const struct cmd_args *args)
{
	if (args->config != NULL)
		return args->config;
	return access(CMD_DEFAULT_CONFIG, F_OK) == 0 || errno != ENOENT ? CMD_DEFAULT_CONFIG : NULL;
}

static struct conf *
load(const struct cmd_args *args, struct conf_report *report)
{
	struct now now = clock_now();

	return conf_load(cmd_config_path(args), args->started_as, &now, report);
}

/* A line of the log each, as all that is in it. */
static void
log_report(const struct conf_report *report)
{
	char line[CONF_ERROR_LINE_MAX];

	for (size_t i = 0; i < report->len; i++) {
		if (report->items[i].warning)
			log_warn("%s", conf_error_line(&report->items[i], line));
		else
			log_error("%s", conf_error_line(&report->items[i], line));
	}
	if (report->errors + report->warnings > report->len)
		log_error("%zu more errors and warnings of the configuration",
		    report->errors + report->warnings - report->len);
}

/* Before the log is known to be one of JSON, a terminal is read by a person. */
struct conf *
cmd_load_logged(const struct cmd_args *args, bool following)
{
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	struct conf *conf = load(args, report);

	if (conf != NULL && !following)
		log_init(STDERR_FILENO, conf->agent.log_level, conf->agent.log_json, "launcher");
	if (following || (conf != NULL && conf->agent.log_json))
		log_report(report);
	else
		conf_report_print(report, STDERR_FILENO);
	mem_free(report);
	return conf;
}

struct conf *
cmd_load(const struct cmd_args *args)
{
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	struct conf *conf = load(args, report);

	conf_report_print(report, STDERR_FILENO);
	mem_free(report);
	return conf;
}
