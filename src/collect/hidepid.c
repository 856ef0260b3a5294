/*
 * Mount options to a level and a group. What is not known to us hides nothing: then process 1, or
 * the error of a process that is listed, still tells.
 */
#include "collect/hidepid.h"

#include <limits.h>
#include <linux/capability.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/str.h"

static const struct {
	const char *option;
	enum hidepid_level level;
} levels[] = {
    {"hidepid=1", HIDEPID_NO_ACCESS},
    {"hidepid=noaccess", HIDEPID_NO_ACCESS},
    {"hidepid=2", HIDEPID_INVISIBLE},
    {"hidepid=invisible", HIDEPID_INVISIBLE},
    {"hidepid=4", HIDEPID_PTRACEABLE},
    {"hidepid=ptraceable", HIDEPID_PTRACEABLE},
};

static void
take_option(struct hidepid *h, const char *option, size_t len)
{
	const char *p = option + strlen("gid="), *end = option + len;
	uint64_t gid;

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (len == strlen(levels[i].option) && memcmp(option, levels[i].option, len) == 0)
			h->level = levels[i].level;
	if (len > strlen("gid=") && memcmp(option, "gid=", strlen("gid=")) == 0 &&
	    str_u64(&p, end, &gid) && p == end && gid <= UINT32_MAX)
		h->gid = (uint32_t)gid;
}

struct hidepid
hidepid_parse(const char *options)
{
	struct hidepid h = {.level = HIDEPID_OFF};

	while (*options != '\0') {
		size_t len = strcspn(options, ",");

		take_option(&h, options, len);
		options += len;
		options += *options == ',';
	}
	return h;
}

bool
hidepid_hides(const struct hidepid *h, bool may_trace, bool in_group)
{
	if (h->level < HIDEPID_INVISIBLE || may_trace)
		return false;
	return h->level == HIDEPID_PTRACEABLE || !in_group;
}

bool
hidepid_may_trace(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective & CAP_TO_MASK(CAP_SYS_PTRACE)) != 0;
}

/* group_member(3) of glibc asks the same, but allocates. */
bool
hidepid_in_group(const struct hidepid *h)
{
	static gid_t groups[NGROUPS_MAX];
	int n;

	if (getegid() == h->gid)
		return true;
	n = getgroups(NGROUPS_MAX, groups);
	for (int i = 0; i < n; i++)
		if (groups[i] == h->gid)
			return true;
	return false;
}
