/*
 * The likely cause of an alert, in words: the processes (and their services) that added most since
 * it began. Nothing is read until an alert is about to be told, and then each file once.
 */
#ifndef AGENT_CAUSE_H
#define AGENT_CAUSE_H

#include "agent/cause_io.h"
#include "collect/collect.h"
#include "model/finding.h"
#include "model/notice.h"

#define CAUSE_NAMED CAUSE_IO_NAMED
#define CAUSE_CACHED 16 /* different causes in one cycle; further alerts go without */

struct cause_cached {
	int kind, pid;
	int64_t since_ns;
	char text[NOTICE_CAUSE_MAX];
};

struct cause {
	struct host *host;
	struct collect *collect;
	struct cause_io io;
	struct cause_cached cached[CAUSE_CACHED];
	size_t cached_len;
};

void cause_init(
    struct cause *c, struct host *host, struct collect *collect, const struct latest *latest);
void cause_done(struct cause *c);

/* Each cycle: where a disk may alert soon, notes what services have read and written so far. */
void cause_look(struct cause *c, const struct findings *findings, const struct now *now);

/* Fills in the cause of those that fire and have none. */
void cause_fill(struct cause *c, struct notices *notices, const struct now *now);

#endif
