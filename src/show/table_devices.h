/*
 * The rows of a table that are of one device each: file systems, disks, interfaces.
 */
#ifndef SHOW_TABLE_DEVICES_H
#define SHOW_TABLE_DEVICES_H

#include "show/line.h"
#include "show/table_input.h"

#define TABLE_DEVICES_MAX 128

enum table_kind { TABLE_MOUNTS, TABLE_DISKS, TABLE_INTERFACES, TABLE_KINDS };

struct table_devices {
	enum table_kind kind;
	struct table_device {
		uint32_t id; /* of its series */
		double rank;
	} items[TABLE_DEVICES_MAX]; /* the one to look at first is first */
	size_t len, hidden;         /* hidden: idle, or never used; or past the most */
};

void table_devices_find(
    const struct table_input *in, enum table_kind kind, struct table_devices *out);

/* Lines that all of them take. */
int table_devices_rows(const struct table_devices *d);

/* In so many lines; what has no room is counted. */
void table_devices_write(
    const struct table_input *in, const struct table_devices *d, int rows, struct line *l);

/* The value of another metric of the same labels. */
double table_devices_sibling(
    const struct table_input *in, const struct series *s, enum metric_id metric);

#endif
