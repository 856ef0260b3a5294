/*
 * Two lists. A type that is in neither is taken for one that may hang.
 */
#include "collect/mount_types.h"

#include <stddef.h>

#include "base/str.h"

static const char *const disk_types[] = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs",
    "jfs", "reiserfs", "nilfs2", "vfat", "msdos", "exfat", "ntfs", "ntfs3", "hfs", "hfsplus", "ufs",
    "minix", "udf", "iso9660", "squashfs", "erofs", "cramfs", "romfs", "ubifs", "jffs2", "overlay",
    "aufs"};

static const char *const kernels_types[] = {"tmpfs", "ramfs", "rootfs", "proc", "sysfs", "devtmpfs",
    "devpts", "cgroup", "cgroup2", "securityfs", "selinuxfs", "smackfs", "debugfs", "tracefs",
    "configfs", "pstore", "bpf", "mqueue", "hugetlbfs", "binfmt_misc", "fusectl", "efivarfs",
    "nsfs", "rpc_pipefs", "nfsd", "resctrl", "xenfs"};

static bool
is_in(const char *const list[], size_t len, const char *fstype)
{
	for (size_t i = 0; i < len; i++)
		if (str_eq(fstype, list[i]))
			return true;
	return false;
}

bool
mount_types_is_kernels(const char *fstype)
{
	return is_in(kernels_types, sizeof(kernels_types) / sizeof(kernels_types[0]), fstype);
}

bool
mount_types_is_local(const char *fstype)
{
	return mount_types_is_kernels(fstype) ||
	       is_in(disk_types, sizeof(disk_types) / sizeof(disk_types[0]), fstype);
}
