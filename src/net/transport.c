/* SPDX-License-Identifier: MIT */
#include "net/transport.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/datetime.h"

#define CONNECT_TIMEOUT_S INT64_C(10)
#define MAILBOX_LINE_MAX  1024

struct transport {
    CURL *curl;
    const struct config *config;
    const atomic_bool *stop;
    char reason[CURL_ERROR_SIZE]; /* libcurl's; it never holds credentials */

    /* the transfer under way */
    transport_sink *sink;
    void *context;
    struct transport_reply reply;
    int64_t retry_at_utc; /* Retry-After, if it was a date; 0: it was not */
    size_t header_bytes;
    enum transport_result ended; /* by one of our callbacks; TRANSPORT_OK: by none of them */
};

/* ---- the process ---- */

int transport_global_init(struct err *err)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    if (code == CURLE_OUT_OF_MEMORY)
        return err_set(err, -ENOMEM, "libcurl has not enough memory to begin");
    if (code)
        return err_set(err, -EIO, "libcurl cannot begin: %s", curl_easy_strerror(code));
    return 0;
}

void transport_global_finish(void)
{
    curl_global_cleanup();
}

/* ---- reply headers ---- */

static bool begins_with(struct slice text, const char *word)
{
    return text.length >= strlen(word) && strncasecmp(text.at, word, strlen(word)) == 0;
}

static bool ends_with(struct slice text, const char *word)
{
    size_t length = strlen(word);

    return text.length >= length && strncasecmp(text.at + text.length - length, word, length) == 0;
}

static bool is_word(struct slice text, const char *word)
{
    return text.length == strlen(word) && begins_with(text, word);
}

static void read_content_type(struct transport *transport, struct slice value)
{
    struct slice type = value;

    (void)slice_next(&value, ';', &type);
    type = slice_trim(type);
    transport->reply.is_xml =
        is_word(type, "text/xml") || is_word(type, "application/xml") || ends_with(type, "+xml");
}

static void read_date(struct transport *transport, struct slice value)
{
    (void)datetime_http_parse(value, &transport->reply.server_utc);
}

/* RFC 9110, 10.2.3: seconds, or a date. */
static void read_retry_after(struct transport *transport, struct slice value)
{
    if (!slice_int(value, 0, INT64_MAX, &transport->reply.retry_after_s))
        (void)datetime_http_parse(value, &transport->retry_at_utc);
}

/* A scheme stands at the beginning or behind a comma; parameters do so too, but none is called
 * "basic". */
static void read_www_authenticate(struct transport *transport, struct slice value)
{
    struct slice part;

    while (slice_next(&value, ',', &part)) {
        part = slice_trim(part);
        if (is_word(part, "basic") || begins_with(part, "basic "))
            transport->reply.basic_offered = true;
    }
}

/* "Name: value", behind what was kept already. */
static void keep_remark(struct transport *transport, const char *name, struct slice value)
{
    char *remark = transport->reply.remark;
    size_t used = strlen(remark);

    (void)snprintf(remark + used, TRANSPORT_REMARK_SIZE - used, "%s%s: %.*s", used ? "; " : "",
                   name, (int)value.length, value.at);
    for (char *at = remark + used; *at; at++) {
        if (*at < ' ' || *at > '~')
            *at = '?';
    }
}

static void read_location(struct transport *transport, struct slice value)
{
    struct slice path = value;

    (void)slice_next(&value, '?', &path);
    transport->reply.error_page = ends_with(path, "/ews/genericerrorpage.htm");
    keep_remark(transport, "Location", path);
}

static void read_cas_error_code(struct transport *transport, struct slice value)
{
    keep_remark(transport, "X-CasErrorCode", value);
}

static void read_diagnostics(struct transport *transport, struct slice value)
{
    keep_remark(transport, "X-MS-Diagnostics", value);
}

static void read_header(struct transport *transport, struct slice name, struct slice value)
{
    static const struct {
        const char *name;
        void (*read)(struct transport *transport, struct slice value);
    } rows[] = {
        {"content-type", read_content_type},
        {"date", read_date},
        {"location", read_location},
        {"retry-after", read_retry_after},
        {"www-authenticate", read_www_authenticate},
        {"x-caserrorcode", read_cas_error_code},
        {"x-ms-diagnostics", read_diagnostics},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_word(name, rows[i].name))
            rows[i].read(transport, value);
    }
}

static void forget_headers(struct transport *transport)
{
    transport->reply.is_xml = false;
    transport->reply.server_utc = 0;
    transport->reply.retry_after_s = -1;
    transport->reply.basic_offered = false;
    transport->reply.error_page = false;
    transport->reply.remark[0] = '\0';
    transport->retry_at_utc = 0;
}

/* A server whose clock is wrong means its own clock. */
static void settle_retry_after(struct transport *transport)
{
    struct transport_reply *reply = &transport->reply;
    int64_t from_utc = reply->server_utc ? reply->server_utc : clock_utc();

    if (transport->retry_at_utc)
        reply->retry_after_s =
            transport->retry_at_utc > from_utc ? transport->retry_at_utc - from_utc : 0;
    if (reply->retry_after_s > TRANSPORT_WAIT_MAX_S)
        reply->retry_after_s = TRANSPORT_WAIT_MAX_S;
}

/* One line a call. An interim reply (100 Continue) begins with a status line as the final one does.
 */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    struct transport *transport = data;
    size_t length = size * count;
    struct slice value = {bytes, length};
    struct slice name;

    transport->header_bytes += length;
    if (transport->header_bytes > TRANSPORT_HEADER_MAX) {
        transport->ended = TRANSPORT_TOO_LARGE;
        return 0;
    }
    if (begins_with(value, "HTTP/"))
        forget_headers(transport);
    else if (slice_next(&value, ':', &name) && value.at)
        read_header(transport, name, slice_trim(value));
    return length;
}

/* ---- the body, and the end of it ---- */

static void read_status(struct transport *transport)
{
    long status = 0;

    (void)curl_easy_getinfo(transport->curl, CURLINFO_RESPONSE_CODE, &status);
    transport->reply.status = (int)status;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct transport *transport = data;
    size_t length = size * count;

    read_status(transport);
    transport->reply.body_bytes += (int64_t)length;
    if (transport->reply.body_bytes > TRANSPORT_REPLY_MAX)
        transport->ended = TRANSPORT_TOO_LARGE;
    else if (transport->sink(transport->context, &transport->reply, bytes, length))
        transport->ended = TRANSPORT_STOPPED;
    return transport->ended == TRANSPORT_OK ? length : 0;
}

/* libcurl asks about once a second while nothing comes, and more often otherwise. */
static int on_progress(void *data, curl_off_t download_total, curl_off_t downloaded,
                       curl_off_t upload_total, curl_off_t uploaded)
{
    struct transport *transport = data;

    (void)download_total;
    (void)downloaded;
    (void)upload_total;
    (void)uploaded;
    if (atomic_load(transport->stop))
        transport->ended = TRANSPORT_STOPPED;
    return transport->ended != TRANSPORT_OK;
}

/* Connected, nothing sent yet. Without TLS the other side must be this machine, whatever its name
 * resolved to. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static int on_connected(void *data, char *address, char *own_address, int port, int own_port)
{
    struct transport *transport = data;
    struct slice peer = slice_of(address);
    bool is_plain = strncasecmp(transport->config->endpoint, "http:", 5) == 0;
    bool is_loopback = begins_with(peer, "127.") || is_word(peer, "::1");

    (void)own_address;
    (void)port;
    (void)own_port;
    if (!is_plain || is_loopback)
        return CURL_PREREQFUNC_OK;
    transport->ended = TRANSPORT_TLS;
    return CURL_PREREQFUNC_ABORT;
}

/* ---- settings of the handle ---- */

static CURLcode set_numbers(CURL *curl, const struct config *config)
{
    int64_t connect_s = config->request_timeout_s < CONNECT_TIMEOUT_S ? config->request_timeout_s
                                                                      : CONNECT_TIMEOUT_S;
    const struct {
        CURLoption option;
        long value;
    } rows[] = {
        {CURLOPT_NOSIGNAL, 1}, /* we are threads */
        {CURLOPT_NOPROGRESS, 0},
        {CURLOPT_POST, 1},
        {CURLOPT_FOLLOWLOCATION, 0}, /* credentials go where they were meant to go */
        {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
        {CURLOPT_HTTPAUTH, CURLAUTH_BASIC},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_CONNECTTIMEOUT_MS, (long)(connect_s * 1000)},
        {CURLOPT_TIMEOUT_MS, (long)(config->request_timeout_s * 1000)},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CURLcode code = curl_easy_setopt(curl, rows[i].option, rows[i].value);
        if (code)
            return code;
    }
    return CURLE_OK;
}

static CURLcode set_texts(CURL *curl, const struct config *config)
{
    const struct {
        CURLoption option;
        const char *value;
    } rows[] = {
        {CURLOPT_URL, config->endpoint},
        {CURLOPT_PROTOCOLS_STR, "http,https"},
        {CURLOPT_PROXY, ""},      /* none, whatever the environment says */
        {CURLOPT_COOKIEFILE, ""}, /* none is read, but cookies are kept: the session's affinity */
        {CURLOPT_ACCEPT_ENCODING, "gzip"},
        {CURLOPT_USERAGENT, "roomcal/" ROOMCAL_VERSION},
        {CURLOPT_USERNAME, config->username},
        {CURLOPT_PASSWORD, config->password},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CURLcode code = curl_easy_setopt(curl, rows[i].option, rows[i].value);
        if (code)
            return code;
    }
    return CURLE_OK;
}

#define TRY(code, call)                                                                            \
    do {                                                                                           \
        if (!(code))                                                                               \
            (code) = (call);                                                                       \
    } while (0)

/* CA_FILE stands in place of the system's authorities, so their directory has to go as well. */
static CURLcode set_authorities(CURL *curl, const struct config *config)
{
    CURLcode code = CURLE_OK;

    if (!config->ca_file)
        return CURLE_OK;
    TRY(code, curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca_file));
    TRY(code, curl_easy_setopt(curl, CURLOPT_CAPATH, NULL));
    return code;
}

static CURLcode set_callbacks(CURL *curl, struct transport *transport)
{
    CURLcode code = CURLE_OK;

    TRY(code, curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transport->reason));
    TRY(code, curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header));
    TRY(code, curl_easy_setopt(curl, CURLOPT_HEADERDATA, transport));
    TRY(code, curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body));
    TRY(code, curl_easy_setopt(curl, CURLOPT_WRITEDATA, transport));
    TRY(code, curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress));
    TRY(code, curl_easy_setopt(curl, CURLOPT_XFERINFODATA, transport));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_connected));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PREREQDATA, transport));
    return code;
}

int transport_create(const struct config *config, const atomic_bool *stop, struct transport **ret,
                     struct err *err)
{
    struct transport *transport = calloc(1, sizeof *transport);
    CURLcode code = CURLE_OK;

    if (!transport)
        return err_set(err, -ENOMEM, "not enough memory for a connection to Exchange");
    *transport = (struct transport){.curl = curl_easy_init(), .config = config, .stop = stop};
    if (!transport->curl)
        code = CURLE_OUT_OF_MEMORY;
    TRY(code, set_numbers(transport->curl, config));
    TRY(code, set_texts(transport->curl, config));
    TRY(code, set_authorities(transport->curl, config));
    TRY(code, set_callbacks(transport->curl, transport));
    if (code) {
        transport_destroy(transport);
        return err_set(err, code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL,
                       "libcurl cannot be set up: %s", curl_easy_strerror(code));
    }
    *ret = transport;
    return 0;
}

void transport_destroy(struct transport *transport)
{
    if (!transport)
        return;
    curl_easy_cleanup(transport->curl);
    free(transport);
}

/* ---- one request ---- */

static enum transport_result result_of(CURLcode code, bool has_status)
{
    static const struct {
        CURLcode code;
        enum transport_result result;
    } rows[] = {
        {CURLE_OK, TRANSPORT_OK},
        {CURLE_OUT_OF_MEMORY, TRANSPORT_MEMORY},
        {CURLE_COULDNT_RESOLVE_HOST, TRANSPORT_UNREACHABLE},
        {CURLE_COULDNT_CONNECT, TRANSPORT_UNREACHABLE},
        {CURLE_OPERATION_TIMEDOUT, TRANSPORT_TIMEOUT},
        {CURLE_SSL_CONNECT_ERROR, TRANSPORT_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, TRANSPORT_TLS},
        {CURLE_SSL_CACERT_BADFILE, TRANSPORT_TLS},
        {CURLE_SSL_CIPHER, TRANSPORT_TLS},
        {CURLE_SSL_CERTPROBLEM, TRANSPORT_TLS},
        {CURLE_SSL_CLIENTCERT, TRANSPORT_TLS},
        {CURLE_SSL_ISSUER_ERROR, TRANSPORT_TLS},
        {CURLE_SSL_INVALIDCERTSTATUS, TRANSPORT_TLS},
        {CURLE_USE_SSL_FAILED, TRANSPORT_TLS},
    };
    bool broke = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].code == code)
            return rows[i].result;
    }
    /* The rest is a reply that libcurl could not make sense of, or half of one. */
    return broke && !has_status ? TRANSPORT_UNREACHABLE : TRANSPORT_CUT;
}

/* In the words of the callback that ended the transfer, or else libcurl's. */
static void explain(const struct transport *transport, CURLcode code, struct err *err)
{
    static const char *const ours[] = {
        [TRANSPORT_STOPPED] = "the request was stopped",
        [TRANSPORT_TLS] = "http:// leads away from this machine, so no password is sent",
        [TRANSPORT_TOO_LARGE] = "the reply is larger than is accepted",
    };

    if (transport->ended != TRANSPORT_OK)
        (void)err_set(err, 0, "%s", ours[transport->ended]);
    else if (code)
        (void)err_set(err, 0, "%s",
                      transport->reason[0] ? transport->reason : curl_easy_strerror(code));
}

static void read_totals(struct transport *transport)
{
    curl_off_t body = 0;
    long headers = 0;

    read_status(transport);
    (void)curl_easy_getinfo(transport->curl, CURLINFO_SIZE_DOWNLOAD_T, &body);
    (void)curl_easy_getinfo(transport->curl, CURLINFO_HEADER_SIZE, &headers);
    transport->reply.received_bytes = body + headers;
}

/* Adds a line to the list, which is freed and NULL after a failure. */
static void add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = *list ? curl_slist_append(*list, line) : NULL;

    if (!longer)
        curl_slist_free_all(*list);
    *list = longer;
}

/* X-AnchorMailbox leads Exchange's front end to the mailbox's server at once. */
static void add_anchor(struct curl_slist **list, const char *mailbox)
{
    struct buf anchor = BUF_INIT(MAILBOX_LINE_MAX);

    buf_printf(&anchor, "X-AnchorMailbox: %s", mailbox);
    if (!buf_error(&anchor))
        add_line(list, anchor.bytes);
    buf_finish(&anchor);
}

/* NULL without memory. Without "Expect:" libcurl would wait for leave to send a body over a
 * megabyte. */
static struct curl_slist *header_lines(const char *mailbox)
{
    struct curl_slist *list = curl_slist_append(NULL, "Content-Type: text/xml; charset=utf-8");

    if (mailbox)
        add_anchor(&list, mailbox);
    add_line(&list, "Expect:");
    return list;
}

static CURLcode perform(struct transport *transport, struct slice body, struct curl_slist *lines)
{
    CURL *curl = transport->curl;
    CURLcode code = CURLE_OK;

    if (!lines)
        return CURLE_OUT_OF_MEMORY;
    TRY(code, curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines));
    TRY(code, curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.at));
    TRY(code, curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length));
    if (code)
        return code;
    code = curl_easy_perform(curl);
    read_totals(transport);
    return code;
}

enum transport_result transport_post(struct transport *transport, struct slice body,
                                     const char *mailbox, transport_sink *sink, void *context,
                                     struct transport_reply *ret_reply, struct err *err)
{
    struct curl_slist *lines = header_lines(mailbox);

    transport->sink = sink;
    transport->context = context;
    transport->reply = (struct transport_reply){0};
    forget_headers(transport);
    transport->header_bytes = 0;
    transport->ended = TRANSPORT_OK;
    transport->reason[0] = '\0';

    CURLcode code = perform(transport, body, lines);
    settle_retry_after(transport);
    explain(transport, code, err);
    /* The lines must not be looked at again once they are freed. */
    (void)curl_easy_setopt(transport->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(lines);
    *ret_reply = transport->reply;
    return transport->ended != TRANSPORT_OK ? transport->ended
                                            : result_of(code, transport->reply.status != 0);
}
