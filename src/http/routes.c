/* SPDX-License-Identifier: MIT */
#include "http/routes.h"

#include <string.h>

#include "http/calendar.h"
#include "http/cors.h"
#include "http/health.h"
#include "http/metrics.h"
#include "http/problem.h"

/* `rest` is what follows a prefix in the path, empty for an exact path. */
typedef void route_handler(const struct site *site, const struct http_request *request,
                           struct slice rest, struct http_reply *reply);

/* A room's name may hold '/': all that follows the prefix is the name. */
static void handle_room(const struct site *site, const struct http_request *request,
                        struct slice rest, struct http_reply *reply)
{
    if (rest.length)
        calendar_reply(site, request, rest, reply);
    else
        problem_reply(reply, 404,
                      "A room's name belongs behind /api/calendar/; without the last slash the "
                      "path has all rooms.");
}

static void handle_ical(const struct site *site, const struct http_request *request,
                        struct slice rest, struct http_reply *reply)
{
    (void)rest;
    calendar_reply_ical(site, request, reply);
}

static void handle_health(const struct site *site, const struct http_request *request,
                          struct slice rest, struct http_reply *reply)
{
    (void)request;
    (void)rest;
    health_reply(site, reply);
}

static void handle_metrics(const struct site *site, const struct http_request *request,
                           struct slice rest, struct http_reply *reply)
{
    (void)request;
    (void)rest;
    metrics_reply(site, reply);
}

static const struct route {
    const char *path;
    bool is_prefix;
    route_handler *handle;
} routes[] = {
    {"/api/calendar", false, calendar_reply}, {"/api/calendar.ics", false, handle_ical},
    {"/api/health", false, handle_health},    {"/api/metrics", false, handle_metrics},
    {"/api/calendar/", true, handle_room},
};

static bool fits(const struct route *route, struct slice path, struct slice *ret_rest)
{
    size_t length = strlen(route->path);

    if (path.length < length || memcmp(path.at, route->path, length) != 0)
        return false;
    *ret_rest = (struct slice){path.at + length, path.length - length};
    return route->is_prefix || ret_rest->length == 0;
}

static const struct route *find_route(struct slice path, struct slice *ret_rest)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (fits(&routes[i], path, ret_rest))
            return &routes[i];
    }
    return NULL;
}

static void handle(const struct site *site, const struct http_request *request,
                   struct http_reply *reply)
{
    struct slice rest;
    const struct route *route = find_route(request->path, &rest);

    if (request->path.length > HTTP_PATH_MAX) {
        problem_reply(reply, 414, "The path has more than %d bytes.", HTTP_PATH_MAX);
    } else if (request->query.length > HTTP_QUERY_MAX) {
        problem_reply(reply, 414, "The query has more than %d bytes.", HTTP_QUERY_MAX);
    } else if (!route) {
        problem_reply(reply, 404, "There is nothing here. /api/calendar has the rooms.");
    } else if (site->config->cors_origin && slice_is(request->method, "OPTIONS")) {
        cors_preflight(reply);
    } else if (!slice_is(request->method, "GET") && !slice_is(request->method, "HEAD")) {
        problem_reply(reply, 405, "This can be read only: use GET or HEAD.");
        http_reply_header(reply, "Allow", "%s", cors_methods(site->config));
    } else {
        route->handle(site, request, rest, reply);
    }
}

void routes_handle(const struct site *site, const struct http_request *request,
                   struct http_reply *reply)
{
    reply->head_only = slice_is(request->method, "HEAD");
    handle(site, request, reply);
    cors_allow(site->config, reply);
}
