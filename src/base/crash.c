/*
 * A fatal signal to a report on a descriptor. The process may be broken in any way: its heap, its
 * stack, its locks. So the handler has a stack and a buffer of its own and makes only system calls,
 * and if it fails itself in reading the broken stack, it sends what it has.
 */
#include "base/crash.h"

#include <link.h>
#include <signal.h>
#include <stdalign.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/crash_report.h"
#include "base/log.h"

#define STACK_BYTES                                                                      \
	(128 * 1024)     /* vector registers saved by the kernel take up to 70 KiB of it \
	                  */
#define NEAR (64 * 1024) /* a fault so far below the stack pointer is an overflow */

enum phase { COLLECT, SEND, DIE };

static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

static struct {
	int fd;
	pid_t pid;
	uintptr_t page;              /* its size */
	volatile sig_atomic_t phase; /* what the next signal has to do */
	struct backtrace_limits limits;
	struct crash_report report;
	alignas(16) char stack[STACK_BYTES];
} state;

/* The default action, by the signal that came first. */
static void
die_of(int signum)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, signum);
	(void)sigaction(signum, &sa, NULL);
	(void)raise(signum);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	_exit(128 + signum);
}

static void
read_registers(const ucontext_t *context, struct backtrace_registers *r)
{
#if defined(__x86_64__)
	r->pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
	r->sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
	r->fp = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
	r->link = 0;
#elif defined(__aarch64__)
	r->pc = context->uc_mcontext.pc;
	r->sp = context->uc_mcontext.sp;
	r->fp = context->uc_mcontext.regs[29];
	r->link = context->uc_mcontext.regs[30];
#else
	(void)context;
	*r = (struct backtrace_registers){0};
#endif
}

/* In an overflow the stack pointer is already in, or even below, the page that is not there. */
static void
find_stack_start(const siginfo_t *info, uintptr_t sp)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	state.limits.stack_start = 0;
	if (info->si_code > 0 && address < state.limits.stack_end && sp < state.limits.stack_end &&
	    state.limits.stack_end - address < state.limits.stack_end - sp + NEAR)
		state.limits.stack_start = (address / state.page + 1) * state.page;
}

static void
collect(int signum, const siginfo_t *info, const void *context)
{
	struct backtrace_registers registers;

	state.report.signum = (uint32_t)signum;
	if (info->si_code > 0) {
		state.report.has_address = 1;
		state.report.address = (uint64_t)(uintptr_t)info->si_addr;
	} else if (info->si_pid != state.pid) {
		state.report.sender = (uint32_t)info->si_pid;
	}
	read_registers(context, &registers);
	find_stack_start(info, registers.sp);
	backtrace_walk(&registers, &state.limits, &state.report.trace);
}

/* Runs a second time, in the middle of the first, if the stack cannot be read to its end. */
static void
on_signal(int signum, siginfo_t *info, void *context)
{
	if (getpid() != state.pid)
		die_of(signum);
	if (state.phase == COLLECT) {
		state.phase = SEND;
		collect(signum, info, context);
	}
	if (state.phase == SEND) {
		state.phase = DIE;
		(void)!write(state.fd, &state.report, sizeof(state.report));
	}
	die_of((int)state.report.signum);
}

/* The program itself comes first; its code lies between the first and the last of its parts. */
static int
take_text(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct backtrace_limits *limits = arg;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
			continue;
		if (limits->text == 0)
			limits->text = start;
		limits->text_end = start + part->p_memsz;
	}
	return 1;
}

void
crash_catch(int fd)
{
	struct sigaction sa = {
	    .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	const stack_t stack = {.ss_sp = state.stack, .ss_size = sizeof(state.stack)};

	state.fd = fd;
	state.pid = getpid();
	state.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	state.phase = COLLECT;
	memset(&state.report, 0, sizeof(state.report));
	state.limits = (struct backtrace_limits){
	    .stack_end = (uintptr_t)__builtin_frame_address(0) + 2 * sizeof(uintptr_t)};
	dl_iterate_phdr(take_text, &state.limits);
	if (sigaltstack(&stack, NULL) != 0)
		log_warn_errno("a stack for reports of crashes");
	sigfillset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(&sa.sa_mask, signals[i]);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (sigaction(signals[i], &sa, NULL) != 0)
			log_warn_errno("signal %d", signals[i]);
	}
}
