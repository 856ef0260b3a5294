/*
 * --check: says every error of the configuration, or what it means in plain words.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"

int
cmd_check(const struct cmd_args *args)
{
	struct conf *conf = cmd_load(args);

	if (conf == NULL)
		return EXIT_USAGE;
	conf_describe(conf, STDOUT_FILENO);
	conf_free(conf);
	return EXIT_FINE;
}
