/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_CONFIG_SETTINGS_H
#define ROOMCAL_CONFIG_SETTINGS_H

/*
 * settings — the one list of what can be set
 *
 * Adding a setting: a row here, a member in struct config, and the same in .env.example and
 * man/roomcal.env.5.scd; tests/unit/config/test_settings.c goes red until both say what the row
 * says. A new kind needs its reader in config/reading.c.
 *
 *     ROW(key, kind, member of struct config, default, minimum, maximum, unit, manual)
 *
 *   kind        how the text is read: SETTING_… in config/reading.h
 *   default     a text that is read like any other; NULL: the key must be set; "": none is needed
 *   min, max    of a number its range; of a list its elements; of a text its bytes; of a start its days back
 *   unit        what minimum and maximum count; of a choice its words
 *   manual      what an administrator reads about it, word for word in .env.example and the man page
 */

#include "config/config.h"

/* clang-format off */
#define SETTINGS(ROW) \
    ROW(ROOMS, ROOMS, rooms, NULL, 1, CONFIG_ROOMS_MAX, "rooms", \
        "The names of the rooms, separated by commas, as they appear in URLs and in the JSON.") \
    ROW(USERNAME, ACCOUNT, username, NULL, 1, 256, "bytes", \
        "The account that may read the rooms' calendars, as it signs in to Exchange.") \
    ROW(PASSWORD, SECRET, password, "", 1, 4096, "bytes", \
        "Its password. Put it in single quotes if it contains spaces, # or double quotes; if it contains a single quote or ${, use PASSWORD_FILE.") \
    ROW(ROOM_EMAILS, MAILBOXES, rooms, NULL, 1, CONFIG_ROOMS_MAX, "addresses", \
        "The rooms' mail addresses, separated by commas: one for each of ROOMS, in the same order.") \
    ROW(EXCHANGE_SERVER, SERVER, endpoint, NULL, 1, 2048, "bytes", \
        "The Exchange server: a host name, or the full https:// address of its EWS.") \
    ROW(ROOM_LIST, ROOM_LISTS, room_lists, "", 1, CONFIG_ROOM_LISTS_MAX, "addresses", \
        "The mail addresses of Exchange room lists whose rooms are shown, separated by commas, or an asterisk for all lists; ROOMS and ROOM_EMAILS then only add or rename rooms.") \
    ROW(PASSWORD_FILE, SECRET_FILE, password, "", 1, 4095, "bytes", \
        "Instead of PASSWORD: a file that contains only the password.") \
    ROW(AUTH, AUTH, auth, "auto", 0, 0, "auto, basic, ntlm, negotiate or bearer", \
        "How to sign in: auto, basic, ntlm, negotiate or bearer. auto takes the best way that Exchange offers; bearer is for Exchange Online.") \
    ROW(CHANNEL_BINDING, BINDING, channel_binding, "auto", 0, 0, "auto, off or required", \
        "Whether a login is bound to its TLS connection, as Extended Protection demands: auto (wherever there is TLS), off, or required.") \
    ROW(ACCESS, ACCESS, access, "", 0, 0, "delegate or impersonation", \
        "Whose rights count: delegate for the account's own, impersonation for each room's. The default is impersonation with AUTH=bearer, else delegate.") \
    ROW(KRB5_CLIENT_KTNAME, KEYTAB, krb5_client_ktname, "", 1, 4095, "bytes", \
        "For Kerberos without a password: the keytab with the keys of USERNAME.") \
    ROW(KRB5CCNAME, TICKETS, krb5ccname, "", 1, 4095, "bytes", \
        "For Kerberos without a password: a ticket cache that another program keeps up to date.") \
    ROW(OAUTH_TENANT, TENANT, oauth_tenant, "", 1, 253, "bytes", \
        "For AUTH=bearer: the tenant, by its id or one of its domains.") \
    ROW(OAUTH_CLIENT_ID, TEXT, oauth_client_id, "", 1, 256, "bytes", \
        "For AUTH=bearer: the id of the application that is registered in the tenant.") \
    ROW(OAUTH_CLIENT_SECRET, SECRET, oauth_client_secret, "", 1, 4096, "bytes", \
        "For AUTH=bearer: the application's secret. A certificate in OAUTH_CERT_FILE is the better choice.") \
    ROW(OAUTH_CLIENT_SECRET_FILE, SECRET_FILE, oauth_client_secret, "", 1, 4095, "bytes", \
        "Instead of OAUTH_CLIENT_SECRET: a file that contains only the secret.") \
    ROW(OAUTH_CERT_FILE, READABLE_FILE, oauth_cert_file, "", 1, 4095, "bytes", \
        "Instead of OAUTH_CLIENT_SECRET: the application's certificate (PEM).") \
    ROW(OAUTH_KEY_FILE, GUARDED_FILE, oauth_key_file, "", 1, 4095, "bytes", \
        "The private key (PEM, without a passphrase) of OAUTH_CERT_FILE, if that file does not contain it.") \
    ROW(OAUTH_TOKEN_URL, TOKEN_URL, oauth_token_url, "", 1, 2048, "bytes", \
        "Where tokens are requested: a full https:// address, if not the tenant's at login.microsoftonline.com.") \
    ROW(OAUTH_SCOPE, TEXT, oauth_scope, "https://outlook.office365.com/.default", 1, 2048, "bytes", \
        "The scope that tokens are requested for. National clouds have addresses of their own.") \
    ROW(CA_FILE, READABLE_FILE, ca_file, "", 1, 4095, "bytes", \
        "Certificates (PEM) of the authorities to trust instead of the system's, if Exchange's certificate comes from a private one.") \
    ROW(CERT_FILE, READABLE_FILE, cert_file, "", 1, 4095, "bytes", \
        "A client certificate (PEM, followed by its chain), for a server that asks for one.") \
    ROW(KEY_FILE, GUARDED_FILE, key_file, "", 1, 4095, "bytes", \
        "The private key (PEM, without a passphrase) of CERT_FILE, if that file does not contain it.") \
    ROW(PROXY, PROXY, proxy, "", 1, 2048, "bytes", \
        "The HTTP proxy to reach Exchange by: http://host:port or http://user:password@host:port. Proxies named in the environment are not used.") \
    ROW(WINDOW_START, START, window_start, "2023-01-01T00:00:00Z", 0, 36500, "days", \
        "Where calendars begin: a date, a time in UTC, or -30d for thirty days ago.") \
    ROW(WINDOW_DAYS, NUMBER, window_days, "365", 1, 3650, "days", \
        "How many days calendars reach ahead of today.") \
    ROW(ITEM_FIELDS, FIELDS, items, "title,start,end,duration,location,organizer_name", 1, 100, "fields", \
        "The fields that each item shows, in this order, separated by commas; key=field shows a field under another name.") \
    ROW(TIMEZONE, ZONE, timezone, "UTC", 1, 100, "bytes", \
        "The time zone of all times shown, and of dates in from= and to=: for example Europe/Berlin, or a Windows name.") \
    ROW(PRIVATE_ITEMS, PRIVATE, private_items, "mask", 0, 0, "mask, omit or show", \
        "What happens to private items: mask shows only their times and the title Private, omit leaves them out, show shows them like all others.") \
    ROW(CACHE_DIR, PATH, cache_dir, "/var/cache/roomcal", 1, 4095, "bytes", \
        "Where calendars are kept: a directory of roomcal's own, created if it is missing.") \
    ROW(CACHE_TTL, NUMBER, cache_ttl_s, "300", 1, 604800, "seconds", \
        "For how many seconds a calendar is fresh; then Exchange is asked again.") \
    ROW(STALE_MAX, NUMBER, stale_max_s, "86400", 0, 31536000, "seconds", \
        "For how many seconds after that it is still shown, marked as stale, if Exchange does not answer.") \
    ROW(FULL_REFRESH, NUMBER, full_refresh_s, "21600", 1, 2592000, "seconds", \
        "After how many seconds a room is fetched in full even if nothing seems to have changed, and a room is tried again whose fault an administrator has to correct, such as a missing right.") \
    ROW(LANES, NUMBER, lanes, "4", 1, 26, "connections", \
        "How many connections to Exchange are used at once. Exchange allows an account 27.") \
    ROW(CORS_ORIGIN, ORIGIN, cors_origin, "", 1, 512, "bytes", \
        "The web site whose scripts may read calendars too: https://intranet.example.org, or an asterisk for all.") \
    ROW(THREADS, NUMBER, threads, "4", 1, 64, "threads", \
        "How many visitors are answered at once.") \
    ROW(REQUEST_TIMEOUT, NUMBER, request_timeout_s, "60", 1, 600, "seconds", \
        "How many seconds one request to Exchange may take.") \
    ROW(COLD_WAIT, NUMBER, cold_wait_s, "25", 0, 50, "seconds", \
        "How many seconds a visitor waits for a room that has never been fetched. nginx gives up after 60.") \
    ROW(LOG_LEVEL, LEVEL, log_level, "info", 0, 0, "error, warning, info or debug", \
        "How much is logged: error, warning, info or debug.")
/* clang-format on */

#endif
