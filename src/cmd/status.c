/*
 * status: what the running agent sees and knows of itself, as it says it.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"
#include "base/term.h"
#include "cmd/cmd.h"

int
cmd_status(const struct cmd_args *args)
{
	bool json = args->format != NULL && str_eq(args->format, "json");

	if (args->format != NULL && !json && !str_eq(args->format, "table")) {
		fprintf(stderr, "sysops-agent: --format %s: use table or json\n", args->format);
		return EXIT_USAGE;
	}
	if (json)
		return cmd_ask(args, "status\tjson");
	return cmd_ask(args, term_wants_colour(STDOUT_FILENO) ? "status\tcolour" : "status\ttable");
}
