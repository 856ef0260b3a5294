/*
 * The verbs of the command line. Each is a row of COMMANDS(X) in main.c and a file here.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdint.h>

#include "conf/conf.h"
#include "model/delivery.h"
#include "priv/role.h"

#define CMD_DEFAULT_CONFIG "/etc/sysops-agent/config.toml"

#define EXIT_FINE 0
#define EXIT_RUNTIME 1
#define EXIT_USAGE 2

/* How one attempt of --test-alert ended. */
struct cmd_delivery {
	bool delivered;
	char text[DELIVERY_TEXT_MAX]; /* what became of it; secrets masked */
};

/* What main() knows and commands may not include: the workers, and how a payload is delivered. */
struct program {
	int (*role_main[ROLE_COUNT])(struct role_ctx *ctx);
	void (*deliver)(const struct conf_channel *channel, const char *content_type,
	    const char *body, size_t len, struct cmd_delivery *out);
};

#define CMD_OPERANDS_MAX 2

struct cmd_args {
	const char *config; /* NULL: the default path if it exists, else defaults */
	const char *format, *span, *comment; /* --format, --for, --comment; NULL: not given */
	const char *allow_critical, *force, *exit_code; /* NULL: not given */
	const char *operands[CMD_OPERANDS_MAX];         /* NULL: not given */
	const struct program *program;
	const struct trust
	    *started_as; /* a daemon's reload follows what its start would; or NULL */
};

/* Each returns the exit status. */
int cmd_run(const struct cmd_args *args);
int cmd_check(const struct cmd_args *args);
int cmd_once(const struct cmd_args *args);
int cmd_test_alert(const struct cmd_args *args);
int cmd_status(const struct cmd_args *args);
int cmd_silence(const struct cmd_args *args);

/* Writes the answer; returns the exit status, after it said why when that is not EXIT_FINE. */
int cmd_print(const char *text, size_t len);
/* Says so of an answer that failed with that errno; EXIT_RUNTIME. */
int cmd_unwritten(int err);
/* Writes what printf() still has: the status, or that of a failure. */
int cmd_finish(int status);

/* The file to read: the one given, else the default one if it exists; NULL: defaults. */
const char *cmd_config_path(const struct cmd_args *args);

/*
 * The configuration of args, after its errors and warnings are on stderr; NULL on any error.
 */
struct conf *cmd_load(const struct cmd_args *args);

/* The same; but they are lines of the log where following says that there is one to which they
 * belong, or the configuration that it is one of JSON. */
struct conf *cmd_load_logged(const struct cmd_args *args, bool following);

/*
 * Asks the running agent of args (a line as agent/request.h has it, without newline) and prints its
 * answer on stdout, or on stderr why there is none. Returns the exit status.
 */
int cmd_ask(const struct cmd_args *args, const char *line);

#define CMD_WHY_MAX 640

/*
 * The same without printing. EXIT_FINE: *text has the answer, len bytes and a NUL, to be freed by
 * mem_free(). Else why says in one line why there is none; "": that is on stderr already.
 */
int cmd_ask_for(
    const struct cmd_args *args, const char *line, char **text, size_t *len, char why[CMD_WHY_MAX]);

#endif
