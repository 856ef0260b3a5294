/*
 * status: what the running agent sees and knows of itself, as it says it; for monitoring systems
 * with the exit statuses of their plugins. The agent's answer is believed to be of its own kind,
 * and else there is none.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "base/term.h"
#include "cmd/cmd.h"
#include "show/verdict.h"

#define LINE_MAX_BYTES 64

static const struct format {
	const char *name;
	const char *request; /* NULL: a table, which depends on the terminal */
	bool plugin;         /* its exit status is the verdict, and errors are on stdout, too */
} formats[] = {
    {"table", NULL, false},
    {"json", "status\tjson", false},
    {"nagios", "status\tnagios", true},
};

static const struct format *
find_format(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (str_eq(formats[i].name, name))
			return &formats[i];
	}
	return NULL;
}

static void
make_request(const struct format *format, char line[LINE_MAX_BYTES])
{
	bool colour = term_wants_colour(STDOUT_FILENO);

	if (format->request != NULL)
		str_copy(line, LINE_MAX_BYTES, format->request);
	else
		snprintf(line, LINE_MAX_BYTES, "status\t%s\t%d", colour ? "colour" : "table",
		    term_columns(STDOUT_FILENO));
}

/* The verdict before the text, which moves behind it. */
static enum verdict_level
take_verdict(const char **text, size_t *len)
{
	const char *p = *text;

	if (*len < 2 || p[0] < '0' + VERDICT_OK || p[0] > '0' + VERDICT_CRITICAL || p[1] != '\n')
		return VERDICT_UNKNOWN;
	*text += 2;
	*len -= 2;
	return (enum verdict_level)(p[0] - '0');
}

/* A monitoring system reads stdout, one line of it, up to the bar. */
static void
say_unknown(char *why)
{
	for (char *bar = why; (bar = strpbrk(bar, "|\n")) != NULL;)
		*bar = '/';
	printf("SYSOPS %s - %s\n", verdict_word(VERDICT_UNKNOWN),
	    *why != '\0' ? why : "the configuration has errors");
}

static int
print(const char *text, size_t len, bool by_verdict)
{
	enum verdict_level level = take_verdict(&text, &len);
	int status = cmd_print(text, len);

	if (!by_verdict)
		return status;
	return status == EXIT_FINE ? (int)level : (int)VERDICT_UNKNOWN;
}

int
cmd_status(const struct cmd_args *args)
{
	const struct format *format = find_format(args->format == NULL ? "table" : args->format);
	char line[LINE_MAX_BYTES], why[CMD_WHY_MAX], *text;
	bool by_verdict;
	size_t len;
	int status;

	if (format == NULL) {
		fprintf(
		    stderr, "sysops-agent: --format %s: use table, json or nagios\n", args->format);
		return EXIT_USAGE;
	}
	by_verdict = format->plugin || args->exit_code != NULL;
	make_request(format, line);
	status = cmd_ask_for(args, line, &text, &len, why);
	if (status == EXIT_FINE)
		status = print(text, len, by_verdict);
	else if (format->plugin)
		say_unknown(why);
	else if (why[0] != '\0')
		fprintf(stderr, "sysops-agent: %s\n", why);
	if (text == NULL && by_verdict)
		status = VERDICT_UNKNOWN;
	mem_free(text);
	return status;
}
