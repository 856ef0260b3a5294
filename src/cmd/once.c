/*
 * --once: looks at this machine twice, one second apart, and prints what it saw.
 */
#include <stdio.h>
#include <unistd.h>

#include "agent/once.h"
#include "base/str.h"
#include "cmd/cmd.h"

int
cmd_once(const struct cmd_args *args)
{
	struct conf *conf;
	bool json = args->format != NULL && str_eq(args->format, "json");
	int status;

	if (args->format != NULL && !json && !str_eq(args->format, "table")) {
		fprintf(stderr, "sysops-agent: --format %s: %s\n", args->format,
		    str_eq(args->format, "prometheus") ? "not supported yet; use table or json"
		                                       : "use table or json");
		return EXIT_USAGE;
	}
	conf = cmd_load(args);
	if (conf == NULL)
		return EXIT_USAGE;
	status = agent_once(conf, json, STDOUT_FILENO) ? EXIT_FINE : EXIT_RUNTIME;
	conf_free(conf);
	return status;
}
