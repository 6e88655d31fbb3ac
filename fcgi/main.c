/* SPDX-License-Identifier: MIT */
/*
 * roomcal-fcgi — a FastCGI responder under spawn-fcgi, a plain CGI program under anything else
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "base/err.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/secret.h"
#include "gateway.h"
#include "net/connection.h"

/* FastCGI: the web server's or spawn-fcgi's listening socket is standard input */
#define LISTEN_FD 0

static const char usage[] =
    "roomcal-fcgi " ROOMCAL_VERSION " is started by a web server, not by hand:\n"
    "\n"
    "  FastCGI   spawn-fcgi -n -s /run/roomcal/roomcal.sock -- roomcal-fcgi\n"
    "            nginx: fastcgi_pass unix:/run/roomcal/roomcal.sock;\n"
    "  CGI       as any CGI program; the path behind its name is /api/calendar\n"
    "\n"
    "Settings come from the file that ROOMCAL_ENV names, else from ./.env.\n"
    "To look at calendars from a shell, use roomcal. See roomcal-fcgi(8).\n";

static int print_usage(void)
{
    return fputs(usage, stdout) < 0 ? EX_IOERR : EX_OK;
}

static int print_version(void)
{
    return puts("roomcal-fcgi " ROOMCAL_VERSION) < 0 ? EX_IOERR : EX_OK;
}

static int refuse(const char *option)
{
    if (option)
        (void)fprintf(stderr, "roomcal-fcgi: there is no option %s\n\n", option);
    (void)fputs(usage, stderr);
    return EX_USAGE;
}

static int run_option(const char *option)
{
    if (strcmp(option, "--help") == 0)
        return print_usage();
    if (strcmp(option, "--version") == 0)
        return print_version();
    return refuse(option);
}

static bool is_listening(int fd)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening;
}

/* CGI servers hand a query without '=' over as arguments (RFC 3875, 4.4), so that a stranger
 * chooses them: options are for people, and only looked at where no web server started us. */
static int run(int argc, char **argv)
{
    if (is_listening(LISTEN_FD))
        return gateway_fcgi_run(LISTEN_FD);
    if (getenv("GATEWAY_INTERFACE") || getenv("REQUEST_METHOD"))
        return gateway_cgi_run();
    return argc > 1 ? run_option(argv[1]) : refuse(NULL);
}

int main(int argc, char **argv)
{
    struct err err = {0};
    secret_seal_process();
    guard_install();
    if (connection_global_init(&err) < 0) {
        log_event(LOG_LEVEL_ERROR, "start", "reason=\"%s\"", err.text);
        return EX_OSERR;
    }
    int status = run(argc, argv);
    connection_global_finish();
    return status;
}
