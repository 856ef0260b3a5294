/*
 * How often this host was rebooted since the agent was installed: the kernel's boot_id against the
 * one that was kept.
 */
#ifndef AGENT_BOOTS_H
#define AGENT_BOOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/host.h"

#define BOOTS_KEY "boot"
#define BOOTS_ID_MAX 40

struct boots {
	char id[BOOTS_ID_MAX]; /* boot_id seen last, "" unknown */
	int64_t reboots;       /* -1: nothing was kept, and nothing is known */
};

/* The kept form back; false when it is damaged. */
bool boots_from_json(struct boots *b, const char *json, size_t len);
/* From mem. */
char *boots_to_json(const struct boots *b);

/* Looks at the kernel's boot_id; true when there is something new to keep. */
bool boots_look(struct boots *b, struct host *host);

#endif
