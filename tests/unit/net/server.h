/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_TESTS_NET_SERVER_H
#define ROOMCAL_TESTS_NET_SERVER_H

/*
 * server — the other end of a connection, for tests: a thread that answers requests with given
 * bytes
 *
 * It listens on every address of this machine, serves one connection at a time and never answers
 * before the whole request was read. Nothing in it waits for a length of time.
 */

#include <stdbool.h>
#include <stddef.h>

/* What comes after the bytes of the answer. */
enum server_then {
    SERVER_KEEP,   /* the next request of the connection */
    SERVER_CLOSE,  /* the connection is closed */
    SERVER_RESET,  /* the same, rudely */
    SERVER_STALL,  /* nothing, until server_stop */
    SERVER_REPEAT, /* the last `repeated` bytes again, until the client has had enough */
};

struct server_answer {
    const char *bytes; /* copied */
    size_t length;
    size_t repeated;
    enum server_then then;
};

struct server;

/* `certificate` (PEM, with its key in the same file) makes it a TLS server; NULL: a plain one. Ends
 * the process if it cannot start: a test machine without sockets tests nothing. */
struct server *server_start(const char *certificate);
void server_stop(struct server *server);

int server_port(const struct server *server);

/* From now on. */
void server_answer(struct server *server, struct server_answer answer);
void server_answer_text(struct server *server, const char *text, enum server_then then);

/* Waits until so many requests were read, all connections together. */
void server_wait(struct server *server, size_t requests);

/* The last request, head and body; "" before the first. Valid until the next one is sent. */
const char *server_request(struct server *server);
size_t server_requests(struct server *server);
size_t server_connections(struct server *server);

#endif
