/*
 * Finds and reads the configuration for a command. Only the default path may be absent.
 */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cmd.h"

const char *
cmd_config_path(const struct cmd_args *args)
{
	if (args->config != NULL)
		return args->config;
	return access(CMD_DEFAULT_CONFIG, F_OK) == 0 || errno != ENOENT ? CMD_DEFAULT_CONFIG : NULL;
}

struct conf *
cmd_load(const struct cmd_args *args)
{
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	struct conf *conf = conf_load(cmd_config_path(args), args->started_as, report);

	conf_report_print(report, STDERR_FILENO);
	mem_free(report);
	return conf;
}
