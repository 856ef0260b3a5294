/*
 * argv to a row of the command table. This file alone knows all roles; it hands them to the
 * commands, which know none.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/log.h"
#include "base/str.h"
#include "cmd/cmd.h"
#include "courier/courier.h"
#include "courier/deliver.h"
#include "keeper/keeper.h"

static int cmd_help(const struct cmd_args *args);
static int cmd_version(const struct cmd_args *args);

/* X(option letter or 0, "name", function, "operand", "help"): the operand is optional. */
#define COMMANDS(X)                                                                               \
	X('k', "check", cmd_check, "", "validate the configuration, say what it means, and exit") \
	X('t', "test-alert", cmd_test_alert, "CHANNEL",                                           \
	    "send one test alert through every enabled channel, or the one named")                \
	X('o', "once", cmd_once, "", "collect twice one second apart, print, exit")               \
	X('V', "version", cmd_version, "", "print the version and the libraries it runs with")    \
	X('h', "help", cmd_help, "", "print this help")

struct command {
	int letter;
	const char *name;
	int (*run)(const struct cmd_args *args);
	const char *operand, *help;
};

#define X(letter, name, run, operand, help) {letter, name, run, operand, help},
static const struct command commands[] = {COMMANDS(X)};
#undef X
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void
deliver(const struct conf_channel *channel, const char *content_type, const char *body, size_t len,
    struct cmd_delivery *out)
{
	struct delivery result;

	deliver_once(channel, content_type, body, len, 0, &result);
	out->delivered = result.outcome == WIRE_DELIVERED;
	str_copy(out->text, sizeof(out->text), result.text);
	if (out->delivered && *out->text == '\0')
		snprintf(out->text, sizeof(out->text), "accepted with status %u",
		    (unsigned)result.status);
}

static const struct program program = {
    .deliver = deliver,
    .role_main =
        {[ROLE_AGENT] = agent_main, [ROLE_KEEPER] = keeper_main, [ROLE_COURIER] = courier_main},
};

static int
cmd_help(const struct cmd_args *args)
{
	(void)args;
	printf(
	    "usage: sysops-agent [-c FILE] [COMMAND] [--format table|json]\n\n"
	    "Watches this server and tells a person when something is wrong or about to go wrong.\n"
	    "Without a command it runs in the foreground.\n\n"
	    "  -c, --config FILE       configuration [%s, if it exists]\n"
	    "      --format FORMAT     of --once: table or json [table]\n",
	    CMD_DEFAULT_CONFIG);
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s%s%s%s", commands[i].name,
		    *commands[i].operand ? " [" : "", commands[i].operand,
		    *commands[i].operand ? "]" : "");
		printf("      %-19s %s\n", left, commands[i].help);
	}
	printf(
	    "\nSignals: HUP reads the configuration again, TERM and INT stop, USR1 logs "
	    "statistics.\n"
	    "Exit status: 0 fine, 1 a failure while running, 2 a usage or configuration error.\n");
	return EXIT_FINE;
}

static int
cmd_version(const struct cmd_args *args)
{
	(void)args;
	printf("sysops-agent %s\n", SYSOPS_VERSION);
	return EXIT_FINE;
}

static int
usage_error(const char *what, const char *which)
{
	fprintf(
	    stderr, "sysops-agent: %s%s; sysops-agent --help lists what there is\n", what, which);
	return EXIT_USAGE;
}

/* Long options: the commands, then those that only say how. */
static void
fill_options(struct option options[COMMAND_COUNT + 3])
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		options[i] =
		    (struct option){commands[i].name, no_argument, NULL, commands[i].letter};
	options[COMMAND_COUNT] = (struct option){"config", required_argument, NULL, 'c'};
	options[COMMAND_COUNT + 1] = (struct option){"format", required_argument, NULL, 'f'};
	options[COMMAND_COUNT + 2] = (struct option){0};
}

/* Started without one of 0, 1 and 2, what we open next would get its number, and our log lines. */
static void
fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int
main(int argc, char **argv)
{
	struct option options[COMMAND_COUNT + 3];
	struct cmd_args args = {.program = &program};
	const struct command *command = NULL;
	int letter;

	fill_standard_fds();
	log_init(STDERR_FILENO, LOGL_INFO, false, "sysops-agent");
	fill_options(options);
	while ((letter = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		const struct command *before = command;

		if (letter == 'c')
			args.config = optarg;
		else if (letter == 'f')
			args.format = optarg;
		else if (letter == '?')
			return usage_error("unknown option or missing argument", "");
		for (size_t i = 0; i < COMMAND_COUNT; i++) {
			if (commands[i].letter == letter)
				command = &commands[i];
		}
		if (before != NULL && command != before)
			return usage_error(
			    "only one command at a time, not also --", command->name);
	}
	if (optind < argc && command != NULL && *command->operand != '\0')
		args.operand = argv[optind++];
	if (optind < argc)
		return usage_error("unexpected argument ", argv[optind]);
	if (args.format != NULL && (command == NULL || command->run != cmd_once))
		return usage_error("--format goes with --once", "");
	return command == NULL ? cmd_run(&args) : command->run(&args);
}
