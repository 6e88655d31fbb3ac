/* SPDX-License-Identifier: MIT */
#include "ews/xml_name.h"

#include "unit.h"

#define TYPES_NS "http://schemas.microsoft.com/exchange/services/2006/types"

static void a_name_is_split_into_namespace_and_local_name(void **state)
{
    static const struct {
        const char *expanded;
        enum xml_namespace namespace;
        const char *local;
    } rows[] = {
        {"http://schemas.xmlsoap.org/soap/envelope/\nBody", XML_SOAP, "Body"},
        {"http://schemas.microsoft.com/exchange/services/2006/messages\nRooms", XML_MESSAGES,
         "Rooms"},
        {TYPES_NS "\nRoom", XML_TYPES, "Room"},
        {TYPES_NS "2\nRoom", XML_OTHER, "Room"},
        {"urn:other\nRoom", XML_OTHER, "Room"},
        {"Room", XML_OTHER, "Room"},
        {TYPES_NS, XML_OTHER, TYPES_NS},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct xml_name name = xml_name_split(rows[i].expanded);
        assert_int_equal(name.namespace, rows[i].namespace);
        assert_true(slice_is(name.local, rows[i].local));
    }
}

static void an_attribute_is_found_by_its_local_name(void **state)
{
    const char *attributes[] = {"Id", "a", TYPES_NS "\nKind", "b", "Kind", "c", NULL};
    const char *none[] = {NULL};
    (void)state;

    assert_string_equal(xml_attribute(attributes, "Id"), "a");
    assert_string_equal(xml_attribute(attributes, "Kind"), "b");
    assert_string_equal(xml_attribute(attributes, "a"), "");
    assert_string_equal(xml_attribute(none, "Id"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_split_into_namespace_and_local_name),
        cmocka_unit_test(an_attribute_is_found_by_its_local_name),
    };

    return cmocka_run_group_tests_name("ews/xml_name", tests, NULL, NULL);
}
