/*
 * --check: says every error of the configuration, or what it means in plain words.
 */
#include <errno.h>
#include <unistd.h>

#include "cmd/cmd.h"

int
cmd_check(const struct cmd_args *args)
{
	struct conf *conf = cmd_load(args);
	int status;

	if (conf == NULL)
		return EXIT_USAGE;
	status = conf_describe(conf, STDOUT_FILENO) == 0 ? EXIT_FINE : cmd_unwritten(errno);
	conf_free(conf);
	return status;
}
