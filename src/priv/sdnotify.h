/*
 * sd_notify(3) messages to the service manager's socket in $NOTIFY_SOCKET, a path or an abstract
 * name. Without the variable nothing is sent. A manager that does not listen is no failure.
 */
#ifndef PRIV_SDNOTIFY_H
#define PRIV_SDNOTIFY_H

#include <stdint.h>

/* state: "READY=1", "STOPPING=1", "WATCHDOG=1". */
void sdnotify_send(const char *state);

/* RELOADING=1 with the MONOTONIC_USEC that Type=notify-reload asks for. */
void sdnotify_reloading(void);

/* Milliseconds between WATCHDOG=1 that the manager insists on, for this process; 0: none. */
int64_t sdnotify_watchdog_ms(void);

#endif
