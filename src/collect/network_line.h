/*
 * The lines of /proc/net/dev and the word of /sys/class/net/X/operstate
 * (Documentation/ABI/testing/sysfs-class-net).
 */
#ifndef COLLECT_NETWORK_LINE_H
#define COLLECT_NETWORK_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETWORK_NAME_MAX 16 /* IFNAMSIZ: with the NUL */

enum network_counter {
	NETWORK_RX_BYTES,
	NETWORK_RX_PACKETS,
	NETWORK_RX_ERRORS,
	NETWORK_RX_DROPS,
	NETWORK_TX_BYTES,
	NETWORK_TX_PACKETS,
	NETWORK_TX_ERRORS,
	NETWORK_TX_DROPS,
	NETWORK_COUNTERS
};

struct network_line {
	char name[NETWORK_NAME_MAX]; /* zero padded */
	unsigned have;               /* 1 << enum network_counter */
	uint64_t values[NETWORK_COUNTERS];
};

/* False for a line (without its newline) that is not "name: numbers". */
bool network_line_parse(const char *line, const char *end, struct network_line *out);

/* 1 when it can carry traffic (up or unknown), 0 in any other state, -1 when it is no state. */
int network_line_operstate(const char *text, size_t len);

#endif
