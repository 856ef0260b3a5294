/*
 * A question over the control socket. The socket is where $RUNTIME_DIRECTORY says, else, unless a
 * configuration is named, where the service has it, else in the data_dir of the configuration: so
 * an ordinary member of the agent's group needs no right to read the configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/request.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/stream.h"
#include "cmd/cmd.h"
#include "priv/control.h"
#include "priv/datadir.h"

#define WAIT_SECS 5
#define ANSWER_MAX (1u << 20)

/* Who holds the data directory runs, answer or not. */
static void
say_nobody(const char *data_dir, int err)
{
	pid_t pid = datadir_holder(data_dir);

	if (err == EACCES || err == EPERM)
		fprintf(stderr,
		    "sysops-agent: %s/" CONTROL_NAME
		    ": %s: ask as root, as the agent's user, or as "
		    "a member of its group\n",
		    data_dir, strerror(err));
	else if (pid > 0)
		fprintf(stderr,
		    "sysops-agent: an agent runs, process %d, but does not answer at "
		    "%s/" CONTROL_NAME " (%s)\n",
		    (int)pid, data_dir, strerror(err));
	else
		fprintf(stderr,
		    "sysops-agent: no agent is running: nobody answers at %s/" CONTROL_NAME
		    " (%s)\n",
		    data_dir, strerror(err));
}

/* -1: nobody there; errno says why. */
static int
connect_to_data_dir(const struct cmd_args *args, int *status)
{
	struct conf *conf = cmd_load(args);
	int fd, err;

	if (conf == NULL) {
		*status = EXIT_USAGE;
		return -1;
	}
	fd = control_connect(conf->agent.data_dir, WAIT_SECS);
	err = errno;
	if (fd < 0)
		say_nobody(conf->agent.data_dir, err);
	conf_free(conf);
	return fd;
}

static int
find_agent(const struct cmd_args *args, int *status)
{
	const char *run = getenv("RUNTIME_DIRECTORY");
	int fd = -1;

	*status = EXIT_RUNTIME;
	if (run != NULL && *run != '\0')
		fd = control_connect(run, WAIT_SECS);
	if (fd < 0 && args->config == NULL)
		fd = control_connect(CONTROL_RUN_DIR, WAIT_SECS);
	return fd >= 0 ? fd : connect_to_data_dir(args, status);
}

static int
print_answer(const char *text, size_t len)
{
	if (len > 3 && str_starts(text, "ok\n"))
		return io_write_all(STDOUT_FILENO, text + 3, len - 3) == 0 ? EXIT_FINE
		                                                           : EXIT_RUNTIME;
	if (str_eq(text, "ok\n"))
		return EXIT_FINE;
	fprintf(stderr, "sysops-agent: %s\n",
	    str_starts(text, "error ") ? text + strlen("error ")
	                               : "the agent's answer makes no sense");
	return EXIT_RUNTIME;
}

int
cmd_ask(const struct cmd_args *args, const char *line)
{
	char *text = NULL;
	ssize_t len = -1;
	int status, fd;

	if (strlen(line) >= REQUEST_MAX) {
		fprintf(stderr, "sysops-agent: that is too long for one request\n");
		return EXIT_USAGE;
	}
	fd = find_agent(args, &status);
	if (fd < 0)
		return status;
	if (io_write_all(fd, line, strlen(line)) == 0 && io_write_all(fd, "\n", 1) == 0)
		len = stream_read_all(fd, ANSWER_MAX, &text);
	close(fd);
	if (len <= 0) {
		fprintf(stderr, "sysops-agent: the agent does not answer\n");
		mem_free(text);
		return EXIT_RUNTIME;
	}
	while (str_starts(text, "error ") && len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	status = print_answer(text, (size_t)len);
	mem_free(text);
	return status;
}
