/* SPDX-License-Identifier: MIT */
#include "ews/fault.h"

#include <string.h>

#include "unit.h"

static const struct fault *row(size_t i)
{
    size_t count;

    return &fault_rows(&count)[i];
}

static size_t row_count(void)
{
    size_t count;

    (void)fault_rows(&count);
    return count;
}

static void numbers_are_positive_and_ascending_and_so_unique(void **state)
{
    int last = 0;
    (void)state;

    for (size_t i = 0; i < row_count(); i++) {
        assert_true(row(i)->number > last);
        last = row(i)->number;
    }
}

static void codes_are_unique_words(void **state)
{
    (void)state;

    for (size_t i = 0; i < row_count(); i++) {
        assert_true(strspn(row(i)->code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789_") == strlen(row(i)->code));
        for (size_t k = i + 1; k < row_count(); k++)
            assert_string_not_equal(row(i)->code, row(k)->code);
    }
}

static void every_message_is_a_sentence(void **state)
{
    (void)state;

    for (size_t i = 0; i < row_count(); i++) {
        const char *message = row(i)->message;
        size_t length = strlen(message);

        assert_true(length > 20);
        assert_true(message[length - 1] == '.');
        assert_null(strstr(message, "  "));
    }
}

static void every_row_is_found_by_number_and_by_code(void **state)
{
    (void)state;

    for (size_t i = 0; i < row_count(); i++) {
        assert_ptr_equal(fault_by_number(row(i)->number), row(i));
        assert_ptr_equal(fault_by_code(slice_of(row(i)->code)), row(i));
    }
}

static void a_number_without_a_row_has_no_fault(void **state)
{
    (void)state;

    assert_null(fault_by_number(0));
    assert_null(fault_by_number(-1));
    assert_null(fault_by_number(INT64_MAX));
}

static void a_number_of_another_version_is_told_as_such(void **state)
{
    (void)state;
    assert_ptr_equal(fault_as_noted(row(0)->number), row(0));
    assert_string_equal(fault_as_noted(INT64_MAX)->code, "unknown");
    assert_non_null(strstr(fault_as_noted(INT64_MAX)->message, "another version"));
}

static void an_unknown_code_is_retried_for_the_room(void **state)
{
    static const char *const codes[] = {"ErrorFromTheFuture", "", "errorserverbusy"};
    (void)state;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        const struct fault *fault = fault_by_code(slice_of(codes[i]));

        assert_string_equal(fault->code, "unknown_response_code");
        assert_int_equal(fault->scope, FAULT_OF_ROOM);
        assert_int_equal(fault->action, FAULT_RETRY);
    }
}

static void the_codes_that_decide_most_do_what_they_should(void **state)
{
    static const struct {
        const char *code;
        enum fault_scope scope;
        enum fault_action action;
    } rows[] = {
        {"ErrorServerBusy", FAULT_OF_ACCOUNT, FAULT_REST},
        {"ErrorExceededConnectionCount", FAULT_OF_ACCOUNT, FAULT_NARROW},
        {"ErrorTooManyObjectsOpened", FAULT_OF_ACCOUNT, FAULT_NARROW},
        {"ErrorExceededSubscriptionCount", FAULT_OF_ACCOUNT, FAULT_REST},
        {"http_429", FAULT_OF_ACCOUNT, FAULT_REST},
        {"ErrorInternalServerError", FAULT_OF_ROOM, FAULT_RETRY},
        {"ErrorMailboxMoveInProgress", FAULT_OF_ROOM, FAULT_RETRY},
        {"ErrorFolderNotFound", FAULT_OF_ROOM, FAULT_GIVE_UP},
        {"ErrorItemNotFound", FAULT_OF_ROOM, FAULT_GIVE_UP},
        {"ErrorNonExistentMailbox", FAULT_OF_ROOM, FAULT_GIVE_UP},
        {"ErrorExceededFindCountLimit", FAULT_OF_REQUEST, FAULT_SPLIT},
        {"ErrorCalendarViewRangeTooBig", FAULT_OF_REQUEST, FAULT_SPLIT},
        {"reply_list_truncated", FAULT_OF_REQUEST, FAULT_SPLIT},
        {"ErrorPasswordExpired", FAULT_OF_ACCOUNT, FAULT_STOP},
        {"http_401", FAULT_OF_ACCOUNT, FAULT_STOP},
        /* may be a proxy's page that passes */
        {"too_large", FAULT_OF_ROOM, FAULT_RETRY},
        {"reply_too_deep", FAULT_OF_ROOM, FAULT_RETRY},
        {"reply_too_many_attributes", FAULT_OF_ROOM, FAULT_RETRY},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct fault *fault = fault_by_code(slice_of(rows[i].code));

        assert_string_equal(fault->code, rows[i].code);
        assert_int_equal(fault->scope, rows[i].scope);
        assert_int_equal(fault->action, rows[i].action);
    }
}

static void every_http_status_has_a_fault(void **state)
{
    static const struct {
        int status;
        const char *code;
    } rows[] = {
        {100, "http_unexpected"}, {204, "http_unexpected"},  {302, "http_3xx"},
        {401, "http_401"},        {403, "http_403"},         {404, "http_404"},
        {418, "http_4xx"},        {429, "http_429"},         {440, "http_440"},
        {500, "http_500"},        {503, "http_503"},         {507, "http_5xx"},
        {0, "http_unexpected"},   {-500, "http_unexpected"}, {999, "http_unexpected"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(fault_by_http_status(rows[i].status)->code, rows[i].code);
}

static void every_transport_failure_has_a_fault_of_its_own(void **state)
{
    static const struct {
        enum transport_result result;
        const char *code;
    } rows[] = {
        {TRANSPORT_UNREACHABLE, "unreachable"},
        {TRANSPORT_TLS, "tls"},
        {TRANSPORT_TIMEOUT, "timeout"},
        {TRANSPORT_CUT, "cut"},
        {TRANSPORT_TOO_LARGE, "too_large"},
        {TRANSPORT_MEMORY, "no_memory"},
        {TRANSPORT_TLS_EXPIRED, "tls_expired"},
        {TRANSPORT_TLS_NOT_YET_VALID, "tls_not_yet_valid"},
        {TRANSPORT_TLS_WRONG_HOST, "tls_wrong_host"},
        {TRANSPORT_TLS_SELF_SIGNED, "tls_self_signed"},
        {TRANSPORT_TLS_UNKNOWN_AUTHORITY, "tls_unknown_authority"},
        {TRANSPORT_TLS_WEAK, "tls_weak"},
        {TRANSPORT_TLS_OLD, "tls_old"},
        {TRANSPORT_TLS_NONE, "tls_none"},
        {TRANSPORT_TLS_CLIENT_WANTED, "tls_client_wanted"},
        {TRANSPORT_TLS_CLIENT_REFUSED, "tls_client_refused"},
        {TRANSPORT_TLS_CLIENT_FILES, "tls_client_files"},
        {TRANSPORT_TLS_CA_FILE, "tls_ca_file"},
        {TRANSPORT_PROXY_UNREACHABLE, "proxy_unreachable"},
        {TRANSPORT_PROXY_TLS, "proxy_tls"},
        {TRANSPORT_PROXY_LOGIN, "proxy_login"},
        {TRANSPORT_PROXY_REFUSED, "proxy_refused"},
        {TRANSPORT_PROXY_NO_WAY, "proxy_no_way"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(fault_by_transport(rows[i].result)->code, rows[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_positive_and_ascending_and_so_unique),
        cmocka_unit_test(codes_are_unique_words),
        cmocka_unit_test(every_message_is_a_sentence),
        cmocka_unit_test(every_row_is_found_by_number_and_by_code),
        cmocka_unit_test(a_number_without_a_row_has_no_fault),
        cmocka_unit_test(a_number_of_another_version_is_told_as_such),
        cmocka_unit_test(an_unknown_code_is_retried_for_the_room),
        cmocka_unit_test(the_codes_that_decide_most_do_what_they_should),
        cmocka_unit_test(every_http_status_has_a_fault),
        cmocka_unit_test(every_transport_failure_has_a_fault_of_its_own),
    };

    return cmocka_run_group_tests_name("ews/fault", tests, NULL, NULL);
}
