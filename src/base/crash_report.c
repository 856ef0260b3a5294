/*
 * A report of a crash to text, in a healthy process. The report comes from a broken one and may be
 * made up: numbers alone are taken from it, each within its range. Addresses are looked up among
 * what is loaded here, which is what was loaded there.
 */
#include "base/crash_report.h"

#include <elf.h>
#include <inttypes.h>
#include <link.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"

static const struct {
	uint32_t signum;
	const char *name;
} names[] = {
    {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"},
    {SIGABRT, "SIGABRT"},
    {SIGFPE, "SIGFPE"},
    {SIGILL, "SIGILL"},
};

struct place {
	uint64_t address, offset;
	const char *module; /* "": the program; NULL: not found */
};

static const char *
signal_name(uint32_t signum)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].signum == signum)
			return names[i].name;
	}
	return NULL;
}

bool
crash_report_is_valid(const void *bytes, size_t len)
{
	struct crash_report r;

	if (len != sizeof(r))
		return false;
	memcpy(&r, bytes, sizeof(r));
	return signal_name(r.signum) != NULL && r.trace.count <= BACKTRACE_MAX;
}

static int
find_module(struct dl_phdr_info *info, size_t size, void *arg)
{
	const char *slash = strrchr(info->dlpi_name, '/');
	struct place *place = arg;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type != PT_LOAD ||
		    place->address - info->dlpi_addr - part->p_vaddr >= part->p_memsz)
			continue;
		place->module = slash == NULL ? info->dlpi_name : slash + 1;
		place->offset = place->address - info->dlpi_addr;
		return 1;
	}
	return 0;
}

static void
add_place(uint64_t address, struct buf *out)
{
	struct place place = {.address = address};

	dl_iterate_phdr(find_module, &place);
	if (place.module == NULL)
		buf_addf(out, "nowhere+0x%" PRIx64, address);
	else
		buf_addf(out, "%s%s0x%" PRIx64, place.module, *place.module == '\0' ? "" : "+",
		    place.offset);
}

static void
add_build_id(const unsigned char *notes, size_t len, size_t align, struct buf *out)
{
	ElfW(Nhdr) head;

	for (size_t at = 0; at + sizeof(head) <= len;) {
		size_t name = at + sizeof(head), desc;

		memcpy(&head, notes + at, sizeof(head));
		desc = (name + head.n_namesz + align - 1) / align * align;
		if (desc > len || head.n_descsz > len - desc)
			return;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == sizeof("GNU") &&
		    memcmp(notes + name, "GNU", sizeof("GNU")) == 0) {
			for (size_t i = 0; i < head.n_descsz; i++)
				buf_addf(out, "%02x", notes[desc + i]);
			return;
		}
		at = (desc + head.n_descsz + align - 1) / align * align;
	}
}

static int
add_program_build_id(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_NOTE)
			add_build_id((const unsigned char *)(info->dlpi_addr + part->p_vaddr),
			    part->p_memsz, part->p_align == 8 ? 8 : 4, arg);
	}
	return 1;
}

void
crash_report_describe(const struct crash_report *r, struct buf *out)
{
	const char *name = signal_name(r->signum);

	buf_adds(out, name == NULL ? "signal" : name);
	if (r->has_address != 0)
		buf_addf(out, " at address 0x%" PRIx64, r->address);
	else if (r->sender != 0)
		buf_addf(out, " sent by process %" PRIu32, r->sender);
	buf_adds(out, ", build ");
	dl_iterate_phdr(add_program_build_id, out);
	buf_adds(out, ", frames");
	for (uint32_t i = 0; i < r->trace.count && i < BACKTRACE_MAX; i++) {
		buf_adds(out, (r->trace.guessed >> i & 1) != 0 ? " ?" : " ");
		add_place(r->trace.frames[i], out);
	}
}

void
crash_report_log(const struct crash_report *report, const char *who, pid_t pid)
{
	char text[CRASH_REPORT_TEXT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	crash_report_describe(report, &b);
	log_error("%s (process %d) crashed: %s", who, (int)pid, text);
}
