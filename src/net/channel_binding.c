/* SPDX-License-Identifier: MIT */
#include "net/channel_binding.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

static const char kind[] = "tls-server-end-point:";
#define KIND_LENGTH (sizeof kind - 1)

_Static_assert(KIND_LENGTH + EVP_MAX_MD_SIZE <= CHANNEL_BINDING_MAX, "room for every hash");

/* The hash that stands in the signature's name (sha384WithRSAEncryption), or in its parameters (RSA-PSS); NULL: none, or
 * unknown. */
static const EVP_MD *signature_hash(X509 *certificate)
{
    int hash = NID_undef;

    /* What else it says, how strong the signature is, is not asked here, nor whether that is enough. */
    (void)X509_get_signature_info(certificate, &hash, NULL, NULL, NULL);
    if (hash == NID_md5 || hash == NID_sha1)
        hash = NID_sha256;
    return hash == NID_undef ? NULL : EVP_get_digestbynid(hash);
}

static int bind_to(const EVP_MD *hash, const unsigned char *der, size_t length,
                   struct channel_binding *ret, struct err *err)
{
    struct channel_binding binding;
    unsigned int size = 0;

    memcpy(binding.bytes, kind, KIND_LENGTH);
    if (EVP_Digest(der, length, binding.bytes + KIND_LENGTH, &size, hash, NULL) != 1)
        return err_set(err, CHANNEL_BINDING_UNDEFINED,
                       "OpenSSL cannot compute %s, by which the server's certificate is signed, so "
                       "there is no channel binding for it",
                       EVP_MD_get0_name(hash));
    binding.length = KIND_LENGTH + size;
    *ret = binding;
    return CHANNEL_BINDING_OK;
}

static int not_a_certificate(struct err *err)
{
    return err_set(err, -EINVAL, "what came as the server's certificate is none");
}

/* `at` is moved behind the certificate; what stands there then is not part of it. */
static int bind_der(const unsigned char *der, size_t length, struct channel_binding *ret,
                    struct err *err)
{
    const unsigned char *at = der;
    X509 *certificate = d2i_X509(NULL, &at, (long)length);
    const EVP_MD *hash;

    if (!certificate)
        return not_a_certificate(err);
    hash = signature_hash(certificate);
    X509_free(certificate);
    if (at != der + length)
        return not_a_certificate(err);
    if (!hash)
        return err_set(err, CHANNEL_BINDING_UNDEFINED,
                       "the signature of the server's certificate has no hash of its own (as with "
                       "Ed25519), and RFC 5929 defines no channel binding for such a certificate");
    return bind_to(hash, der, length, ret, err);
}

int channel_binding_of(const unsigned char *der, size_t length, struct channel_binding *ret,
                       struct err *err)
{
    int result;

    if (length == 0 || length > CHANNEL_BINDING_CERTIFICATE_MAX)
        return not_a_certificate(err);
    result = bind_der(der, length, ret, err);
    /* What OpenSSL noted about a certificate must not be taken for an error of TLS later in this thread. */
    ERR_clear_error();
    return result;
}

int channel_binding_of_pem(struct slice pem, struct channel_binding *ret, struct err *err)
{
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long length = 0;
    int result;
    BIO *text;

    if (pem.length == 0 || pem.length > CHANNEL_BINDING_CERTIFICATE_MAX)
        return not_a_certificate(err);
    text = BIO_new_mem_buf(pem.at, (int)pem.length);
    if (!text)
        return err_errno(err, ENOMEM, "the server's certificate cannot be read");
    if (PEM_read_bio(text, &name, &header, &der, &length) == 1 &&
        strcmp(name, PEM_STRING_X509) == 0)
        result = channel_binding_of(der, (size_t)length, ret, err);
    else
        result = not_a_certificate(err);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(text);
    ERR_clear_error();
    return result;
}
