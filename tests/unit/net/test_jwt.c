/* SPDX-License-Identifier: MIT */
#include "net/jwt.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/json.h"
#include "unit.h"

#define NOW INT64_C(1795000000)

/* ---- an application: a key, its certificate, and both as files ---- */

struct application {
    char directory[64];
    char cert_file[96];
    char key_file[96];
    char client_id[64];
    char token_url[96];
    EVP_PKEY *key;
    X509 *certificate;
    struct config config;
};

static void write_files(struct application *application, const char *passphrase)
{
    FILE *cert = fopen(application->cert_file, "we");
    FILE *key = fopen(application->key_file, "we");

    assert_non_null(cert);
    assert_non_null(key);
    assert_int_equal(fchmod(fileno(key), 0600), 0);
    assert_int_equal(PEM_write_X509(cert, application->certificate), 1);
    assert_int_equal(PEM_write_PrivateKey(key, application->key,
                                          passphrase ? EVP_aes_128_cbc() : NULL, NULL, 0, NULL,
                                          (void *)(uintptr_t)passphrase),
                     1);
    assert_int_equal(fclose(cert), 0);
    assert_int_equal(fclose(key), 0);
}

static X509 *certify(EVP_PKEY *key)
{
    X509 *certificate = X509_new();

    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static void begin(struct application *application, EVP_PKEY *key)
{
    *application = (struct application){
        .directory = "/tmp/roomcal-jwt-XXXXXX",
        .client_id = "11111111-2222-3333-4444-555555555555",
        .token_url = "https://login.example.org/tenant/oauth2/v2.0/token",
        .key = key,
        .certificate = certify(key),
    };
    assert_non_null(mkdtemp(application->directory));
    (void)snprintf(application->cert_file, sizeof application->cert_file, "%s/cert",
                   application->directory);
    (void)snprintf(application->key_file, sizeof application->key_file, "%s/key",
                   application->directory);
    application->config = (struct config){
        .oauth_client_id = application->client_id,
        .oauth_token_url = application->token_url,
        .oauth_cert_file = application->cert_file,
        .oauth_key_file = application->key_file,
    };
    write_files(application, NULL);
}

static void finish(struct application *application)
{
    (void)unlink(application->cert_file);
    (void)unlink(application->key_file);
    assert_int_equal(rmdir(application->directory), 0);
    X509_free(application->certificate);
    EVP_PKEY_free(application->key);
}

static EVP_PKEY *rsa_key(void)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);

    assert_non_null(key);
    return key;
}

/* ---- a token, taken apart ---- */

/* Appends what base64url says. */
static void decode(struct slice part, struct buf *ret)
{
    struct buf text = BUF_INIT(JWT_ASSERTION_MAX);

    for (size_t i = 0; i < part.length; i++) {
        char byte = part.at[i];
        assert_true(byte != '+' && byte != '/' && byte != '=');
        buf_append_char(&text, byte == '-' ? '+' : byte == '_' ? '/' : byte);
    }
    while (text.length % 4)
        buf_append_char(&text, '=');
    assert_int_equal(base64_decode((struct slice){text.bytes, text.length}, ret), 0);
    buf_finish(&text);
}

static struct json_map map_of(struct slice part)
{
    struct buf text = BUF_INIT(JWT_ASSERTION_MAX);
    struct json_map map;

    decode(part, &text);
    assert_int_equal(json_map_read((struct slice){text.bytes, text.length}, &map), 0);
    buf_finish(&text);
    return map;
}

static void assert_text(const struct json_map *map, const char *key, const char *expected)
{
    struct slice text = {0};

    assert_true(json_map_text(map, key, &text));
    assert_true(slice_is(text, expected));
}

static void assert_int(const struct json_map *map, const char *key, int64_t expected)
{
    int64_t number = 0;

    assert_true(json_map_int(map, key, &number));
    assert_int_equal(number, expected);
}

static bool verifies(EVP_PKEY *key, struct slice text, const struct buf *signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *settings;

    assert_int_equal(EVP_DigestVerifyInit(context, &settings, EVP_sha256(), NULL, key), 1);
    assert_true(EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) > 0);
    assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, 32) > 0);
    int good = EVP_DigestVerify(context, (const unsigned char *)signature->bytes, signature->length,
                                (const unsigned char *)text.at, text.length);
    EVP_MD_CTX_free(context);
    return good == 1;
}

static struct buf sign(struct application *application)
{
    struct buf token = BUF_INIT(JWT_ASSERTION_MAX);
    struct err err = {""};

    assert_int_equal(jwt_append_assertion(&application->config, NOW, &token, &err), 0);
    return token;
}

static void split(const struct buf *token, struct slice ret_parts[3])
{
    struct slice rest = {token->bytes, token->length};

    for (size_t i = 0; i < 3; i++)
        assert_true(slice_next(&rest, '.', &ret_parts[i]));
    assert_null(rest.at);
}

/* ---- what an assertion is ---- */

static void an_assertion_says_who_asks_whom_and_until_when(void **state)
{
    struct application application;
    struct slice parts[3];
    (void)state;

    begin(&application, rsa_key());
    struct buf token = sign(&application);
    split(&token, parts);
    struct json_map claims = map_of(parts[1]);
    assert_text(&claims, "aud", application.token_url);
    assert_text(&claims, "iss", application.client_id);
    assert_text(&claims, "sub", application.client_id);
    assert_int(&claims, "nbf", NOW - 60);
    assert_int(&claims, "iat", NOW);
    assert_int(&claims, "exp", NOW + 540);
    json_map_finish(&claims);
    buf_finish(&token);
    finish(&application);
}

static void its_header_names_the_certificate(void **state)
{
    unsigned char hash[32];
    struct buf thumbprint = BUF_INIT(64);
    struct application application;
    struct slice parts[3];
    (void)state;

    begin(&application, rsa_key());
    struct buf token = sign(&application);
    split(&token, parts);
    struct json_map header = map_of(parts[0]);
    assert_text(&header, "alg", "PS256");
    assert_text(&header, "typ", "JWT");
    assert_int_equal(X509_digest(application.certificate, EVP_sha256(), hash, NULL), 1);
    base64_encode_url(hash, sizeof hash, &thumbprint);
    assert_text(&header, "x5t#S256", buf_text(&thumbprint));
    json_map_finish(&header);
    buf_finish(&thumbprint);
    buf_finish(&token);
    finish(&application);
}

static void its_signature_is_that_of_the_certificates_key(void **state)
{
    struct buf signature = BUF_INIT(1024);
    struct application application;
    struct slice parts[3];
    (void)state;

    begin(&application, rsa_key());
    struct buf token = sign(&application);
    split(&token, parts);
    decode(parts[2], &signature);
    struct slice text = {token.bytes, (size_t)(parts[2].at - 1 - token.bytes)};
    EVP_PKEY *key = X509_get_pubkey(application.certificate);
    assert_true(verifies(key, text, &signature));
    token.bytes[0] ^= 1;
    assert_false(verifies(key, text, &signature));
    EVP_PKEY_free(key);
    buf_finish(&signature);
    buf_finish(&token);
    finish(&application);
}

static void no_two_assertions_are_the_same(void **state)
{
    struct application application;
    struct slice parts[2][3];
    struct slice ids[2] = {{0}};
    (void)state;

    begin(&application, rsa_key());
    struct buf first = sign(&application);
    struct buf second = sign(&application);
    split(&first, parts[0]);
    split(&second, parts[1]);
    struct json_map claims[2] = {map_of(parts[0][1]), map_of(parts[1][1])};
    assert_true(json_map_text(&claims[0], "jti", &ids[0]));
    assert_true(json_map_text(&claims[1], "jti", &ids[1]));
    assert_int_equal(ids[0].length, 22);
    assert_false(slice_equal(ids[0], ids[1]));
    json_map_finish(&claims[0]);
    json_map_finish(&claims[1]);
    buf_finish(&first);
    buf_finish(&second);
    finish(&application);
}

/* ---- files that are of no use ---- */

/* Nothing is appended then. */
static void assert_refused(struct application *application, const char *sentence)
{
    struct buf token = BUF_INIT(JWT_ASSERTION_MAX);
    struct err err = {""};

    assert_true(jwt_append_assertion(&application->config, NOW, &token, &err) < 0);
    assert_non_null(strstr(err.text, sentence));
    assert_int_equal(token.length, 0);
    buf_finish(&token);
}

static void a_key_that_is_not_the_certificates_is_refused(void **state)
{
    struct application application;
    (void)state;

    begin(&application, rsa_key());
    X509_free(application.certificate);
    EVP_PKEY *other = rsa_key();
    application.certificate = certify(other);
    EVP_PKEY_free(other);
    write_files(&application, NULL);
    assert_refused(&application, "is not that of the certificate in OAUTH_CERT_FILE");
    finish(&application);
}

static void a_key_that_is_not_rsa_is_refused(void **state)
{
    struct application application;
    (void)state;

    begin(&application, EVP_EC_gen("P-256"));
    assert_refused(&application, "is no RSA key");
    finish(&application);
}

static void a_key_with_a_passphrase_is_refused_and_nobody_asked_for_it(void **state)
{
    struct application application;
    (void)state;

    begin(&application, rsa_key());
    write_files(&application, "open sesame");
    assert_refused(&application, "without a passphrase");
    finish(&application);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    struct application application;
    (void)state;

    begin(&application, rsa_key());
    assert_int_equal(chmod(application.key_file, 0644), 0);
    assert_refused(&application, "chmod 600");
    finish(&application);
}

static void files_that_are_missing_or_something_else_are_refused(void **state)
{
    struct application application;
    (void)state;

    begin(&application, rsa_key());
    application.config.oauth_cert_file = application.key_file;
    assert_refused(&application, "holds no certificate");
    application.config.oauth_cert_file = application.cert_file;
    assert_int_equal(truncate(application.key_file, 0), 0);
    assert_refused(&application, "holds no private key");
    assert_int_equal(unlink(application.key_file), 0);
    assert_refused(&application, "OAUTH_KEY_FILE");
    assert_int_equal(unlink(application.cert_file), 0);
    assert_refused(&application, "cannot be read: No such file");
    finish(&application);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assertion_says_who_asks_whom_and_until_when),
        cmocka_unit_test(its_header_names_the_certificate),
        cmocka_unit_test(its_signature_is_that_of_the_certificates_key),
        cmocka_unit_test(no_two_assertions_are_the_same),
        cmocka_unit_test(a_key_that_is_not_the_certificates_is_refused),
        cmocka_unit_test(a_key_that_is_not_rsa_is_refused),
        cmocka_unit_test(a_key_with_a_passphrase_is_refused_and_nobody_asked_for_it),
        cmocka_unit_test(a_key_that_others_may_read_is_refused),
        cmocka_unit_test(files_that_are_missing_or_something_else_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
