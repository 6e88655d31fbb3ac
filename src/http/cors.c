/* SPDX-License-Identifier: MIT */
#include "http/cors.h"

#define METHODS "GET, HEAD, OPTIONS"

/* For which a browser need not ask again; browsers take two hours, or a day, at most. */
#define PREFLIGHT_LIFE_S 86400

const char *cors_methods(const struct config *config)
{
    return config->cors_origin ? METHODS : "GET, HEAD";
}

void cors_allow(const struct config *config, struct http_reply *reply)
{
    if (!config->cors_origin)
        return;
    http_reply_header(reply, "Access-Control-Allow-Origin", "%s", config->cors_origin);
    http_reply_header(reply, "Access-Control-Expose-Headers",
                      "ETag, Retry-After, Roomcal-Stale-Since");
}

void cors_preflight(struct http_reply *reply)
{
    reply->status = 204;
    http_reply_header(reply, "Allow", METHODS);
    http_reply_header(reply, "Access-Control-Allow-Methods", METHODS);
    http_reply_header(reply, "Access-Control-Allow-Headers", "If-Modified-Since, If-None-Match");
    http_reply_header(reply, "Access-Control-Max-Age", "%d", PREFLIGHT_LIFE_S);
}
