/* SPDX-License-Identifier: MIT */
#include "net/server.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"

#define REQUEST_MAX (4u << 20)
#define ANSWER_MAX  (4u << 20)

struct server {
    int listener;
    int port;
    SSL_CTX *tls; /* NULL: plain */
    pthread_t thread;

    pthread_mutex_t lock; /* over all below */
    pthread_cond_t changed;
    bool stopping;
    int connection;              /* -1: none */
    struct server_answer answer; /* its bytes are those of the next */
    struct buf answer_bytes;
    struct buf request;
    size_t requests;
    size_t connections;
};

struct line {
    int socket;
    SSL *tls;
};

static void must(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    abort();
}

/* ---- bytes ---- */

static ssize_t line_read(struct line *line, char *to, size_t room)
{
    return line->tls ? SSL_read(line->tls, to, (int)room) : recv(line->socket, to, room, 0);
}

static bool line_write(struct line *line, const char *bytes, size_t length)
{
    while (length) {
        ssize_t sent = line->tls ? SSL_write(line->tls, bytes, (int)length)
                                 : send(line->socket, bytes, length, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        length -= (size_t)sent;
    }
    return true;
}

/* ---- requests ---- */

/* How long the request is; 0 while its head is not complete. */
static size_t whole_length(const struct buf *request)
{
    static const char name[] = "\r\nContent-Length:";
    const char *end = strstr(buf_text(request), "\r\n\r\n");
    const char *length = end ? strcasestr(request->bytes, name) : NULL;

    if (!end)
        return 0;
    size_t head = (size_t)(end + 4 - request->bytes);
    return head + (length && length < end ? strtoul(length + strlen(name), NULL, 10) : 0);
}

static bool read_request(struct line *line, struct buf *request)
{
    for (;;) {
        size_t whole = whole_length(request);
        if (whole && request->length >= whole)
            return true;
        char *to = buf_reserve(request, 65536);
        ssize_t got = to ? line_read(line, to, 65536) : 0;
        if (got <= 0)
            return false;
        buf_grown(request, (size_t)got);
    }
}

/* Gives the request to the test and takes the answer from it, as a copy: the client may be through with the answer, and
 * the test with its bytes, while we are still in send(). */
static struct server_answer exchange(struct server *server, const struct buf *request,
                                     struct buf *copy)
{
    pthread_mutex_lock(&server->lock);
    buf_clear(&server->request);
    buf_append(&server->request, request->bytes, request->length);
    server->requests++;
    struct server_answer answer = server->answer;
    buf_clear(copy);
    buf_append(copy, server->answer_bytes.bytes, server->answer_bytes.length);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    answer.bytes = buf_text(copy);
    return answer;
}

static void wait_for_the_end(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    while (!server->stopping)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

static void close_rudely(struct line *line)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(line->socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* true: the connection stays. */
static bool send_answer(struct server *server, struct line *line, struct server_answer answer)
{
    bool sent = line_write(line, answer.bytes, answer.length);

    switch (answer.then) {
    case SERVER_KEEP:
        return sent;
    case SERVER_CLOSE:
        break;
    case SERVER_RESET:
        close_rudely(line);
        break;
    case SERVER_STALL:
        wait_for_the_end(server);
        break;
    case SERVER_REPEAT:
        while (sent)
            sent =
                line_write(line, answer.bytes + answer.length - answer.repeated, answer.repeated);
        break;
    }
    return false;
}

/* ---- connections ---- */

static void serve(struct server *server, struct line *line)
{
    struct buf request = BUF_INIT(REQUEST_MAX);
    struct buf answer = BUF_INIT(ANSWER_MAX);
    bool goes_on = !line->tls || SSL_accept(line->tls) == 1;

    while (goes_on && read_request(line, &request)) {
        goes_on = send_answer(server, line, exchange(server, &request, &answer));
        buf_clear(&request);
    }
    buf_finish(&request);
    buf_finish(&answer);
}

/* false: the server is stopping. */
static bool take_connection(struct server *server, int connection)
{
    pthread_mutex_lock(&server->lock);
    bool taken = !server->stopping && connection >= 0;
    if (taken) {
        server->connection = connection;
        server->connections++;
    }
    pthread_mutex_unlock(&server->lock);
    return taken;
}

static void drop_connection(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    (void)close(server->connection);
    server->connection = -1;
    pthread_mutex_unlock(&server->lock);
}

static void *run(void *data)
{
    struct server *server = data;

    for (;;) {
        int connection = accept(server->listener, NULL, NULL);
        if (!take_connection(server, connection)) {
            if (connection >= 0)
                (void)close(connection);
            return NULL;
        }
        struct line line = {connection, NULL};
        if (server->tls) {
            line.tls = SSL_new(server->tls);
            must(line.tls && SSL_set_fd(line.tls, connection) == 1, "SSL_new");
        }
        serve(server, &line);
        SSL_free(line.tls);
        drop_connection(server);
    }
}

/* ---- the whole ---- */

static int listen_somewhere(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(listener >= 0, "socket");
    must(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    must(listen(listener, 16) == 0, "listen");
    must(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    *ret_port = ntohs(address.sin_port);
    return listener;
}

struct server *server_start(const char *certificate)
{
    struct server *server = calloc(1, sizeof *server);

    must(server != NULL, "calloc");
    server->connection = -1;
    buf_init(&server->request, REQUEST_MAX);
    buf_init(&server->answer_bytes, ANSWER_MAX);
    if (certificate) {
        server->tls = SSL_CTX_new(TLS_server_method());
        must(SSL_CTX_use_certificate_chain_file(server->tls, certificate) == 1, certificate);
        must(SSL_CTX_use_PrivateKey_file(server->tls, certificate, SSL_FILETYPE_PEM) == 1,
             certificate);
    }
    server->listener = listen_somewhere(&server->port);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->changed, NULL);
    must(pthread_create(&server->thread, NULL, run, server) == 0, "pthread_create");
    return server;
}

void server_stop(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    (void)shutdown(server->listener, SHUT_RDWR); /* wakes accept() */
    if (server->connection >= 0)
        (void)shutdown(server->connection, SHUT_RDWR);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    pthread_join(server->thread, NULL);
    (void)close(server->listener);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    SSL_CTX_free(server->tls);
    buf_finish(&server->request);
    buf_finish(&server->answer_bytes);
    free(server);
}

int server_port(const struct server *server)
{
    return server->port;
}

void server_answer(struct server *server, struct server_answer answer)
{
    pthread_mutex_lock(&server->lock);
    server->answer = answer;
    buf_clear(&server->answer_bytes);
    buf_append(&server->answer_bytes, answer.bytes, answer.length);
    pthread_mutex_unlock(&server->lock);
}

void server_answer_text(struct server *server, const char *text, enum server_then then)
{
    server_answer(server, (struct server_answer){text, strlen(text), 0, then});
}

void server_wait(struct server *server, size_t requests)
{
    pthread_mutex_lock(&server->lock);
    while (server->requests < requests)
        pthread_cond_wait(&server->changed, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

const char *server_request(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    const char *text = buf_text(&server->request);
    pthread_mutex_unlock(&server->lock);
    return text;
}

size_t server_requests(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->requests;
    pthread_mutex_unlock(&server->lock);
    return count;
}

size_t server_connections(struct server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connections;
    pthread_mutex_unlock(&server->lock);
    return count;
}
