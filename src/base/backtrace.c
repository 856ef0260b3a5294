/*
 * Registers and a stack to a list of return addresses. Nothing on the stack is trusted: what broke
 * the program may have written there. An address is followed only if it is aligned and lies in the
 * stack above the last one, so that the walk ends; a word counts as a return address only if it
 * points behind a call in the program's code.
 */
#include "base/backtrace.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define WORD sizeof(uintptr_t)
#define RECORD (2 * WORD)    /* the caller's frame pointer, then the address to return to */
#define CALL_MAX 7           /* bytes of the longest call instruction looked for */
#define STACK_MAX (64 << 20) /* a stack pointer further from the end is not one of this stack */

struct walk {
	const struct backtrace_limits *limits;
	struct backtrace *out;
	uintptr_t at; /* the lowest word of the stack that is not explained yet */
	uintptr_t fp;
	bool has_fp; /* the code that runs there keeps its frame in fp */
};

/* What lies between the variables of a sanitized build is read as well. */
__attribute__((noinline, no_sanitize_address)) static uintptr_t
load(uintptr_t address)
{
	return *(const volatile uintptr_t *)address;
}

#if defined(__x86_64__)
/* E8 with four bytes of distance, or FF /2 with an operand of up to five bytes. */
static bool
follows_call(uintptr_t address)
{
	static const unsigned char lengths[] = {2, 3, 4, 6, 7};
	const unsigned char *end = (const unsigned char *)address;

	if (end[-5] == 0xe8)
		return true;
	for (size_t i = 0; i < sizeof(lengths); i++) {
		const unsigned char *call = end - lengths[i];

		if (call[0] == 0xff && (call[1] & 0x38) == 0x10)
			return true;
	}
	return false;
}
#elif defined(__aarch64__)
/* BL or BLR */
static bool
follows_call(uintptr_t address)
{
	uint32_t code;

	if (address % sizeof(code) != 0)
		return false;
	memcpy(&code, (const char *)address - sizeof(code), sizeof(code));
	return (code & 0xfc000000) == 0x94000000 || (code & 0xfffffc1f) == 0xd63f0000;
}
#else
static bool
follows_call(uintptr_t address)
{
	(void)address;
	return false;
}
#endif

static bool
is_in_program(const struct walk *w, uintptr_t address)
{
	return address >= w->limits->text && address < w->limits->text_end;
}

static bool
returns_to_program(const struct walk *w, uintptr_t address)
{
	return is_in_program(w, address) && address - w->limits->text >= CALL_MAX &&
	       follows_call(address);
}

/* May there be a frame's record at fp? */
static bool
is_in_stack(const struct walk *w, uintptr_t fp, uintptr_t least)
{
	return fp % WORD == 0 && fp >= least && fp < w->limits->stack_end &&
	       w->limits->stack_end - fp >= RECORD;
}

static bool
is_record(const struct walk *w, uintptr_t fp, uintptr_t least)
{
	return is_in_stack(w, fp, least) && returns_to_program(w, load(fp + WORD));
}

static void
add(struct walk *w, uintptr_t address, bool guessed)
{
	struct backtrace *out = w->out;

	if (out->count == BACKTRACE_MAX)
		return;
	out->frames[out->count] = address;
	out->guessed |= (uint32_t)guessed << out->count;
	out->count++;
	atomic_signal_fence(memory_order_seq_cst); /* the next load may be the last */
}

/* The caller of a function that keeps frame pointers. */
static void
follow_record(struct walk *w)
{
	uintptr_t caller = load(w->fp + WORD);

	if (caller != 0) /* the end, by the ABI */
		add(w, caller, false);
	w->at = w->fp + RECORD;
	w->fp = load(w->fp);
	w->has_fp = is_in_program(w, caller);
}

/* A library's functions may have saved the last frame pointer of the program anywhere. */
static uintptr_t
find_record(const struct walk *w)
{
	if (is_record(w, w->fp, w->at))
		return w->fp;
	for (uintptr_t p = w->at; p < w->limits->stack_end; p += WORD) {
		if (is_record(w, load(p), p + WORD))
			return load(p);
	}
	return 0;
}

/* Lists what may be returns from libraries, up to the next frame whose place is known. */
static void
cross_libraries(struct walk *w)
{
	uintptr_t record = find_record(w), end = record == 0 ? w->limits->stack_end : record;

	for (uintptr_t p = w->at; p < end; p += WORD) {
		uintptr_t word = load(p);

		if (returns_to_program(w, word))
			add(w, word, true);
	}
	w->at = end;
	w->fp = record;
	w->has_fp = record != 0;
}

/* The caller of a function that has not made its record yet: it is where a call leaves it. */
static void
add_unsaved(struct walk *w, const struct backtrace_registers *registers)
{
	uintptr_t caller = registers->link, top;

	if (caller == 0 && w->at == registers->sp && w->limits->stack_end - w->at >= RECORD) {
		top = load(w->at);
		caller = top == w->fp ? load(w->at + WORD) : top;
	}
	if (returns_to_program(w, caller) &&
	    !(is_in_stack(w, w->fp, w->at) && load(w->fp + WORD) == caller))
		add(w, caller, true);
}

void
backtrace_walk(const struct backtrace_registers *registers, const struct backtrace_limits *limits,
    struct backtrace *out)
{
	uintptr_t start = registers->sp < limits->stack_start ? limits->stack_start : registers->sp;
	struct walk w = {.limits = limits,
	    .out = out,
	    .at = (start + WORD - 1) / WORD * WORD,
	    .fp = registers->fp};

	memset(out, 0, sizeof(*out));
	add(&w, registers->pc, false);
	if (w.at >= limits->stack_end || limits->stack_end - w.at > STACK_MAX)
		return;
	w.has_fp = is_in_program(&w, registers->pc);
	if (w.has_fp || registers->link != 0)
		add_unsaved(&w, registers);
	while (out->count < BACKTRACE_MAX && w.at < limits->stack_end) {
		if (w.has_fp && is_in_stack(&w, w.fp, w.at))
			follow_record(&w);
		else
			cross_libraries(&w);
	}
}
