/* SPDX-License-Identifier: MIT */
#include "net/connection.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/secret.h"
#include "net/certificate_request.h"
#include "net/failure.h"

#define CONNECT_TIMEOUT_S INT64_C(10)
#define CONNECTION_LIFE_S 3600 /* then it is made, and its certificate verified, anew */
#define SYSTEM_CA_CACHE_S 3600 /* they are many, and reading them takes time */
#define LINE_MAX_BYTES    TRANSPORT_HEADER_MAX

struct connection {
    CURL *curl;
    const char *url;
    const struct config *config;
    const atomic_bool *stop;
    char reason[CURL_ERROR_SIZE]; /* libcurl's; it never holds credentials */
    struct channel_binding binding;
    bool misses_certificate; /* the server asked for one of ours, and there is none */

    /* the transfer under way */
    transport_sink *sink;
    void *context;
    struct reply_reader reader;
    bool over_the_same;
    bool connected;              /* the request could be sent */
    enum transport_result ended; /* by one of our callbacks; TRANSPORT_OK: by none of them */
};

/* ---- the process ---- */

int connection_global_init(struct err *err)
{
    CURLcode code = curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, secret_library_free,
                                         secret_library_realloc, strdup, calloc);

    if (code == CURLE_OUT_OF_MEMORY)
        return err_set(err, -ENOMEM, "libcurl has not enough memory to begin");
    if (code)
        return err_set(err, -EIO, "libcurl cannot begin: %s", curl_easy_strerror(code));
    /* CURLOPT_NOSIGNAL leaves that to us. */
    (void)signal(SIGPIPE, SIG_IGN);
    return 0;
}

void connection_global_finish(void)
{
    curl_global_cleanup();
}

/* ---- the reply as it comes ---- */

/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    struct connection *connection = data;
    size_t length = size * count;

    if (reply_take_line(&connection->reader, (struct slice){bytes, length}))
        return length;
    connection->ended = TRANSPORT_TOO_LARGE;
    return 0;
}

static void read_status(struct connection *connection)
{
    long status = 0;

    (void)curl_easy_getinfo(connection->curl, CURLINFO_RESPONSE_CODE, &status);
    connection->reader.reply.status = (int)status;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct connection *connection = data;
    size_t length = size * count;

    read_status(connection);
    connection->reader.reply.body_bytes += (int64_t)length;
    if (connection->reader.reply.body_bytes > TRANSPORT_REPLY_MAX)
        connection->ended = TRANSPORT_TOO_LARGE;
    else if (connection->sink(connection->context, &connection->reader.reply, bytes, length))
        connection->ended = TRANSPORT_STOPPED;
    return connection->ended == TRANSPORT_OK ? length : 0;
}

/* libcurl asks about once a second while nothing comes, and more often otherwise. */
static int on_progress(void *data, curl_off_t download_total, curl_off_t downloaded,
                       curl_off_t upload_total, curl_off_t uploaded)
{
    struct connection *connection = data;

    (void)download_total;
    (void)downloaded;
    (void)upload_total;
    (void)uploaded;
    if (atomic_load(connection->stop))
        connection->ended = TRANSPORT_STOPPED;
    return connection->ended != TRANSPORT_OK;
}

static bool is_new(const struct connection *connection)
{
    long made = 0;

    (void)curl_easy_getinfo(connection->curl, CURLINFO_NUM_CONNECTS, &made);
    return made > 0;
}

static bool is_plain_http(const char *url)
{
    return strncasecmp(url, "http:", 5) == 0;
}

/* NULL: the address is asked directly. Without TLS it is this machine's. */
static const char *proxy_of(const struct connection *connection)
{
    return is_plain_http(connection->url) ? NULL : connection->config->proxy;
}

/* Connected, nothing sent yet. Without TLS the other side must be this machine, whatever its name
 * resolved to. */
/* NOLINTNEXTLINE(readability-non-const-parameter): libcurl's type */
static int on_connected(void *data, char *address, char *own_address, int port, int own_port)
{
    struct connection *connection = data;
    bool is_plain = is_plain_http(connection->url);
    bool is_loopback = strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;

    connection->connected = true;
    (void)own_address;
    (void)port;
    (void)own_port;
    if (is_plain && !is_loopback)
        connection->ended = TRANSPORT_TLS;
    else if (connection->over_the_same && is_new(connection))
        connection->ended = TRANSPORT_MOVED;
    return connection->ended == TRANSPORT_OK ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
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
        {CURLOPT_HTTPAUTH, CURLAUTH_NONE},
        {CURLOPT_CERTINFO, 1},
        /* A session that is taken up again is not verified again, and may come without the certificate. */
        {CURLOPT_SSL_SESSIONID_CACHE, 0},
        {CURLOPT_MAXLIFETIME_CONN, CONNECTION_LIFE_S},
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

static CURLcode set_texts(CURL *curl, const char *url)
{
    const struct {
        CURLoption option;
        const char *value;
    } rows[] = {
        {CURLOPT_URL, url},
        {CURLOPT_PROTOCOLS_STR, "http,https"},
        {CURLOPT_COOKIEFILE, ""}, /* none is read, but cookies are kept: the session's affinity */
        {CURLOPT_ACCEPT_ENCODING, "gzip"},
        {CURLOPT_USERAGENT, "roomcal/" ROOMCAL_VERSION},
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

#if LIBCURL_VERSION_NUM >= 0x075700
    /* An authority that was taken out of CA_FILE is no longer trusted. libcurl would remember it for a day. */
    TRY(code, curl_easy_setopt(curl, CURLOPT_CA_CACHE_TIMEOUT,
                               config->ca_file ? 0L : (long)SYSTEM_CA_CACHE_S));
#endif
    if (!config->ca_file)
        return code;
    TRY(code, curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca_file));
    TRY(code, curl_easy_setopt(curl, CURLOPT_CAPATH, NULL));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PROXY_CAINFO, config->ca_file));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PROXY_CAPATH, NULL));
    return code;
}

/* With an empty passphrase a key that has one is an error; without any, OpenSSL would ask at the terminal. */
static CURLcode set_client_certificate(CURL *curl, const struct config *config)
{
    CURLcode code = CURLE_OK;

    if (!config->cert_file)
        return CURLE_OK;
    TRY(code, curl_easy_setopt(curl, CURLOPT_SSLCERT, config->cert_file));
    TRY(code, curl_easy_setopt(curl, CURLOPT_SSLKEY, config->key_file));
    TRY(code, curl_easy_setopt(curl, CURLOPT_KEYPASSWD, ""));
    return code;
}

/* Set even where there is none, or libcurl would take those of the environment. */
static CURLcode set_proxy(CURL *curl, const char *proxy)
{
    CURLcode code = CURLE_OK;

    TRY(code, curl_easy_setopt(curl, CURLOPT_PROXY, proxy ? proxy : ""));
    TRY(code, curl_easy_setopt(curl, CURLOPT_NOPROXY, ""));
    TRY(code, curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, 1L));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PROXYAUTH, CURLAUTH_BASIC));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2));
    /* What is meant for Exchange is not for the proxy, and the proxy's header is none of Exchange's. */
    TRY(code, curl_easy_setopt(curl, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE));
    TRY(code, curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L));
    return code;
}

static CURLcode on_context(CURL *curl, void *context, void *data)
{
    struct connection *connection = data;

    (void)curl;
    certificate_request_watch(context, &connection->misses_certificate);
    return CURLE_OK;
}

/* Another library's context would be something else. */
static CURLcode watch_certificate_requests(CURL *curl, struct connection *connection)
{
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    CURLcode code = CURLE_OK;

    if (!library || strncmp(library, "OpenSSL/", strlen("OpenSSL/")) != 0)
        return CURLE_OK;
    TRY(code, curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, on_context));
    TRY(code, curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, connection));
    return code;
}

static CURLcode set_callbacks(CURL *curl, struct connection *connection)
{
    CURLcode code = CURLE_OK;

    TRY(code, curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, connection->reason));
    TRY(code, curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header));
    TRY(code, curl_easy_setopt(curl, CURLOPT_HEADERDATA, connection));
    TRY(code, curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body));
    TRY(code, curl_easy_setopt(curl, CURLOPT_WRITEDATA, connection));
    TRY(code, curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress));
    TRY(code, curl_easy_setopt(curl, CURLOPT_XFERINFODATA, connection));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_connected));
    TRY(code, curl_easy_setopt(curl, CURLOPT_PREREQDATA, connection));
    return code;
}

static CURLcode set_all(struct connection *connection)
{
    CURLcode code = connection->curl ? CURLE_OK : CURLE_OUT_OF_MEMORY;

    TRY(code, set_numbers(connection->curl, connection->config));
    TRY(code, set_texts(connection->curl, connection->url));
    TRY(code, set_authorities(connection->curl, connection->config));
    TRY(code, set_client_certificate(connection->curl, connection->config));
    TRY(code, watch_certificate_requests(connection->curl, connection));
    TRY(code, set_proxy(connection->curl, proxy_of(connection)));
    TRY(code, set_callbacks(connection->curl, connection));
    return code;
}

int connection_create(const char *url, const struct config *config, const atomic_bool *stop,
                      struct connection **ret, struct err *err)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return err_set(err, -ENOMEM, "not enough memory for a connection");
    *connection =
        (struct connection){.curl = curl_easy_init(), .url = url, .config = config, .stop = stop};
    reply_init(&connection->reader);
    CURLcode code = set_all(connection);
    if (code) {
        connection_destroy(connection);
        return err_set(err, code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL,
                       "libcurl cannot be set up: %s", curl_easy_strerror(code));
    }
    *ret = connection;
    return 0;
}

void connection_destroy(struct connection *connection)
{
    if (!connection)
        return;
    curl_easy_cleanup(connection->curl);
    reply_finish(&connection->reader);
    free(connection);
}

/* ---- one request ---- */

static enum transport_result result_of(const struct connection *connection, CURLcode code)
{
    const struct config *config = connection->config;
    struct failure failure = {
        .code = (int)code,
        .reason = connection->reason,
        .connected = connection->connected,
        .proxied = proxy_of(connection) != NULL,
        .shows_certificate = config->cert_file != NULL,
        .misses_certificate = connection->misses_certificate,
        .has_status = connection->reader.reply.status != 0,
    };

    if (connection->ended != TRANSPORT_OK || code == CURLE_OK)
        return connection->ended;
    (void)curl_easy_getinfo(connection->curl, CURLINFO_SSL_VERIFYRESULT, &failure.verdict);
    (void)curl_easy_getinfo(connection->curl, CURLINFO_HTTP_CONNECTCODE, &failure.proxy_status);
    return failure_result(&failure);
}

/* In the words of the callback that ended the transfer, or else libcurl's. */
static void explain(const struct connection *connection, CURLcode code, struct err *err)
{
    static const char *const ours[] = {
        [TRANSPORT_STOPPED] = "the request was stopped",
        [TRANSPORT_TLS] = "http:// leads away from this machine, so no password is sent",
        [TRANSPORT_TOO_LARGE] = "the reply is larger than is accepted",
        [TRANSPORT_MOVED] = "the connection was closed between two requests that belong together",
    };

    if (connection->ended != TRANSPORT_OK)
        (void)err_set(err, 0, "%s", ours[connection->ended]);
    else if (code)
        (void)err_set(err, 0, "%s",
                      connection->reason[0] ? connection->reason : curl_easy_strerror(code));
}

static void read_totals(struct connection *connection)
{
    curl_off_t body = 0;
    long headers = 0;

    read_status(connection);
    (void)curl_easy_getinfo(connection->curl, CURLINFO_SIZE_DOWNLOAD_T, &body);
    (void)curl_easy_getinfo(connection->curl, CURLINFO_HEADER_SIZE, &headers);
    connection->reader.reply.received_bytes = body + headers;
}

/* libcurl knows the certificate after the transfer that made the connection, and only then. */
static void read_certificate(struct connection *connection)
{
    struct curl_certinfo *chain = NULL;

    if (!is_new(connection))
        return;
    connection->binding.length = 0;
    (void)curl_easy_getinfo(connection->curl, CURLINFO_CERTINFO, &chain);
    for (struct curl_slist *line = chain && chain->num_of_certs ? chain->certinfo[0] : NULL; line;
         line = line->next) {
        if (strncmp(line->data, "Cert:", 5) == 0)
            (void)channel_binding_of_pem(slice_of(line->data + 5), &connection->binding, NULL);
    }
}

/* Adds "name: value" to the list, which is freed and NULL after a failure. */
static void add_line(struct curl_slist **list, const char *name, const char *value)
{
    struct buf line = BUF_SECRET(LINE_MAX_BYTES);
    struct curl_slist *longer = NULL;

    if (!*list || !value)
        return;
    buf_append_text(&line, name);
    buf_append_text(&line, ": ");
    buf_append_text(&line, value);
    if (!buf_error(&line))
        longer = curl_slist_append(*list, buf_text(&line));
    if (!longer)
        curl_slist_free_all(*list);
    *list = longer;
    buf_finish(&line);
}

/* NULL without memory. Without the empty "Expect:" libcurl would wait for leave to send a body over a megabyte. */
static struct curl_slist *header_lines(const struct connection_request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");

    add_line(&list, "Content-Type", request->content_type);
    add_line(&list, "X-AnchorMailbox", request->mailbox);
    add_line(&list, "Authorization", request->authorization);
    return list;
}

static CURLcode perform(struct connection *connection, struct slice body, struct curl_slist *lines)
{
    CURL *curl = connection->curl;
    CURLcode code = CURLE_OK;

    if (!lines)
        return CURLE_OUT_OF_MEMORY;
    TRY(code, curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lines));
    TRY(code, curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.at));
    TRY(code, curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length));
    if (code)
        return code;
    code = curl_easy_perform(curl);
    read_totals(connection);
    return code;
}

enum transport_result connection_post(struct connection *connection,
                                      const struct connection_request *request,
                                      transport_sink *sink, void *context,
                                      struct transport_reply *ret_reply, struct err *err)
{
    struct curl_slist *lines = header_lines(request);

    connection->sink = sink;
    connection->context = context;
    connection->over_the_same = request->over_the_same;
    reply_begin(&connection->reader);
    connection->connected = false;
    connection->ended = TRANSPORT_OK;
    connection->reason[0] = '\0';

    CURLcode code = perform(connection, request->body, lines);
    reply_end(&connection->reader);
    read_certificate(connection);
    explain(connection, code, err);
    /* The lines must not be looked at again once they are freed. */
    (void)curl_easy_setopt(connection->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(lines);
    *ret_reply = connection->reader.reply;
    return result_of(connection, code);
}

/* ---- the connection between requests ---- */

bool connection_is_open(const struct connection *connection)
{
    curl_socket_t socket = CURL_SOCKET_BAD;

    (void)curl_easy_getinfo(connection->curl, CURLINFO_ACTIVESOCKET, &socket);
    return socket != CURL_SOCKET_BAD;
}

const struct channel_binding *connection_binding(const struct connection *connection)
{
    return &connection->binding;
}

const struct challenge *connection_challenge(const struct connection *connection)
{
    return &connection->reader.challenge;
}
