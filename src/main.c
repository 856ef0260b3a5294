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
#include "courier/runner.h"
#include "keeper/keeper.h"

static int cmd_help(const struct cmd_args *args);
static int cmd_version(const struct cmd_args *args);

#define FORMAT 1u
#define QUIET 2u
#define EXITS 4u

#define MEANT_DISTANCE 2 /* letters wrong, for "did you mean" */

/*
 * X(form, letter, "name", function, most operands, "operands", options, "help"): what is a VERB is
 * given as a word, what is an OPTION with two dashes, or one and its letter where help says so.
 * ALONE is an OPTION that counts alone, whatever else is given.
 */
#define COMMANDS(X)                                                                       \
	X(VERB, 's', "status", cmd_status, 0, "", FORMAT | EXITS,                         \
	    "is all well, and what a running agent sees: alerts, channels, its own cost") \
	X(VERB, 'S', "silence", cmd_silence, 2, "add MATCH|list|remove ID", QUIET,        \
	    "what a running agent is to keep quiet about")                                \
	X(OPTION, 'k', "check", cmd_check, 0, "", 0,                                      \
	    "validate the configuration, say what it means, and exit")                    \
	X(OPTION, 't', "test-alert", cmd_test_alert, 1, "[CHANNEL]", 0,                   \
	    "send one test alert through every enabled channel, or the one named")        \
	X(OPTION, 'o', "once", cmd_once, 0, "", FORMAT,                                   \
	    "collect twice one second apart, print, exit")                                \
	X(ALONE, 'V', "version", cmd_version, 0, "", 0, "print the version")              \
	X(ALONE, 'h', "help", cmd_help, 0, "", 0, "print this help")

/* X(letter, "name", bit, member of struct cmd_args, "value", "help"); bit 0: goes with everything.
 */
#define MODIFIERS(X)                                                              \
	X('c', "config", 0, config, "FILE",                                       \
	    "configuration [" CMD_DEFAULT_CONFIG ", if it exists]")               \
	X('f', "format", FORMAT, format, "FORMAT",                                \
	    "of status and --once: table or json, of status also nagios [table]") \
	X('x', "exit-code", EXITS, exit_code, "",                                 \
	    "of status: exit 0 all is well, 1 warning, 2 critical, 3 no answer")  \
	X('F', "for", QUIET, span, "TIME", "of silence add: 30m, 2h, 1d [2h]")    \
	X('C', "comment", QUIET, comment, "TEXT", "of silence add: why")          \
	X('A', "allow-critical", QUIET, allow_critical, "",                       \
	    "of silence add: critical alerts pass")                               \
	X('Z', "force", QUIET, force, "", "of silence add: a match that names nothing known")

enum form { VERB, OPTION, ALONE };

struct command {
	enum form form;
	int letter;
	const char *name;
	int (*run)(const struct cmd_args *args);
	int operands;
	const char *operand_words;
	unsigned options;
	const char *help;
};

struct modifier {
	int letter;
	const char *name;
	unsigned bit;
	size_t at;
	const char *value, *help;
};

#define X(form, letter, name, run, operands, words, options, help) \
	{form, letter, name, run, operands, words, options, help},
static const struct command commands[] = {COMMANDS(X)};
#undef X
#define X(letter, name, bit, member, value, help) \
	{letter, name, bit, offsetof(struct cmd_args, member), value, help},
static const struct modifier modifiers[] = {MODIFIERS(X)};
#undef X

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))
#define MODIFIER_COUNT (sizeof(modifiers) / sizeof(modifiers[0]))

static void
deliver(const struct conf_channel *channel, const char *content_type, const char *body, size_t len,
    struct cmd_delivery *out)
{
	struct delivery result;

	runner_once(channel, content_type, body, len, &result);
	out->delivered = result.outcome == DELIVERY_DELIVERED;
	str_copy(out->text, sizeof(out->text),
	    out->delivered ? result.text : delivery_reason(result.text));
	if (!out->delivered || *out->text != '\0')
		return;
	if (result.status != 0)
		snprintf(out->text, sizeof(out->text), "accepted with status %u",
		    (unsigned)result.status);
	else
		str_copy(out->text, sizeof(out->text), "accepted");
}

static const struct program program = {
    .deliver = deliver,
    .role_main =
        {[ROLE_AGENT] = agent_main, [ROLE_KEEPER] = keeper_main, [ROLE_COURIER] = courier_main},
};

static void
print_row(const char *before, const char *name, const char *after, const char *help)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%s%s%s", before, name, *after ? " " : "", after);
	printf(
	    "  %-24s%s%s\n", left, strlen(left) > 23 ? "\n                          " : "", help);
}

static int
cmd_help(const struct cmd_args *args)
{
	(void)args;
	printf("usage: sysops-agent [-c FILE] [COMMAND] [OPTIONS]\n\n"
	       "Watches this server and tells a person when something is wrong or about to go "
	       "wrong.\n"
	       "Without a command it runs in the foreground.\n\nCommands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		print_row(commands[i].form == VERB ? "" : "--", commands[i].name,
		    commands[i].operand_words, commands[i].help);
	printf("\nOptions:\n");
	for (size_t i = 0; i < MODIFIER_COUNT; i++)
		print_row(modifiers[i].letter == 'c' ? "-c, --" : "--", modifiers[i].name,
		    modifiers[i].value, modifiers[i].help);
	printf(
	    "\nSignals: HUP reads the configuration again, TERM and INT stop, USR1 logs "
	    "statistics.\nIn the foreground it ends with its terminal, unless started with nohup.\n"
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

static void
fill_options(struct option options[COMMAND_COUNT + MODIFIER_COUNT + 1])
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (commands[i].form != VERB)
			*options++ = (struct option){
			    commands[i].name, no_argument, NULL, commands[i].letter};
	}
	for (size_t i = 0; i < MODIFIER_COUNT; i++)
		*options++ = (struct option){modifiers[i].name,
		    *modifiers[i].value ? required_argument : no_argument, NULL,
		    modifiers[i].letter};
	*options = (struct option){0};
}

/* The value of a modifier in args. */
static const char **
place_of(struct cmd_args *args, const struct modifier *m)
{
	return (const char **)(void *)((char *)args + m->at);
}

/* 0, or the exit status of a usage error. */
static int
take_options(int argc, char **argv, struct cmd_args *args, const struct command **command)
{
	struct option options[COMMAND_COUNT + MODIFIER_COUNT + 1];
	int letter;

	fill_options(options);
	while ((letter = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		const struct command *before = *command;

		if (letter == '?')
			return usage_error("unknown option or missing argument", "");
		for (size_t i = 0; i < MODIFIER_COUNT; i++) {
			if (modifiers[i].letter == letter)
				*place_of(args, &modifiers[i]) = optarg == NULL ? "" : optarg;
		}
		for (size_t i = 0; i < COMMAND_COUNT; i++) {
			if (commands[i].letter == letter)
				*command = &commands[i];
		}
		if (*command != NULL && (*command)->form == ALONE)
			return 0;
		if (before != NULL && *command != before)
			return usage_error(
			    "only one command at a time, not also --", (*command)->name);
	}
	return 0;
}

static const struct command *
find_verb(const char *word)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (commands[i].form == VERB && str_eq(commands[i].name, word))
			return &commands[i];
	}
	return NULL;
}

/* A word that is no command; it may have been meant as one. */
static int
refuse_word(const char *word, bool as_command)
{
	for (size_t i = 0; as_command && i < COMMAND_COUNT; i++) {
		if (str_distance(word, commands[i].name) > MEANT_DISTANCE)
			continue;
		fprintf(stderr, "sysops-agent: no such command: %s; did you mean %s%s?\n", word,
		    commands[i].form == VERB ? "" : "--", commands[i].name);
		return EXIT_USAGE;
	}
	return usage_error("unexpected argument ", word);
}

static int
check_modifiers(struct cmd_args *args, const struct command *command)
{
	for (size_t i = 0; i < MODIFIER_COUNT; i++) {
		const struct modifier *m = &modifiers[i];

		if (m->bit != 0 && *place_of(args, m) != NULL &&
		    (command == NULL || (command->options & m->bit) == 0))
			return usage_error("there is nothing here for --", m->name);
	}
	return 0;
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

static int
run(int argc, char **argv)
{
	struct cmd_args args = {.program = &program};
	const struct command *command = NULL;
	int status = take_options(argc, argv, &args, &command);

	if (status != 0)
		return status;
	if (command != NULL && command->form == ALONE)
		return command->run(&args);
	if (command == NULL && optind < argc && (command = find_verb(argv[optind])) != NULL)
		optind++;
	for (int i = 0; command != NULL && i < command->operands && optind < argc; i++)
		args.operands[i] = argv[optind++];
	if (optind < argc)
		return refuse_word(argv[optind], command == NULL);
	status = check_modifiers(&args, command);
	if (status != 0)
		return status;
	return command == NULL ? cmd_run(&args) : command->run(&args);
}

int
main(int argc, char **argv)
{
	fill_standard_fds();
	log_init(STDERR_FILENO, LOGL_INFO, false, "sysops-agent");
	return cmd_finish(run(argc, argv));
}
