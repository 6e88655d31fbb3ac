/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "net/channel_binding.h"

#define FOLDER "tests/unit/net/certificates/"
#define KIND   "tls-server-end-point:"

/* certificates/README.md says where the hashes come from. */
static const struct {
    const char *file;
    const char *hash;
} signed_with_a_hash[] = {
    {"rsa-sha256", "37e1601513fc8b6294922316db6f958fcc578faa0c11a813c83e25f222c0d751"},
    {"rsa-sha384", "bab0ba5a4e0c355d777ce6b55d20198efe8c23dffcadf6ef87b5b5057235f9a635da85880c59dbe"
                   "3c2c0992678c8dbde"},
    {"rsa-sha512", "5587e4482def970082d4c8da5d872b91b55cb933f0b97f00720681d27f3c296243d94a675d464c2"
                   "c1e0f35384d4b392a363542ea41c5877a01dd3ffe8c5693ae"},
    {"rsa-sha224", "92fbc91f3bc5b4cf11c0dd2219f75688759bea520b7d764f9c55791d"},
    {"rsa-sha1", "237e93de38c586f8659f2a46a58cf47d4bf16eef3888c0f53c2c606024c35ed9"},
    {"rsa-md5", "74b254d2e7688f23637cde89e054294ac7801a556e71920d49be52e09cc5efef"},
    {"ecdsa-sha384", "e77be7f581a09085bd912f40e85a6ac5ff124f0ad97ff12fb63afc96964c179181777658c8854"
                     "8193aab533ef8911002"},
    {"ecdsa-sha1", "b745d116b49788c710ae3ebf9b6eed066bae2fb708e991be70e08da4f0ac61f5"},
    {"rsa-pss-sha512", "18ef74433bf8c31fb66119c82651f6e44f7881db42b4e6f0705cee40f19ef63e9ae5ee66661"
                       "26a6b5a9c70c1c34b5f2704fce6190d3fc9bdd6c2089745701a5e"},
    {"rsa-pss-sha1", "4570cee87edfd07acbd1e23cf77c1a400acae4e7393a7beb1141e9d4e05959f3"},
};

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static struct buf read_pem(const char *file)
{
    char path[200];
    struct buf text = BUF_INIT(10000);
    FILE *stream;

    (void)snprintf(path, sizeof path, FOLDER "%s.pem", file);
    stream = fopen(path, "r");
    assert_non_null(stream);
    buf_grown(&text, fread(buf_reserve(&text, 10000), 1, 10000, stream));
    (void)fclose(stream);
    return text;
}

static struct slice slice_of_buf(const struct buf *text)
{
    return (struct slice){text->bytes, text->length};
}

/* By another way than the function's: the lines between the first and the last, as base64. */
static struct buf read_der(const char *file)
{
    struct buf pem = read_pem(file);
    struct slice rest = slice_of_buf(&pem);
    struct slice line;
    struct buf base64 = BUF_INIT(10000);
    struct buf der = BUF_INIT(10000);

    while (slice_next(&rest, '\n', &line)) {
        if (line.length && line.at[0] != '-')
            buf_append(&base64, line.at, line.length);
    }
    assert_int_equal(base64_decode(slice_of_buf(&base64), &der), 0);
    buf_finish(&pem);
    buf_finish(&base64);
    return der;
}

static int bind_der(const char *file, struct channel_binding *ret, struct err *err)
{
    struct buf der = read_der(file);
    int result = channel_binding_of((const unsigned char *)der.bytes, der.length, ret, err);

    buf_finish(&der);
    return result;
}

static int bind_pem(struct slice pem, struct channel_binding *ret)
{
    struct err err = {""};
    int result = channel_binding_of_pem(pem, ret, &err);

    assert_int_equal(result != 0, err.text[0] != '\0');
    return result;
}

static void assert_binding(const struct channel_binding *binding, const char *hash)
{
    char hex[2 * CHANNEL_BINDING_MAX + 1] = "";
    size_t start = strlen(KIND);

    assert_true(binding->length > start && binding->length <= CHANNEL_BINDING_MAX);
    assert_memory_equal(binding->bytes, KIND, start);
    for (size_t i = start; i < binding->length; i++)
        (void)sprintf(hex + 2 * (i - start), "%02x", binding->bytes[i]);
    assert_string_equal(hex, hash);
}

static void a_binding_has_the_hash_of_the_certificates_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(signed_with_a_hash); i++) {
        struct channel_binding binding = {0};
        struct err err = {""};

        assert_int_equal(bind_der(signed_with_a_hash[i].file, &binding, &err), CHANNEL_BINDING_OK);
        assert_binding(&binding, signed_with_a_hash[i].hash);
    }
}

static void a_certificate_in_pem_gives_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(signed_with_a_hash); i++) {
        struct channel_binding binding = {0};
        struct buf pem = read_pem(signed_with_a_hash[i].file);

        assert_int_equal(bind_pem(slice_of_buf(&pem), &binding), CHANNEL_BINDING_OK);
        assert_binding(&binding, signed_with_a_hash[i].hash);
        buf_finish(&pem);
    }
}

static void of_a_chain_in_pem_the_first_counts(void **state)
{
    struct channel_binding binding = {0};
    struct buf chain = read_pem(signed_with_a_hash[0].file);
    struct buf second = read_pem(signed_with_a_hash[1].file);

    (void)state;
    chain.limit = 20000;
    buf_append(&chain, second.bytes, second.length);
    assert_int_equal(bind_pem(slice_of_buf(&chain), &binding), CHANNEL_BINDING_OK);
    assert_binding(&binding, signed_with_a_hash[0].hash);
    buf_finish(&chain);
    buf_finish(&second);
}

static void a_signature_without_a_hash_has_no_binding(void **state)
{
    static const char *const files[] = {"ed25519", "ed448"};

    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        struct channel_binding binding = {0};
        struct err err = {""};

        assert_int_equal(bind_der(files[i], &binding, &err), CHANNEL_BINDING_UNDEFINED);
        assert_int_equal(binding.length, 0);
        assert_non_null(strstr(err.text, "RFC 5929"));
    }
}

static void what_is_no_certificate_is_refused(void **state)
{
    struct channel_binding binding = {0};
    struct buf der = read_der("rsa-sha256");
    const unsigned char *bytes = (const unsigned char *)der.bytes;
    struct err err = {""};

    (void)state;
    assert_int_equal(channel_binding_of(NULL, 0, &binding, &err), -EINVAL);
    assert_int_equal(channel_binding_of((const unsigned char *)"x", 1, &binding, &err), -EINVAL);
    assert_int_equal(channel_binding_of(bytes, der.length - 1, &binding, &err), -EINVAL);
    buf_append_char(&der, 'x');
    bytes = (const unsigned char *)der.bytes;
    assert_int_equal(channel_binding_of(bytes, der.length, &binding, &err), -EINVAL);
    assert_int_equal(binding.length, 0);
    assert_string_not_equal(err.text, "");
    buf_finish(&der);
}

static void what_is_no_certificate_in_pem_is_refused(void **state)
{
    struct channel_binding binding = {0};
    struct buf pem = read_pem("rsa-sha256");

    (void)state;
    assert_int_equal(bind_pem(slice_of(""), &binding), -EINVAL);
    assert_int_equal(bind_pem(slice_of("-----BEGIN CERTIFICATE-----\n"), &binding), -EINVAL);
    assert_int_equal(
        bind_pem(slice_of("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"), &binding),
        -EINVAL);
    assert_int_equal(
        bind_pem(slice_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                 &binding),
        -EINVAL);
    assert_int_equal(bind_pem((struct slice){pem.bytes, pem.length / 2}, &binding), -EINVAL);
    assert_int_equal(binding.length, 0);
    buf_finish(&pem);
}

static void a_certificate_has_a_limit(void **state)
{
    struct channel_binding binding = {0};
    struct buf pem = BUF_INIT(2 * CHANNEL_BINDING_CERTIFICATE_MAX);
    struct buf certificate = read_pem("rsa-sha256");
    size_t room = CHANNEL_BINDING_CERTIFICATE_MAX - certificate.length;

    (void)state;
    memset(buf_reserve(&pem, room), '\n', room);
    buf_grown(&pem, room);
    buf_append(&pem, certificate.bytes, certificate.length);
    assert_int_equal(bind_pem(slice_of_buf(&pem), &binding), CHANNEL_BINDING_OK);
    buf_append_char(&pem, '\n');
    assert_int_equal(bind_pem(slice_of_buf(&pem), &binding), -EINVAL);
    buf_finish(&pem);
    buf_finish(&certificate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_binding_has_the_hash_of_the_certificates_signature),
        cmocka_unit_test(a_certificate_in_pem_gives_the_same),
        cmocka_unit_test(of_a_chain_in_pem_the_first_counts),
        cmocka_unit_test(a_signature_without_a_hash_has_no_binding),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(what_is_no_certificate_in_pem_is_refused),
        cmocka_unit_test(a_certificate_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
