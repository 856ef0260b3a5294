/*
 * Changes from root with all capabilities to an ordinary user with the two that reading a host
 * takes. Trusts the user database. A step that the kernel refuses ends the process: half-dropped
 * rights are worse than no monitoring. An ordinary user has nothing to drop and goes on with less.
 */
#include "priv/drop.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#define CAP_SETPCAP_BIT (1ULL << CAP_SETPCAP)
#define CAPS_MAX 64
#define NOBODY_ID 65534 /* where there is no user database at all */

struct caps {
	uint64_t effective, permitted, inheritable;
};

static bool
look_up(const char *name, struct drop_user *user)
{
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL || !str_copy(user->name, sizeof(user->name), name))
		return false;
	user->uid = pw->pw_uid;
	user->gid = pw->pw_gid;
	return true;
}

void
drop_find_user(const char *name, struct drop_user *user)
{
	if (name[0] != '\0' && look_up(name, user))
		return;
	if (!look_up("nobody", user))
		*user = (struct drop_user){.name = "nobody", .uid = NOBODY_ID, .gid = NOBODY_ID};
	log_warn("no user \"%s\" on this host: running as nobody", name);
}

bool
drop_is_nobody(void)
{
	struct drop_user nobody;

	return geteuid() == NOBODY_ID || (look_up("nobody", &nobody) && geteuid() == nobody.uid);
}

void
drop_to_user(const struct drop_user *user)
{
	if (geteuid() != 0)
		return;
	if (user->uid == 0) {
		log_warn("running as root, as configured: any other user is safer");
		return;
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
		die_errno("keep capabilities");
	if (initgroups(user->name, user->gid) != 0)
		die_errno("groups of %s", user->name);
	if (setresgid(user->gid, user->gid, user->gid) != 0)
		die_errno("group of %s", user->name);
	if (setresuid(user->uid, user->uid, user->uid) != 0)
		die_errno("user %s", user->name);
	if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0)
		die_errno("keep capabilities");
	if (setuid(0) == 0)
		die("root is still within reach after becoming %s", user->name);
}

static bool
get_caps(struct caps *caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	memset(data, 0, sizeof(data));
	if (syscall(SYS_capget, &head, data) != 0)
		return false;
	caps->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	caps->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	caps->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return true;
}

static bool
set_caps(const struct caps *caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(caps->effective >> (32 * i));
		data[i].permitted = (uint32_t)(caps->permitted >> (32 * i));
		data[i].inheritable = (uint32_t)(caps->inheritable >> (32 * i));
	}
	return syscall(SYS_capset, &head, data) == 0;
}

/* The bounding set can only be reduced with CAP_SETPCAP; ambient ones go with the inheritable. */
static void
drop_bounding(struct caps *caps, uint64_t keep)
{
	if ((caps->permitted & CAP_SETPCAP_BIT) == 0)
		return;
	caps->effective |= CAP_SETPCAP_BIT;
	if (!set_caps(caps))
		return;
	for (unsigned cap = 0; cap < CAPS_MAX; cap++)
		if ((keep >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return; /* EINVAL: past the last one that this kernel knows */
}

uint64_t
priv_drop_caps(uint64_t mask)
{
	struct caps caps;

	if (!get_caps(&caps))
		die_errno("read capabilities");
	drop_bounding(&caps, mask);
	caps.permitted &= mask;
	caps.effective = caps.permitted;
	caps.inheritable = 0;
	if (!set_caps(&caps))
		die_errno("drop capabilities");
	return caps.permitted;
}

uint64_t
priv_caps(void)
{
	struct caps caps;

	return get_caps(&caps) ? caps.effective : 0;
}
