/* SPDX-License-Identifier: MIT */
#ifndef ROOMCAL_BASE_HASH_H
#define ROOMCAL_BASE_HASH_H

/*
 * hash — SHA-256 (FIPS 180-4). The home of OpenSSL's hashes; the other files that use its libcrypto, each for something
 * else, are listed in tests/e2e/test_layers.py.
 *
 * Used for ETags, for the check of room files and for the fingerprint of the settings: never for
 * secrets.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define HASH_SIZE 32

struct hash {
    unsigned char bytes[HASH_SIZE];
};

/* A running hash. It starts with hash_begin and ends with hash_end, which has to follow also after a failure, because it
 * frees the state. */
struct hasher {
    void *state;
    int error; /* the first failure; later calls do nothing */
};

int hash_begin(struct hasher *hasher); /* 0 or -ENOMEM; hash_end says the same */
void hash_add(struct hasher *hasher, const void *bytes, size_t length);
/* Adds the length (8 bytes, big endian) and then the bytes, so that ("ab","c") and ("a","bc")
 * differ. */
void hash_add_field(struct hasher *hasher, const void *bytes, size_t length);
/* 0 and the hash; else the first failure: -ENOMEM, or -EIO if OpenSSL failed otherwise. The hasher then needs hash_begin
 * again. */
int hash_end(struct hasher *hasher, struct hash *ret);

/* Lower-case hexadecimal of the first `bytes` bytes (≤ HASH_SIZE) and a NUL: `ret` has 2 * bytes +
 * 1 places. */
void hash_hex(const struct hash *hash, size_t bytes, char *ret);

#endif
