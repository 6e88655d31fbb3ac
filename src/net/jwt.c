/* SPDX-License-Identifier: MIT */
#include "net/jwt.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "base/json.h"
#include "config/secret_file.h"

#define ID_BYTES       16
#define PART_MAX       (JWT_ASSERTION_MAX / 2)
#define SIGNATURE_SIZE 2048 /* of a key of 16384 bits, the largest that OpenSSL makes */

static int no_memory(struct err *err)
{
    return err_set(err, -ENOMEM, "not enough memory for a client assertion");
}

/* ---- what is read ---- */

/* OpenSSL would ask for a passphrase on the terminal: a certificate can have one, too. */
/* NOLINTNEXTLINE(readability-non-const-parameter): OpenSSL's type */
static int no_passphrase(char *room, int size, int is_writing, void *context)
{
    (void)room;
    (void)size;
    (void)is_writing;
    (void)context;
    return -1;
}

static int read_certificate(const char *path, X509 **ret, struct err *err)
{
    BIO *file = BIO_new_file(path, "r");

    if (!file)
        return err_errno(err, errno ? errno : EIO, "OAUTH_CERT_FILE %s cannot be read", path);
    *ret = PEM_read_bio_X509(file, NULL, no_passphrase, NULL);
    BIO_free(file);
    return *ret
               ? 0
               : err_set(err, -EINVAL, "OAUTH_CERT_FILE %s holds no certificate in PEM form", path);
}

static EVP_PKEY *parse_key(const struct buf *text)
{
    BIO *memory = BIO_new_mem_buf(text->bytes, (int)text->length);
    EVP_PKEY *key = memory ? PEM_read_bio_PrivateKey(memory, NULL, no_passphrase, NULL) : NULL;

    BIO_free(memory);
    return key;
}

static int read_key(const char *path, EVP_PKEY **ret, struct err *err)
{
    struct buf text;
    struct err reason = {""};
    int error = secret_file_read(path, secret_file_guard(path), JWT_KEY_FILE_MAX, &text, &reason);

    if (error)
        return err_set(err, error, "OAUTH_KEY_FILE %s %s", path, reason.text);
    *ret = parse_key(&text);
    buf_finish(&text);
    if (!*ret)
        return err_set(err, -EINVAL,
                       "OAUTH_KEY_FILE %s holds no private key in PEM form without a passphrase",
                       path);
    if (!EVP_PKEY_is_a(*ret, "RSA"))
        return err_set(err, -EINVAL,
                       "the key in OAUTH_KEY_FILE %s is no RSA key, and tokens are given for no "
                       "other",
                       path);
    return 0;
}

/* ---- the parts ---- */

/* Appends a JSON map as a part of the token. */
static int append_map(struct json *json, struct buf *ret)
{
    struct buf text = BUF_INIT(PART_MAX);
    int error = json_finish(json, &text);

    if (!error)
        base64_encode_url(text.bytes, text.length, ret);
    buf_finish(&text);
    return error;
}

static int append_header(X509 *certificate, struct buf *ret)
{
    struct buf thumbprint = BUF_INIT(64);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    struct json json;

    if (X509_digest(certificate, EVP_sha256(), hash, &size) != 1)
        return -ENOMEM;
    base64_encode_url(hash, size, &thumbprint);
    json_begin(&json);
    json_open_map(&json, NULL);
    json_put_text(&json, "alg", slice_of("PS256"));
    json_put_text(&json, "typ", slice_of("JWT"));
    json_put_text(&json, "x5t#S256", slice_of(buf_text(&thumbprint)));
    json_close(&json);
    buf_finish(&thumbprint);
    return append_map(&json, ret);
}

static int append_claims(const struct config *config, int64_t now_utc, struct buf *ret)
{
    struct buf id = BUF_INIT(64);
    unsigned char random[ID_BYTES];
    struct json json;

    if (RAND_bytes(random, sizeof random) != 1)
        return -EIO;
    base64_encode_url(random, sizeof random, &id);
    json_begin(&json);
    json_open_map(&json, NULL);
    json_put_text(&json, "aud", slice_of(config->oauth_token_url));
    json_put_text(&json, "iss", slice_of(config->oauth_client_id));
    json_put_text(&json, "sub", slice_of(config->oauth_client_id));
    json_put_text(&json, "jti", slice_of(buf_text(&id)));
    json_put_int(&json, "nbf", now_utc - JWT_SKEW_S);
    json_put_int(&json, "iat", now_utc);
    json_put_int(&json, "exp", now_utc - JWT_SKEW_S + JWT_LIFE_S);
    json_close(&json);
    buf_finish(&id);
    return append_map(&json, ret);
}

/* RFC 7518, 3.5 */
static int sign(EVP_PKEY *key, const struct buf *text, unsigned char *ret, size_t *ret_length)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings; /* belongs to the context */
    size_t length = SIGNATURE_SIZE;
    bool is_signed =
        context && EVP_DigestSignInit(context, &settings, EVP_sha256(), NULL, key) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_DIGEST) == 1 &&
        EVP_DigestSign(context, ret, &length, (const unsigned char *)text->bytes, text->length) ==
            1;

    EVP_MD_CTX_free(context);
    *ret_length = length;
    return is_signed ? 0 : -EIO;
}

/* ---- the token ---- */

static int assemble(const struct config *config, X509 *certificate, EVP_PKEY *key, int64_t now_utc,
                    struct buf *ret)
{
    unsigned char signature[SIGNATURE_SIZE];
    size_t length = 0;

    int error = append_header(certificate, ret);
    buf_append_char(ret, '.');
    if (!error)
        error = append_claims(config, now_utc, ret);
    if (!error)
        error = buf_error(ret);
    if (!error)
        error = sign(key, ret, signature, &length);
    if (error)
        return error;
    buf_append_char(ret, '.');
    base64_encode_url(signature, length, ret);
    return buf_error(ret);
}

static int append_signed(const struct config *config, X509 *certificate, EVP_PKEY *key,
                         int64_t now_utc, struct buf *ret, struct err *err)
{
    struct buf token = BUF_SECRET(JWT_ASSERTION_MAX);

    if (X509_check_private_key(certificate, key) != 1)
        return err_set(err, -EINVAL,
                       "the key in OAUTH_KEY_FILE %s is not that of the certificate in "
                       "OAUTH_CERT_FILE %s",
                       config->oauth_key_file, config->oauth_cert_file);
    int error = assemble(config, certificate, key, now_utc, &token);
    if (!error)
        buf_append(ret, token.bytes, token.length);
    buf_finish(&token);
    if (error == -EIO)
        return err_set(err, error, "OpenSSL cannot sign with the key in OAUTH_KEY_FILE %s",
                       config->oauth_key_file);
    return error || buf_error(ret) ? no_memory(err) : 0;
}

int jwt_append_assertion(const struct config *config, int64_t now_utc, struct buf *ret,
                         struct err *err)
{
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;

    int error = read_certificate(config->oauth_cert_file, &certificate, err);
    if (!error)
        error = read_key(config->oauth_key_file, &key, err);
    if (!error)
        error = append_signed(config, certificate, key, now_utc, ret, err);
    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return error;
}
