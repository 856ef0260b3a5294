/*
 * The daemon: gives the launcher its loader and its workers. The loader reads the configuration in
 * a process of its own and writes each role what that role may see.
 */
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/trust.h"
#include "base/zone.h"
#include "cmd/cmd.h"
#include "priv/launch.h"

_Static_assert(CONF_BLOB_MAX <= ROLE_BLOB_MAX, "each configuration reaches its role");

static const unsigned consumers[LAUNCH_BLOBS] = {
    [ROLE_AGENT] = CONF_AGENT,
    [ROLE_KEEPER] = CONF_KEEPER,
    [ROLE_COURIER] = CONF_COURIER,
    [LAUNCH_BLOB_SELF] = CONF_LAUNCHER,
};

/* The log is what the configuration says: a reload, whose errors belong there. The loader is a fork
 * of the launcher, and finds it set. */
static bool following;

static int
load(void *arg, const int out[LAUNCH_BLOBS])
{
	struct conf *conf = cmd_load_logged(arg, following);
	int status = EXIT_FINE;

	if (conf == NULL)
		return EXIT_USAGE;
	for (int i = 0; i < LAUNCH_BLOBS; i++) {
		size_t len;
		char *blob = conf_encode(conf, consumers[i], &len);

		if (io_write_all(out[i], blob, len) != 0)
			status = EXIT_RUNTIME;
		mem_wipe(blob, len);
		mem_free(blob);
	}
	conf_free(conf);
	return status;
}

static bool
settings(void *arg, const char *blob, size_t len, struct launch_settings *out)
{
	struct conf *conf = conf_decode(blob, len);
	bool ok;

	(void)arg;
	if (conf == NULL)
		return false;
	log_init(STDERR_FILENO, conf->agent.log_level, conf->agent.log_json, "launcher");
	following = true;
	if (zone_trouble() != NULL)
		log_warn("times are in UTC, for this host has no time zone: %s", zone_trouble());
	ok = str_copy(out->log_file, sizeof(out->log_file), conf->agent.log_file) &&
	     str_copy(out->user, sizeof(out->user), conf->agent.user) &&
	     str_copy(out->data_dir, sizeof(out->data_dir), conf->agent.data_dir) &&
	     str_copy(out->pid_file, sizeof(out->pid_file), conf->agent.pid_file);
	conf_free(conf);
	return ok;
}

int
cmd_run(const struct cmd_args *args)
{
	const struct trust self = trust_self();
	struct cmd_args copy = *args;
	struct launch launch = {
	    .load = load, .settings = settings, .conf_origin = cmd_config_path(args), .arg = &copy};

	copy.started_as = &self;
	memcpy(launch.role_main, args->program->role_main, sizeof(launch.role_main));
	io_own_nonblock(STDOUT_FILENO);
	io_own_nonblock(STDERR_FILENO);
	return launch_run(&launch);
}
