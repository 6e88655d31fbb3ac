/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <errno.h>
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base64.h"
#include "net/auth_gss.h"

/* NTLM against the other side of gss-ntlmssp, in this process. It knows its users by NTLM_USER_FILE, which we have in our
 * environment too: so a login by anything but USERNAME and PASSWORD would be noticed by a wrong password that passes.
 * Kerberos: tests/e2e/test_kerberos_login.py. */

#define PASSWORD "secret ü" /* no ":", which would end it in the user file */

static const char users[] = "EXAMPLE:room:" PASSWORD "\n"
                            ":plain:" PASSWORD "\n"
                            ":room@example.org:" PASSWORD "\n";

/* ---- the other side ---- */

static char ntlm_id[] = "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a";
static char spnego_id[] = "\x2b\x06\x01\x05\x05\x02";

struct acceptor {
    gss_cred_id_t credential;
    gss_ctx_id_t context;
    const char *binding; /* the application data that it goes by; NULL: none */
    OM_uint32 flags;
    struct buf answer; /* base64 */
};

static struct acceptor acceptor_for(enum auth_gss_kind kind, const char *binding)
{
    gss_OID_desc mech = kind == AUTH_GSS_NTLM ? (gss_OID_desc){sizeof ntlm_id - 1, ntlm_id}
                                              : (gss_OID_desc){sizeof spnego_id - 1, spnego_id};
    gss_OID_set_desc mechs = {1, &mech};
    struct acceptor acceptor = {.binding = binding, .answer = BUF_INIT(10000)};
    OM_uint32 minor;

    assert_int_equal(gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &mechs, GSS_C_ACCEPT,
                                      &acceptor.credential, NULL, NULL),
                     GSS_S_COMPLETE);
    return acceptor;
}

static void acceptor_finish(struct acceptor *acceptor)
{
    OM_uint32 minor;

    (void)gss_delete_sec_context(&minor, &acceptor->context, GSS_C_NO_BUFFER);
    (void)gss_release_cred(&minor, &acceptor->credential);
    buf_finish(&acceptor->answer);
}

/* The routine error, 0 for "go on", and what comes back in `answer`. *ret_user: who it was, once that is known; free. */
static OM_uint32 accept_token(struct acceptor *acceptor, const struct buf *base64, char **ret_user)
{
    struct buf token = BUF_INIT(10000);
    gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
    gss_buffer_desc user = GSS_C_EMPTY_BUFFER;
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;
    OM_uint32 major;

    assert_int_equal(base64_decode((struct slice){base64->bytes, base64->length}, &token), 0);
    gss_buffer_desc given = {token.length, token.bytes};
    struct gss_channel_bindings_struct bindings = {0};
    if (acceptor->binding) {
        bindings.application_data.value = (void *)(uintptr_t)acceptor->binding;
        bindings.application_data.length = strlen(acceptor->binding);
    }
    major = gss_accept_sec_context(&minor, &acceptor->context, acceptor->credential, &given,
                                   acceptor->binding ? &bindings : GSS_C_NO_CHANNEL_BINDINGS, &name,
                                   NULL, &answer, &acceptor->flags, NULL, NULL);
    buf_clear(&acceptor->answer);
    base64_encode(answer.value, answer.length, &acceptor->answer);
    *ret_user = NULL;
    if (major == GSS_S_COMPLETE && gss_display_name(&minor, name, &user, NULL) == GSS_S_COMPLETE)
        *ret_user = strndup(user.value, user.length);
    (void)gss_release_buffer(&minor, &user);
    (void)gss_release_buffer(&minor, &answer);
    (void)gss_release_name(&minor, &name);
    buf_finish(&token);
    return GSS_ROUTINE_ERROR(major);
}

/* ---- our side ---- */

static struct config config_for(const char *username, const char *password)
{
    return (struct config){.username = (char *)(uintptr_t)username,
                           .password = (char *)(uintptr_t)password,
                           .endpoint = (char *)(uintptr_t) "https://mail.example.org:8443/EWS/"};
}

static struct channel_binding binding_of(const char *text)
{
    struct channel_binding binding = {.length = text ? strlen(text) : 0};

    if (text)
        memcpy(binding.bytes, text, binding.length);
    return binding;
}

static struct auth_gss *create(const struct config *config, enum auth_gss_kind kind)
{
    struct auth_gss *gss = NULL;
    struct err err = {""};

    assert_int_equal(auth_gss_create(config, kind, &gss, &err), 0);
    return gss;
}

static enum auth_gss_result step(struct auth_gss *gss, const char *token, const char *binding,
                                 struct buf *ret)
{
    struct channel_binding bound = binding_of(binding);
    struct err err = {""};
    enum auth_gss_result result = auth_gss_step(gss, slice_of(token), &bound, ret, &err);

    assert_int_equal(result > AUTH_GSS_DONE, err.text[0] != '\0');
    assert_int_equal(result <= AUTH_GSS_LAST, ret->length > 0);
    return result;
}

/* A whole login over one connection; what the server said at its end. */
static OM_uint32 log_in_with(struct auth_gss *gss, enum auth_gss_kind kind, const char *our_binding,
                             const char *their_binding, char **ret_user)
{
    struct acceptor acceptor = acceptor_for(kind, their_binding);
    struct buf token = BUF_INIT(AUTH_GSS_TOKEN_MAX);
    OM_uint32 result;

    assert_int_equal(step(gss, "", our_binding, &token), AUTH_GSS_LEG);
    assert_int_equal(accept_token(&acceptor, &token, ret_user), 0);
    assert_int_equal(step(gss, buf_text(&acceptor.answer), our_binding, &token), AUTH_GSS_LAST);
    result = accept_token(&acceptor, &token, ret_user);
    acceptor_finish(&acceptor);
    buf_finish(&token);
    return result;
}

static OM_uint32 log_in(enum auth_gss_kind kind, const char *username, const char *password,
                        const char *our_binding, const char *their_binding, char **ret_user)
{
    struct config config = config_for(username, password);
    struct auth_gss *gss = create(&config, kind);
    OM_uint32 result = log_in_with(gss, kind, our_binding, their_binding, ret_user);

    auth_gss_destroy(gss);
    return result;
}

static void assert_logs_in_as(enum auth_gss_kind kind, const char *username, const char *expected)
{
    char *user;

    assert_int_equal(log_in(kind, username, PASSWORD, NULL, NULL, &user), 0);
    assert_string_equal(user, expected);
    free(user);
}

static void assert_refused(enum auth_gss_kind kind, const char *username, const char *password)
{
    char *user;

    assert_int_not_equal(log_in(kind, username, password, NULL, NULL, &user), 0);
    assert_null(user);
}

static const enum auth_gss_kind kinds[] = {AUTH_GSS_NTLM, AUTH_GSS_NEGOTIATE_NTLM};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* ---- the tests ---- */

static void a_user_with_a_domain_logs_in(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        assert_logs_in_as(kinds[k], "EXAMPLE\\room", "EXAMPLE\\room");
}

static void a_user_without_a_domain_logs_in(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        assert_logs_in_as(kinds[k], "plain", "plain");
}

/* The other side shows an empty domain before the backslash. */
static void a_upn_goes_out_whole_and_without_a_domain(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        assert_logs_in_as(kinds[k], "room@example.org", "\\room@example.org");
}

static void a_wrong_password_is_refused_though_the_environment_has_the_right_one(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        assert_refused(kinds[k], "EXAMPLE\\room", "wrong");
        assert_refused(kinds[k], "EXAMPLE\\room", "");
    }
}

static void an_unknown_user_is_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        assert_refused(kinds[k], "EXAMPLE\\nobody", PASSWORD);
}

static void equal_bindings_pass_and_are_seen(void **state)
{
    struct config config = config_for("EXAMPLE\\room", PASSWORD);

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct auth_gss *gss = create(&config, kinds[k]);
        char *user;

        assert_int_equal(log_in_with(gss, kinds[k], "tls-server-end-point:abc",
                                     "tls-server-end-point:abc", &user),
                         0);
        free(user);
        auth_gss_destroy(gss);
    }
}

static void another_binding_is_refused(void **state)
{
    char *user;

    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        assert_int_not_equal(log_in(kinds[k], "EXAMPLE\\room", PASSWORD, "tls-server-end-point:abc",
                                    "tls-server-end-point:abd", &user),
                             0);
}

/* The flag is what a server that demands Extended Protection looks at. */
static OM_uint32 flags_after_login(enum auth_gss_kind kind, const char *our_binding)
{
    struct config config = config_for("EXAMPLE\\room", PASSWORD);
    struct auth_gss *gss = create(&config, kind);
    struct acceptor acceptor = acceptor_for(kind, "tls-server-end-point:abc");
    struct buf token = BUF_INIT(AUTH_GSS_TOKEN_MAX);
    char *user = NULL;
    OM_uint32 flags;

    assert_int_equal(step(gss, "", our_binding, &token), AUTH_GSS_LEG);
    (void)accept_token(&acceptor, &token, &user);
    assert_int_equal(step(gss, buf_text(&acceptor.answer), our_binding, &token), AUTH_GSS_LAST);
    assert_int_equal(accept_token(&acceptor, &token, &user), 0);
    flags = acceptor.flags;
    free(user);
    acceptor_finish(&acceptor);
    buf_finish(&token);
    auth_gss_destroy(gss);
    return flags;
}

static void a_server_can_tell_a_login_with_binding_from_one_without(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        assert_int_not_equal(
            flags_after_login(kinds[k], "tls-server-end-point:abc") & GSS_C_CHANNEL_BOUND_FLAG, 0);
        assert_int_equal(flags_after_login(kinds[k], NULL) & GSS_C_CHANNEL_BOUND_FLAG, 0);
    }
}

static void one_object_logs_in_again_and_again(void **state)
{
    struct config config = config_for("EXAMPLE\\room", PASSWORD);

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct auth_gss *gss = create(&config, kinds[k]);

        for (int round = 0; round < 3; round++) {
            char *user;

            assert_int_equal(log_in_with(gss, kinds[k], NULL, NULL, &user), 0);
            free(user);
            if (round == 1)
                auth_gss_reset(gss);
        }
        auth_gss_destroy(gss);
    }
}

static void after_a_reset_the_servers_token_is_no_answer(void **state)
{
    struct config config = config_for("EXAMPLE\\room", PASSWORD);

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct auth_gss *gss = create(&config, kinds[k]);
        struct acceptor acceptor = acceptor_for(kinds[k], NULL);
        struct buf token = BUF_INIT(AUTH_GSS_TOKEN_MAX);
        char *user;

        assert_int_equal(step(gss, "", NULL, &token), AUTH_GSS_LEG);
        assert_int_equal(accept_token(&acceptor, &token, &user), 0);
        auth_gss_reset(gss);
        assert_int_equal(step(gss, buf_text(&acceptor.answer), NULL, &token), AUTH_GSS_BAD_TOKEN);
        acceptor_finish(&acceptor);
        buf_finish(&token);
        auth_gss_destroy(gss);
    }
}

static void rubbish_from_the_server_is_a_bad_token(void **state)
{
    static const char *const rubbish[] = {
        "not base64!",
        "AAAA",
        "TlRMTVNTUAACAAAA",
        "oQcwBaADCgEB",
        "TlRMTVNTUAABAAAA", /* and one that ends gss-ntlmssp 1.2.0: */
        "TlRMTVNTUAACAAAAAAAAADgAAAA1goriMTIzNDU2NzgAAAAAAAAAAAAAAAA4AAAACgAAAAAAAA8="};
    struct config config = config_for("EXAMPLE\\room", PASSWORD);

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        for (size_t i = 0; i < sizeof rubbish / sizeof rubbish[0]; i++) {
            struct auth_gss *gss = create(&config, kinds[k]);
            struct buf token = BUF_INIT(AUTH_GSS_TOKEN_MAX);

            assert_int_equal(step(gss, "", NULL, &token), AUTH_GSS_LEG);
            assert_int_equal(step(gss, rubbish[i], NULL, &token), AUTH_GSS_BAD_TOKEN);
            buf_finish(&token);
            auth_gss_destroy(gss);
        }
    }
}

static void ntlm_without_a_password_has_no_credential(void **state)
{
    struct config config = config_for("EXAMPLE\\room", NULL);

    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct auth_gss *gss = create(&config, kinds[k]);
        struct buf token = BUF_INIT(AUTH_GSS_TOKEN_MAX);

        assert_int_equal(step(gss, "", NULL, &token), AUTH_GSS_NO_CREDENTIAL);
        buf_finish(&token);
        auth_gss_destroy(gss);
    }
}

static void a_token_that_is_too_large_for_its_buffer_is_told(void **state)
{
    struct config config = config_for("EXAMPLE\\room", PASSWORD);
    struct auth_gss *gss = create(&config, AUTH_GSS_NTLM);
    struct buf token = BUF_INIT(10);
    struct channel_binding none = {0};
    struct err err = {""};

    (void)state;
    assert_int_equal(auth_gss_step(gss, slice_of(""), &none, &token, &err), AUTH_GSS_FAILED);
    assert_string_not_equal(err.text, "");
    buf_finish(&token);
    auth_gss_destroy(gss);
}

/* GSS-API reads its list of mechanisms once in a process: hence one of its own. */
static int without_mechanism(void)
{
    struct config config = config_for("EXAMPLE\\room", PASSWORD);
    struct buf token = BUF_INIT(AUTH_GSS_TOKEN_MAX);
    struct channel_binding none = {0};
    struct err err = {""};
    int wrong = 0;

    for (size_t k = 0; k < KINDS; k++) {
        struct auth_gss *gss = create(&config, kinds[k]);

        wrong += auth_gss_step(gss, slice_of(""), &none, &token, &err) != AUTH_GSS_NO_MECHANISM ||
                 !strstr(err.text, "gss-ntlmssp");
        auth_gss_destroy(gss);
    }
    buf_finish(&token);
    return wrong;
}

static void without_gss_ntlmssp_there_is_no_mechanism(void **state)
{
    const char *self = *state;
    pid_t child = fork();
    int status;

    if (child == 0) {
        (void)setenv("GSS_MECH_CONFIG", "/dev/null", 1);
        (void)execl(self, self, "without-mechanism", (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void there_is_no_kerberos_without_keytab_and_ticket(void **state)
{
    struct config config = config_for("room", PASSWORD);
    struct err err = {""};

    (void)state;
    assert_false(auth_gss_kerberos_available(&config, &err));
    assert_non_null(strstr(err.text, "KRB5_CLIENT_KTNAME"));
}

static void *log_in_often(void *context)
{
    enum auth_gss_kind kind = *(enum auth_gss_kind *)context;
    struct config config = config_for("EXAMPLE\\room", PASSWORD);
    struct auth_gss *gss = create(&config, kind);

    for (int i = 0; i < 20; i++) {
        char *user;

        assert_int_equal(
            log_in_with(gss, kind, "tls-server-end-point:abc", "tls-server-end-point:abc", &user),
            0);
        free(user);
    }
    auth_gss_destroy(gss);
    return NULL;
}

static void lanes_log_in_at_once(void **state)
{
    enum auth_gss_kind of[] = {AUTH_GSS_NTLM, AUTH_GSS_NEGOTIATE_NTLM, AUTH_GSS_NTLM};
    pthread_t threads[3];

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_in_often, &of[i]), 0);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void write_users(char *path)
{
    int fd = mkstemp(path);

    if (fd < 0 || write(fd, users, sizeof users - 1) != (ssize_t)sizeof users - 1 ||
        setenv("NTLM_USER_FILE", path, 1)) {
        perror("the user file");
        exit(1);
    }
    (void)close(fd);
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/roomcal-test-users-XXXXXX";
    int failed;

    if (argc > 1)
        return without_mechanism();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_with_a_domain_logs_in),
        cmocka_unit_test(a_user_without_a_domain_logs_in),
        cmocka_unit_test(a_upn_goes_out_whole_and_without_a_domain),
        cmocka_unit_test(a_wrong_password_is_refused_though_the_environment_has_the_right_one),
        cmocka_unit_test(an_unknown_user_is_refused),
        cmocka_unit_test(equal_bindings_pass_and_are_seen),
        cmocka_unit_test(another_binding_is_refused),
        cmocka_unit_test(a_server_can_tell_a_login_with_binding_from_one_without),
        cmocka_unit_test(one_object_logs_in_again_and_again),
        cmocka_unit_test(after_a_reset_the_servers_token_is_no_answer),
        cmocka_unit_test(rubbish_from_the_server_is_a_bad_token),
        cmocka_unit_test(ntlm_without_a_password_has_no_credential),
        cmocka_unit_test(a_token_that_is_too_large_for_its_buffer_is_told),
        cmocka_unit_test_prestate(without_gss_ntlmssp_there_is_no_mechanism, argv[0]),
        cmocka_unit_test(there_is_no_kerberos_without_keytab_and_ticket),
        cmocka_unit_test(lanes_log_in_at_once),
    };

    write_users(path);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
