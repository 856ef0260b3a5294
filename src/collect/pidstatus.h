/*
 * /proc/PID/status (proc_pid_status(5)), which is long where the process has many groups: 65,536 of
 * them are 700 KiB.
 */
#ifndef COLLECT_PIDSTATUS_H
#define COLLECT_PIDSTATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIDSTATUS_BUFFER 4096 /* enough: a line that is longer is none that is looked for */

/*
 * voluntary_ctxt_switches of an open one, read through buf. False, with *out undefined, when it is
 * absent or malformed, or the process is gone.
 */
bool pidstatus_switches(int fd, char *buf, size_t cap, uint64_t *out);

#endif
