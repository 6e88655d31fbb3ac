/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

void base64_encode(const void *bytes, size_t length, struct buf *ret)
{
    char *room;

    if (length == 0)
        return;
    if (length > BASE64_MAX) {
        ret->error = ret->error ? ret->error : -EOVERFLOW;
        return;
    }
    room = buf_reserve(ret, (length + 2) / 3 * 4); /* EVP_EncodeBlock's NUL is that of every buf */
    if (room)
        buf_grown(ret, (size_t)EVP_EncodeBlock((unsigned char *)room, bytes, (int)length));
}

void base64_encode_url(const void *bytes, size_t length, struct buf *ret)
{
    size_t begin = ret->length;

    base64_encode(bytes, length, ret);
    while (ret->length > begin && ret->bytes[ret->length - 1] == '=')
        ret->bytes[--ret->length] = '\0';
    for (size_t i = begin; i < ret->length; i++) {
        if (ret->bytes[i] == '+')
            ret->bytes[i] = '-';
        else if (ret->bytes[i] == '/')
            ret->bytes[i] = '_';
    }
}

/* How many '=' stand at the end of a well-formed text; -1: it is not well formed. EVP_DecodeBlock would take blanks
 * around it, and '=' anywhere. */
static int padding_of(struct slice text)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = text.length;
    int padding = 0;

    if (length % 4 || length > BASE64_MAX)
        return -1;
    while (length > 0 && padding < 2 && text.at[length - 1] == '=') {
        length--;
        padding++;
    }
    for (size_t i = 0; i < length; i++) {
        if (!memchr(alphabet, text.at[i], sizeof alphabet - 1))
            return -1;
    }
    return padding;
}

int base64_decode(struct slice text, struct buf *ret)
{
    int padding = padding_of(text);
    char *room;
    int length;

    if (padding < 0)
        return -EINVAL;
    if (text.length == 0)
        return 0;
    room = buf_reserve(ret, text.length / 4 * 3);
    if (!room)
        return buf_error(ret);
    length =
        EVP_DecodeBlock((unsigned char *)room, (const unsigned char *)text.at, (int)text.length);
    if (length < 0)
        return -EINVAL;
    buf_grown(ret, (size_t)(length - padding));
    return 0;
}
