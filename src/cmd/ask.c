/*
 * A question over the control socket. The socket is where $RUNTIME_DIRECTORY says, else, unless a
 * configuration is named, where the service has it, else in the data_dir of the configuration: so
 * an ordinary member of the agent's group needs no right to read the configuration; but what may
 * say where its data is and is read in part is not guessed at. What is wrong with other keys is
 * said only where nobody answers.
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
explain_nobody(const char *data_dir, int err, char why[CMD_WHY_MAX])
{
	pid_t pid = datadir_holder(data_dir);
	char running[64] = "no agent is running: nobody answers";

	if (pid > 0)
		snprintf(running, sizeof(running), "an agent runs, process %d, but does not answer",
		    (int)pid);
	if (err == EACCES || err == EPERM)
		snprintf(why, CMD_WHY_MAX,
		    "%s/" CONTROL_NAME ": %s: ask as root, as the agent's user, or as a member of "
		    "its group",
		    data_dir, strerror(err));
	else
		snprintf(why, CMD_WHY_MAX, "%s at %s/" CONTROL_NAME " (%s)", running, data_dir,
		    strerror(err));
}

/* -1: nobody there. */
static int
connect_to_data_dir(const struct cmd_args *args, int *status, char why[CMD_WHY_MAX])
{
	char *data_dir = conf_load_data_dir(cmd_config_path(args), args->started_as);
	struct conf *conf;
	int fd, err;

	/* Who may not read what the agent of this host follows is told by it what he may ask. */
	if (data_dir == NULL && args->config == NULL && access(CMD_DEFAULT_CONFIG, R_OK) != 0)
		data_dir = conf_load_data_dir(NULL, args->started_as);
	fd = data_dir == NULL ? -1 : control_connect(data_dir, WAIT_SECS);
	err = errno;
	conf = fd < 0 ? cmd_load(args) : NULL;
	if (fd < 0 && conf == NULL)
		*status = EXIT_USAGE;
	else if (fd < 0)
		explain_nobody(conf->agent.data_dir, err, why);
	conf_free(conf);
	mem_free(data_dir);
	return fd;
}

static int
find_agent(const struct cmd_args *args, int *status, char why[CMD_WHY_MAX])
{
	const char *run = getenv("RUNTIME_DIRECTORY");
	int fd = -1;

	*status = EXIT_RUNTIME;
	if (run != NULL && *run != '\0')
		fd = control_connect(run, WAIT_SECS);
	if (fd < 0 && args->config == NULL)
		fd = control_connect(CONTROL_RUN_DIR, WAIT_SECS);
	return fd >= 0 ? fd : connect_to_data_dir(args, status, why);
}

/* Takes the line "ok" off; or why there is none. */
static int
judge(char *text, size_t *len, char why[CMD_WHY_MAX])
{
	if (str_starts(text, "ok\n")) {
		*len -= strlen("ok\n");
		memmove(text, text + strlen("ok\n"), *len + 1);
		return EXIT_FINE;
	}
	text[strcspn(text, "\n")] = '\0';
	str_copy(why, CMD_WHY_MAX,
	    str_starts(text, "error ") ? text + strlen("error ")
	                               : "the agent's answer makes no sense");
	return EXIT_RUNTIME;
}

static int
ask(int fd, const char *line, char **text, size_t *len, char why[CMD_WHY_MAX])
{
	ssize_t n = -1;

	if (io_write_all(fd, line, strlen(line)) == 0 && io_write_all(fd, "\n", 1) == 0)
		n = stream_read_all(fd, ANSWER_MAX, text);
	if (n <= 0) {
		str_copy(why, CMD_WHY_MAX, "the agent does not answer");
		return EXIT_RUNTIME;
	}
	*len = (size_t)n;
	return judge(*text, len, why);
}

int
cmd_ask_for(
    const struct cmd_args *args, const char *line, char **text, size_t *len, char why[CMD_WHY_MAX])
{
	int status, fd;

	*text = NULL;
	why[0] = '\0';
	if (strlen(line) >= REQUEST_MAX) {
		str_copy(why, CMD_WHY_MAX, "that is too long for one request");
		return EXIT_USAGE;
	}
	fd = find_agent(args, &status, why);
	if (fd < 0)
		return status;
	status = ask(fd, line, text, len, why);
	close(fd);
	if (status != EXIT_FINE) {
		mem_free(*text);
		*text = NULL;
	}
	return status;
}

int
cmd_ask(const struct cmd_args *args, const char *line)
{
	char why[CMD_WHY_MAX], *text;
	size_t len;
	int status = cmd_ask_for(args, line, &text, &len, why);

	if (status == EXIT_FINE)
		status = cmd_print(text, len);
	if (why[0] != '\0')
		fprintf(stderr, "sysops-agent: %s\n", why);
	mem_free(text);
	return status;
}
