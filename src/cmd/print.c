/*
 * What a command answers, to stdout. An answer that is not written whole is a failure and says so:
 * scripts keep it in files, on disks that fill up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "cmd/cmd.h"

int
cmd_unwritten(int err)
{
	fprintf(stderr, "sysops-agent: the answer cannot be written: %s\n", strerror(err));
	return EXIT_RUNTIME;
}

int
cmd_print(const char *text, size_t len)
{
	return io_write_all(STDOUT_FILENO, text, len) == 0 ? EXIT_FINE : cmd_unwritten(errno);
}

int
cmd_finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	cmd_unwritten(errno);
	return status == EXIT_FINE ? EXIT_RUNTIME : status;
}
