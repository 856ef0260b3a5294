/*
 * The launcher: has the configuration read by a short-lived loader, takes the data directory, drops
 * rights, starts the three workers and replaces those that die or hang. It parses nothing: the
 * configuration reaches it as one opaque blob for each consumer.
 *
 * SIGTERM, SIGINT: stop, within 2 s. SIGHUP: open the log file and read the configuration again; if
 * it is good, restart those workers whose part of it has changed, else keep everything. If it came
 * because the terminal is gone in whose foreground this was started, it is a stop; not where SIGHUP
 * was ignored at start (nohup). SIGUSR1: passed on to the agent. Dies the launcher, so do the
 * workers.
 */
#ifndef PRIV_LAUNCH_H
#define PRIV_LAUNCH_H

#include "priv/launch_conf.h"

/* Returns the program's exit status: 0 stopped by a signal, 1 failed, 2 configuration error. */
int launch_run(const struct launch *launch);

#endif
