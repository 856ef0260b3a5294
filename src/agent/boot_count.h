/*
 * How often this host was rebooted since the agent was installed: the kernel's boot_id against the
 * one that was kept.
 */
#ifndef AGENT_BOOT_COUNT_H
#define AGENT_BOOT_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"

#define BOOT_COUNT_KEY "boot"
#define BOOT_COUNT_ID_MAX 40

struct boot_count {
	char id[BOOT_COUNT_ID_MAX]; /* boot_id seen last, "" unknown */
	int64_t reboots;            /* -1: nothing was kept, and nothing is known */
};

/* The kept form back; false when it is damaged. */
bool boot_count_from_json(struct boot_count *b, const char *json, size_t len);
/* From mem. */
char *boot_count_to_json(const struct boot_count *b);

/* Looks at the kernel's boot_id; true when there is something new to keep. */
bool boot_count_look(struct boot_count *b, struct host *host);

#endif
