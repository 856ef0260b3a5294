/*
 * Finds and reads the configuration for a command. Only the default path may be absent.
 */
#include <errno.h>
#include <unistd.h>

#include "base/mem.h"
#include "cmd/cmd.h"

struct conf *
cmd_load(const struct cmd_args *args)
{
	struct conf_report *report = mem_zalloc(1, sizeof(*report));
	const char *path = args->config;
	struct conf *conf;

	if (path == NULL && (access(CMD_DEFAULT_CONFIG, F_OK) == 0 || errno != ENOENT))
		path = CMD_DEFAULT_CONFIG;
	conf = conf_load(path, report);
	conf_report_print(report, STDERR_FILENO);
	mem_free(report);
	return conf;
}
