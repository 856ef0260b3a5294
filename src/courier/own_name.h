/*
 * The name by which this host greets a mail server.
 */
#ifndef COURIER_OWN_NAME_H
#define COURIER_OWN_NAME_H

#define OWN_NAME_MAX 254 /* with a NUL (RFC 1035, 2.3.4) */

/*
 * A domain name as RFC 5321, 2.3.5 wants it, with a dot in it where domain is not empty. host: what
 * the system calls itself, any bytes; domain: that of the sender.
 */
void own_name_make(const char *host, const char *domain, char out[OWN_NAME_MAX]);

#endif
