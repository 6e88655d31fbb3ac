/* SPDX-License-Identifier: MIT */
#include "config/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define HOST_MAX 253 /* RFC 1035, 2.3.4, as text */

/* ---- taking apart ---------------------------------------------------------------------------- */

static const char *check_bytes(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        if (byte <= ' ' || byte >= 0x7F || strchr("\\\"<>^`{|}", byte))
            return "holds a blank or another character that no address has; an international name"
                   " is written with xn--";
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

static const char *take_scheme(struct slice *rest, struct url *url)
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
        url->has_scheme = true;
        url->plain = schemes[i].plain;
        return NULL;
    }
    return memmem(rest->at, rest->length, "://", 3)
               ? "begins neither with https:// nor with http://"
               : NULL;
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

/* "user@", if it is there. */
static void take_user(struct slice *authority, struct url *url)
{
    size_t length = find(*authority, '@');

    url->has_user = length < authority->length;
    if (!url->has_user)
        return;
    url->user = take(authority, length);
    skip(authority, 1);
}

/* "host" or "host:port", the host perhaps "[::1]". */
static const char *take_host(struct slice authority, struct url *url)
{
    bool bracketed = authority.length && authority.at[0] == '[';
    size_t close = bracketed ? find(authority, ']') : 0;

    if (bracketed && close == authority.length)
        return "has a '[' without ']'";
    url->host = take(&authority, bracketed ? close + 1 : find(authority, ':'));
    url->has_port = authority.length > 0;
    if (!url->has_port)
        return NULL;
    if (take(&authority, 1).at[0] != ':')
        return "has text behind ']'";
    url->port = authority;
    return NULL;
}

static const char *take_apart(struct slice text, struct url *url)
{
    const char *flaw = take_scheme(&text, url);

    if (flaw)
        return flaw;
    struct slice authority = take(&text, find(text, '/'));
    url->path = text;
    take_user(&authority, url);
    /* Where the host begins would be a matter of taste. */
    if (find(authority, '@') < authority.length || find(text, '@') < text.length)
        return "has an '@' where none can be; one in a user or password is written %40";
    if (!url->has_scheme && text.length)
        return "has a path; write https:// in front of the whole address";
    return take_host(authority, url);
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

static const char *check_host(const struct url *url)
{
    struct in6_addr address;
    bool good = url->host.length &&
                (url->host.at[0] == '[' ? is_ipv6(url->host, &address) : is_name(url->host));

    return good ? NULL : "names no host; write for example mail.example.org";
}

static const char *check_port(const struct url *url)
{
    int64_t port = 0;

    if (!url->has_port || slice_int(url->port, 1, 65535, &port))
        return NULL;
    return "has a port that is no number from 1 to 65535";
}

/* ---- the whole ------------------------------------------------------------------------------- */

const char *url_split(struct slice text, struct url *ret)
{
    struct url url = {0};
    const char *flaw = check_bytes(text);

    if (!flaw)
        flaw = take_apart(text, &url);
    if (!flaw)
        flaw = check_host(&url);
    if (!flaw)
        flaw = check_port(&url);
    if (!flaw)
        *ret = url;
    return flaw;
}

bool url_is_loopback(const struct url *url)
{
    struct slice host = url->host;
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
