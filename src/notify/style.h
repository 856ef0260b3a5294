/*
 * How a message looks where a service shows colours, icons or priorities: by the severity of what
 * it is about, or as an end, quietly as one of what nobody looks at any more, or as a test.
 */
#ifndef NOTIFY_STYLE_H
#define NOTIFY_STYLE_H

#include "model/notice.h"

/* The first SEV_COUNT are the severities. A table of a channel has STYLE_COUNT rows. */
enum style { STYLE_RESOLVED = SEV_COUNT, STYLE_UNWATCHED, STYLE_TEST, STYLE_COUNT };

enum style style_of(const struct notice *n);

/* 0xrrggbb, to be seen on white and on black. */
extern const unsigned style_colours[STYLE_COUNT];

#endif
