/*
 * The names are those that a file system may answer with: libraries that are still in use have no
 * call for them. Any number may be asked for.
 */
#include "base/errtext.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAMES(X)        \
	X(EPERM)        \
	X(ENOENT)       \
	X(EINTR)        \
	X(EIO)          \
	X(ENXIO)        \
	X(EBADF)        \
	X(EAGAIN)       \
	X(ENOMEM)       \
	X(EACCES)       \
	X(EFAULT)       \
	X(EBUSY)        \
	X(ENODEV)       \
	X(ENOTDIR)      \
	X(EINVAL)       \
	X(ENFILE)       \
	X(EMFILE)       \
	X(ENOSPC)       \
	X(EROFS)        \
	X(EPIPE)        \
	X(ENAMETOOLONG) \
	X(ENOSYS)       \
	X(ELOOP)        \
	X(ENOLINK)      \
	X(ECOMM)        \
	X(EPROTO)       \
	X(EBADMSG)      \
	X(EOVERFLOW)    \
	X(EOPNOTSUPP)   \
	X(ENETDOWN)     \
	X(ENETUNREACH)  \
	X(ENETRESET)    \
	X(ECONNABORTED) \
	X(ECONNRESET)   \
	X(ENOTCONN)     \
	X(ESHUTDOWN)    \
	X(ETIMEDOUT)    \
	X(ECONNREFUSED) \
	X(EHOSTDOWN)    \
	X(EHOSTUNREACH) \
	X(EALREADY)     \
	X(ESTALE)       \
	X(EUCLEAN)      \
	X(EREMOTEIO)    \
	X(ENOMEDIUM)    \
	X(ENOKEY)       \
	X(EKEYEXPIRED)  \
	X(EKEYREVOKED)  \
	X(EKEYREJECTED)

static const struct {
	int err;
	const char *name;
} names[] = {
#define X(name) {name, #name},
    NAMES(X)
#undef X
};

const char *
errtext(int err, char out[ERRTEXT_MAX])
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].err != err)
			continue;
		snprintf(
		    out, ERRTEXT_MAX, "%.*s (%s)", ERRTEXT_MAX - 18, strerror(err), names[i].name);
		return out;
	}
	snprintf(out, ERRTEXT_MAX, "(error %d)", err);
	return out;
}
