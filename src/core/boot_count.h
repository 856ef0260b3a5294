/*
 * How often this host was rebooted since the agent was installed: the kernel's boot_id against the
 * one that was kept.
 */
#ifndef CORE_BOOT_COUNT_H
#define CORE_BOOT_COUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOT_COUNT_KEY "boot"
#define BOOT_COUNT_ID_MAX 40

struct boot_count {
	char id[BOOT_COUNT_ID_MAX]; /* boot_id seen last, "" unknown */
	int64_t reboots;            /* -1: nothing was kept, and nothing is known */
	bool changed;               /* to be kept */
};

/* The kept form back; false when it is damaged. */
bool boot_count_from_json(struct boot_count *b, const char *json, size_t len);
/* From mem. */
char *boot_count_to_json(const struct boot_count *b);

/* boot_id: the kernel's, its newline may follow. Counts a boot that is new. */
void boot_count_look(struct boot_count *b, const char *boot_id);

#endif
