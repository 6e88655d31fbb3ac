/* SPDX-License-Identifier: MIT */
#include "base/hash.h"

#include <errno.h>
#include <openssl/evp.h>

int hash_begin(struct hasher *hasher)
{
    hasher->state = EVP_MD_CTX_new();
    hasher->error = 0;
    if (!hasher->state || EVP_DigestInit_ex(hasher->state, EVP_sha256(), NULL) != 1)
        hasher->error = -ENOMEM;
    return hasher->error;
}

void hash_add(struct hasher *hasher, const void *bytes, size_t length)
{
    if (!hasher->error && EVP_DigestUpdate(hasher->state, bytes, length) != 1)
        hasher->error = -EIO;
}

void hash_add_field(struct hasher *hasher, const void *bytes, size_t length)
{
    unsigned char size[8];

    for (size_t i = 0; i < sizeof size; i++)
        size[i] = (unsigned char)((uint64_t)length >> (8 * (7 - i)));
    hash_add(hasher, size, sizeof size);
    hash_add(hasher, bytes, length);
}

int hash_end(struct hasher *hasher, struct hash *ret)
{
    struct hash hash;

    if (!hasher->error && EVP_DigestFinal_ex(hasher->state, hash.bytes, NULL) != 1)
        hasher->error = -EIO;
    EVP_MD_CTX_free(hasher->state);
    hasher->state = NULL;
    if (!hasher->error)
        *ret = hash;
    return hasher->error;
}

void hash_hex(const struct hash *hash, size_t bytes, char *ret)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes; i++) {
        ret[2 * i] = digits[hash->bytes[i] >> 4];
        ret[2 * i + 1] = digits[hash->bytes[i] & 15];
    }
    ret[2 * bytes] = '\0';
}
