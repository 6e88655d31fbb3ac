/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret.h"

static void destroy_rooms(struct config *config)
{
    for (size_t i = 0; config->rooms && i < config->room_count; i++) {
        free(config->rooms[i].name);
        free(config->rooms[i].mailbox);
    }
    free(config->rooms);
    free(config->rooms_by_name);
}

static void destroy_lists(struct config *config)
{
    for (size_t i = 0; config->room_lists && i < config->room_list_count; i++)
        free(config->room_lists[i]);
    free(config->room_lists);
}

static void destroy_items(struct config *config)
{
    for (size_t i = 0; config->items && i < config->item_count; i++) {
        free(config->items[i].key);
        free(config->items[i].name);
    }
    free(config->items);
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    secret_free(config->password);
    secret_free(config->oauth_client_secret);
    secret_free(config->proxy);
    destroy_rooms(config);
    destroy_lists(config);
    destroy_items(config);
    free(config->username);
    free(config->timezone);
    free(config->endpoint);
    free(config->ca_file);
    free(config->cert_file);
    free(config->key_file);
    free(config->krb5_client_ktname);
    free(config->krb5ccname);
    free(config->oauth_tenant);
    free(config->oauth_client_id);
    free(config->oauth_cert_file);
    free(config->oauth_key_file);
    free(config->oauth_token_url);
    free(config->oauth_scope);
    free(config->cors_origin);
    free(config->cache_dir);
    free(config->env_file);
    mistakes_finish(&config->doubts);
    free(config);
}

static void add_text(struct hasher *hasher, const char *text)
{
    hash_add_field(hasher, text, strlen(text));
}

static void add_number(struct hasher *hasher, int64_t number)
{
    hash_add_field(hasher, &number, sizeof number);
}

static void add_account(struct hasher *hasher, const struct config *config)
{
    add_text(hasher, config->endpoint);
    if (config->auth == CONFIG_AUTH_BEARER) {
        add_text(hasher, config->oauth_token_url);
        add_text(hasher, config->oauth_client_id);
    } else {
        add_text(hasher, config->username);
    }
}

int config_fingerprint(const struct config *config, struct hash *ret)
{
    struct hasher hasher;
    const struct config_start *start = &config->window_start;

    (void)hash_begin(&hasher); /* hash_end reports it */
    add_account(&hasher, config);
    add_number(&hasher, config->access);
    add_number(&hasher, start->relative);
    add_number(&hasher, start->relative ? start->days : start->at_utc);
    add_number(&hasher, config->window_days);
    add_number(&hasher, (int64_t)config->item_count);
    for (size_t i = 0; i < config->item_count; i++) {
        add_text(&hasher, config->items[i].key);
        add_text(&hasher, config->items[i].name);
    }
    add_text(&hasher, config->timezone);
    add_number(&hasher, config->private_items);
    return hash_end(&hasher, ret);
}

int config_common(const struct config *config, struct hash *ret)
{
    struct hasher hasher;
    struct hash fingerprint;
    int error = config_fingerprint(config, &fingerprint);

    if (error)
        return error;
    (void)hash_begin(&hasher); /* hash_end reports it */
    hash_add_field(&hasher, &fingerprint, sizeof fingerprint);
    for (size_t i = 0; i < config->room_list_count; i++)
        add_text(&hasher, config->room_lists[i]);
    for (size_t i = 0; i < config->room_count && !config->room_list_count; i++) {
        add_text(&hasher, config->rooms[i].name);
        add_text(&hasher, config->rooms[i].mailbox);
    }
    return hash_end(&hasher, ret);
}

int config_account(const struct config *config, struct hash *ret)
{
    struct hasher hasher;

    (void)hash_begin(&hasher); /* hash_end reports it */
    add_account(&hasher, config);
    return hash_end(&hasher, ret);
}
