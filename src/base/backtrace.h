/*
 * The return addresses on the stack of a program that has stopped: by frame pointers through the
 * program's own code, which is built with them, and by looking at every word where libraries that
 * have none lie between. Async-signal-safe; nothing is read but the stack between the stack pointer
 * and the end given, and the program's code. x86-64 and AArch64; elsewhere only the first address.
 */
#ifndef BASE_BACKTRACE_H
#define BASE_BACKTRACE_H

#include <stdint.h>

#define BACKTRACE_MAX 32

struct backtrace {
	uint32_t count;
	uint32_t guessed;               /* bit i: frame i may be a left-over of an earlier call */
	uint64_t frames[BACKTRACE_MAX]; /* innermost first; all but the first are return addresses
	                                 */
};

struct backtrace_registers {
	uintptr_t pc, sp, fp;
	uintptr_t link; /* the return address of a function that has not saved it; 0: none */
};

struct backtrace_limits {
	uintptr_t text, text_end; /* the program's own code, readable */
	uintptr_t stack_start;    /* below it nothing is mapped; 0: the stack pointer is in it */
	uintptr_t stack_end;      /* all from the later of both up to here is mapped */
};

/* Fills *out frame by frame: an interrupted call leaves those that were found. */
void backtrace_walk(const struct backtrace_registers *registers,
    const struct backtrace_limits *limits, struct backtrace *out);

#endif
