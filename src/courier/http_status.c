/*
 * A table of statuses. What services say beside their number is not asked: HTTP/2 has no such
 * words, and proxies make up their own.
 */
#include "courier/http_status.h"

#include <stddef.h>

#define CHECK_URL "there is nothing at this address that takes messages: check the URL"
#define CHECK_LOGIN "the token, key or password is not accepted: check it"
#define DOWN "the service, or what stands in front of it, is down or overloaded"

/* The first row that holds a status counts. */
static const struct http_status rows[] = {
    {301, 301, "Moved Permanently", NULL},
    {302, 302, "Found", NULL},
    {303, 303, "See Other", NULL},
    {307, 307, "Temporary Redirect", NULL},
    {308, 308, "Permanent Redirect", NULL},
    {400, 400, "Bad Request", "the service does not take the message as it is"},
    {401, 401, "Unauthorized", CHECK_LOGIN},
    {402, 402, "Payment Required", "the account is used up or not paid for"},
    {403, 403, "Forbidden", "the service does not allow us this: check the token and its rights"},
    {404, 404, "Not Found", CHECK_URL},
    {405, 405, "Method Not Allowed", CHECK_URL},
    {407, 407, "Proxy Authentication Required", "the proxy wants a login"},
    {408, 408, "Request Timeout", "the service did not wait for the whole message"},
    {409, 409, "Conflict", NULL},
    {410, 410, "Gone", "what was at this address has been removed for good: check the URL"},
    {411, 411, "Length Required", NULL},
    {413, 413, "Content Too Large", "the message is too long for the service"},
    {414, 414, "URI Too Long", "the URL is too long for the service"},
    {415, 415, "Unsupported Media Type", "the service does not take messages of this form"},
    {421, 421, "Misdirected Request", "this server is not the one of this address"},
    {422, 422, "Unprocessable Content", "the service does not take the message as it is"},
    {425, 425, "Too Early", NULL},
    {426, 426, "Upgrade Required", NULL},
    {429, 429, "Too Many Requests", "the service takes no more messages for now"},
    {431, 431, "Request Header Fields Too Large", NULL},
    {451, 451, "Unavailable For Legal Reasons", NULL},
    {500, 500, "Internal Server Error", "a fault of the service"},
    {501, 501, "Not Implemented", "the service does not know such a request: check the URL"},
    {502, 502, "Bad Gateway", DOWN},
    {503, 503, "Service Unavailable", DOWN},
    {504, 504, "Gateway Timeout", DOWN},
    {507, 507, "Insufficient Storage", "the service has no room left"},
    {511, 511, "Network Authentication Required", "this network wants a login in a browser"},
    {400, 499, NULL, "the service refuses it"},
    {500, 599, NULL, "a fault of the service"},
    {0, UINT32_MAX, NULL, NULL},
};

const struct http_status *
http_status_find(uint32_t status)
{
	const struct http_status *row = rows;

	while (status < row->first || status > row->last)
		row++;
	return row;
}
