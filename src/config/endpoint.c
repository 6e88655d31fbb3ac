/* SPDX-License-Identifier: MIT */
#include "config/endpoint.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

#define DEFAULT_PATH "/EWS/Exchange.asmx"
#define HOST_MAX     253 /* RFC 1035, 2.3.4, as text */

struct parts {
    bool plain; /* http:// */
    bool is_url;
    struct slice host; /* an IPv6 address keeps its brackets */
    bool has_port;
    struct slice port; /* empty without has_port */
    struct slice path; /* empty, or from '/' on */
};

/* ---- taking apart ---------------------------------------------------------------------------- */

static const char *check_bytes(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte <= ' ' || byte >= 0x7F || strchr("\\\"<>^`{|}", byte))
            return "holds a blank or another character that no address has; an international name "
                   "is"
                   " written with xn--";
        if (byte == '@')
            return "names a user or password; they belong into USERNAME and PASSWORD";
        if (byte == '?' || byte == '#')
            return "goes on behind '?' or '#'; end it before";
    }
    return NULL;
}

static void skip(struct slice *text, size_t length)
{
    text->at += length;
    text->length -= length;
}

static const char *take_scheme(struct slice *rest, struct parts *parts)
{
    static const struct {
        const char *prefix;
        bool plain;
    } schemes[] = {{"https://", false}, {"http://", true}};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t length = strlen(schemes[i].prefix);
        if (rest->length < length || strncasecmp(rest->at, schemes[i].prefix, length) != 0)
            continue;
        skip(rest, length);
        parts->is_url = true;
        parts->plain = schemes[i].plain;
        return NULL;
    }
    return memmem(rest->at, rest->length, "://", 3) ? "has to begin with https://" : NULL;
}

static size_t find(struct slice text, char byte)
{
    const char *at = text.length ? memchr(text.at, byte, text.length) : NULL;

    return at ? (size_t)(at - text.at) : text.length;
}

static struct slice take(struct slice *rest, size_t length)
{
    struct slice taken = {rest->at, length};

    skip(rest, length);
    return taken;
}

/* "host" or "host:port", the host perhaps "[::1]". */
static const char *take_authority(struct slice authority, struct parts *parts)
{
    bool bracketed = authority.length && authority.at[0] == '[';
    size_t close = bracketed ? find(authority, ']') : 0;

    if (bracketed && close == authority.length)
        return "has a '[' without ']'";
    parts->host = take(&authority, bracketed ? close + 1 : find(authority, ':'));
    parts->has_port = authority.length > 0;
    if (!parts->has_port)
        return NULL;
    if (take(&authority, 1).at[0] != ':')
        return "has text behind ']'";
    parts->port = authority;
    return NULL;
}

static const char *take_apart(struct slice text, struct parts *parts)
{
    const char *flaw = take_scheme(&text, parts);

    if (flaw)
        return flaw;
    struct slice authority = take(&text, find(text, '/'));
    parts->path = text;
    if (!parts->is_url && text.length)
        return "has a path; write https:// in front of the whole address";
    return take_authority(authority, parts);
}

/* ---- checks ---------------------------------------------------------------------------------- */

static bool is_ipv6(struct slice host, struct in6_addr *ret)
{
    char text[INET6_ADDRSTRLEN];

    if (host.length < 4 || host.length - 2 >= sizeof text)
        return false;
    memcpy(text, host.at + 1, host.length - 2);
    text[host.length - 2] = '\0';
    return inet_pton(AF_INET6, text, ret) == 1;
}

static bool is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

/* Labels of letters, digits, '-' and '_' with single dots between them. */
static bool is_name(struct slice host)
{
    struct slice label = {0};

    if (host.length > HOST_MAX)
        return false;
    while (slice_next(&host, '.', &label)) {
        if (label.length == 0 || label.at[0] == '-')
            return false;
        for (size_t i = 0; i < label.length; i++) {
            if (!is_name_byte(label.at[i]))
                return false;
        }
    }
    return true;
}

static const char *check_host(const struct parts *parts)
{
    struct in6_addr address;
    bool good = parts->host.length &&
                (parts->host.at[0] == '[' ? is_ipv6(parts->host, &address) : is_name(parts->host));

    return good ? NULL : "names no host; write for example mail.example.org";
}

static const char *check_port(const struct parts *parts)
{
    int64_t port = 0;

    if (!parts->has_port || slice_int(parts->port, 1, 65535, &port))
        return NULL;
    return "has a port that is no number from 1 to 65535";
}

/* By the letter: a name that only looks like loopback, or an old way to write an address, is none.
 */
static bool is_loopback(struct slice host)
{
    char text[INET_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;

    if (host.at[0] == '[')
        return is_ipv6(host, &v6) && IN6_IS_ADDR_LOOPBACK(&v6);
    if (host.length == 9 && strncasecmp(host.at, "localhost", 9) == 0)
        return true;
    if (host.length >= sizeof text)
        return false;
    memcpy(text, host.at, host.length);
    text[host.length] = '\0';
    return inet_pton(AF_INET, text, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static const char *check_safety(const struct parts *parts)
{
    if (!parts->plain || is_loopback(parts->host))
        return NULL;
    return "would send the password in clear text; write https:// (http:// is for localhost only)";
}

/* ---- putting together ------------------------------------------------------------------------ */

static int compose(const struct parts *parts, char **ret)
{
    bool has_path = parts->path.length > 1;
    struct slice path = has_path ? parts->path : slice_of(DEFAULT_PATH);
    struct buf url = BUF_INIT(SIZE_MAX / 2);

    buf_append_text(&url, parts->plain ? "http://" : "https://");
    buf_append(&url, parts->host.at, parts->host.length);
    if (parts->has_port)
        buf_append_char(&url, ':');
    buf_append(&url, parts->port.at, parts->port.length);
    buf_append(&url, path.at, path.length);
    int error = buf_error(&url);
    if (error)
        buf_finish(&url);
    else
        *ret = url.bytes;
    return error;
}

int endpoint_parse(struct slice text, char **ret, struct err *err)
{
    static const char *(*const checks[])(const struct parts *) = {check_host, check_port,
                                                                  check_safety};
    struct parts parts = {0};
    const char *flaw = check_bytes(text);

    if (!flaw)
        flaw = take_apart(text, &parts);
    for (size_t i = 0; !flaw && i < sizeof checks / sizeof checks[0]; i++)
        flaw = checks[i](&parts);
    return flaw ? err_set(err, 1, "%s", flaw) : compose(&parts, ret);
}
