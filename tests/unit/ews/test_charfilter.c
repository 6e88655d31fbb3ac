/* SPDX-License-Identifier: MIT */
#include "ews/charfilter.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "unit.h"

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

/* Feeds in pieces of `chunk` bytes; the caller finishes the buffer. */
static struct buf filtered(const char *input, size_t length, size_t chunk)
{
    struct buf out = BUF_INIT(1u << 20);
    struct charfilter filter;

    charfilter_init(&filter);
    for (size_t at = 0; at < length; at += chunk)
        charfilter_feed(&filter, input + at, length - at < chunk ? length - at : chunk, &out);
    charfilter_end(&filter, &out);
    assert_int_equal(buf_error(&out), 0);
    return out;
}

static const size_t chunks[] = {1, 2, 3, 5, 7, 1u << 20};
#define CHUNK_COUNT (sizeof chunks / sizeof chunks[0])

static void assert_filtered(const char *input, size_t length, const char *expected)
{
    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        struct buf out = filtered(input, length, chunks[i]);

        assert_string_equal(buf_text(&out), expected);
        assert_int_equal(out.length, strlen(expected));
        buf_finish(&out);
    }
}

struct row {
    const char *input, *expected;
};

static void assert_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_filtered(rows[i].input, strlen(rows[i].input), rows[i].expected);
}

#define ASSERT_ROWS(rows) assert_rows(rows, sizeof(rows) / sizeof(rows)[0])

static void what_is_well_formed_passes_byte_for_byte(void **state)
{
    static const char *const texts[] = {
        "<?xml version=\"1.0\"?>\r\n<a b='1'>plain - ] > ? text\t</a>",
        "<a>Stra\xC3\x9F"
        "e \xE2\x82\xAC \xF0\x9F\x98\x80 \xEE\x80\x80 \xF4\x8F\xBF\xBF</a>",
        "<a>&amp;&lt;&gt;&quot;&apos;&#65;&#x41;&#x00041;&#9;&#xA;&#xD;&#xD7FF;&#xE000;&#xFFFD;&#"
        "x10FFFF;</a>",
        "<a>\x7F\xC2\x85</a>",
        "<a><!-- - -- ---><?pi ? ?><![CDATA[]]]]><![CDATA[>]]></a>",
        "<a",
        "",
    };
    (void)state;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_filtered(texts[i], strlen(texts[i]), texts[i]);
}

static void a_reference_to_a_forbidden_character_becomes_the_replacement(void **state)
{
    static const struct row rows[] = {
        {"<a>CASEBR&#x1A;S</a>", "<a>CASEBR" BAD "S</a>"},
        {"<a>&#0;&#x0;&#x11;&#000031;</a>", "<a>" BAD BAD BAD BAD "</a>"},
        {"<a b='&#8;'/>", "<a b='" BAD "'/>"},
        {"<a>&#xFFFE;&#65535;</a>", "<a>" BAD BAD "</a>"},
        {"<a>&#x110000;&#99999999999999999999;&#xfffffffff41;</a>", "<a>" BAD BAD BAD "</a>"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void a_pair_of_surrogate_references_becomes_one_character(void **state)
{
    static const struct row rows[] = {
        {"<a>&#xD83D;&#xDE00;</a>", "<a>\xF0\x9F\x98\x80</a>"},
        {"<a>&#55357;&#56832;</a>", "<a>\xF0\x9F\x98\x80</a>"},
        {"<a>&#xd800;&#xdc00;&#xDBFF;&#xDFFF;</a>", "<a>\xF0\x90\x80\x80\xF4\x8F\xBF\xBF</a>"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void a_lone_surrogate_becomes_the_replacement(void **state)
{
    static const struct row rows[] = {
        {"<a>&#xD83D;x</a>", "<a>" BAD "x</a>"},
        {"<a>&#xD83D;</a>", "<a>" BAD "</a>"},
        {"<a>&#xDE00;x</a>", "<a>" BAD "x</a>"},
        {"<a>&#xDE00;&#xD83D;</a>", "<a>" BAD BAD "</a>"},
        {"<a>&#xD83D;&#xD83D;&#xDE00;</a>", "<a>" BAD "\xF0\x9F\x98\x80</a>"},
        {"<a>&#xD83D;&#65;</a>", "<a>" BAD "&#65;</a>"},
        {"<a>&#xD83D;&amp;&#xDE00;</a>", "<a>" BAD "&amp;" BAD "</a>"},
        {"<a>&#xD83D;&#1;</a>", "<a>" BAD BAD "</a>"},
        {"<a>&#xD83D;&nbsp;</a>", "<a>" BAD BAD "</a>"},
        {"<a>&#xD83D;\xFF</a>", "<a>" BAD BAD "</a>"},
        {"<a>&#xD83D;", "<a>" BAD},
        {"<a>&#xD83D;&#xDE0", "<a>" BAD "&amp;#xDE0"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void a_foreign_entity_becomes_the_replacement(void **state)
{
    static const struct row rows[] = {
        {"<a>one&nbsp;two&frac12;</a>", "<a>one" BAD "two" BAD "</a>"},
        {"<a>&AMP;&ampx;</a>", "<a>" BAD BAD "</a>"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void an_ampersand_that_begins_no_reference_is_escaped(void **state)
{
    static const struct row rows[] = {
        {"<a>A & B</a>", "<a>A &amp; B</a>"},
        {"<a>&;&#;&#x;&#xZ;&#1a;&a#b;&1;</a>",
         "<a>&amp;;&amp;#;&amp;#x;&amp;#xZ;&amp;#1a;&amp;a#b;&amp;1;</a>"},
        {"<a>&amp</a>", "<a>&amp;amp</a>"},
        {"<a>&&lt;&#x&#65;</a>", "<a>&amp;&lt;&amp;#x&#65;</a>"},
        {"<a>&#6\xC3\xA4</a>", "<a>&amp;#6\xC3\xA4</a>"},
        {"<a>&", "<a>&amp;"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

/* "&", then `head`, `zeros` zeros and `tail`. */
static void append_reference(struct buf *buf, const char *head, size_t zeros, const char *tail)
{
    buf_append_text(buf, head);
    for (size_t i = 0; i < zeros; i++)
        buf_append_char(buf, '0');
    buf_append_text(buf, tail);
}

static void leading_zeros_beyond_the_limit_are_dropped(void **state)
{
    static const struct {
        const char *head, *tail;
        size_t zeros, kept;
    } rows[] = {
        {"&#", "65;", CHARFILTER_ZEROS_MAX, CHARFILTER_ZEROS_MAX},
        {"&#", "65;", CHARFILTER_ZEROS_MAX + 1, CHARFILTER_ZEROS_MAX},
        {"&#x", "10FFfd;", CHARFILTER_ZEROS_MAX, CHARFILTER_ZEROS_MAX},
        {"&#x", "100000;", 5000, CHARFILTER_ZEROS_MAX},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf input = BUF_INIT(1u << 16);
        struct buf expected = BUF_INIT(1u << 16);

        append_reference(&input, rows[i].head, rows[i].zeros, rows[i].tail);
        append_reference(&expected, rows[i].head, rows[i].kept, rows[i].tail);
        assert_filtered(buf_text(&input), input.length, buf_text(&expected));
        buf_finish(&input);
        buf_finish(&expected);
    }
}

static void a_forbidden_reference_is_found_behind_any_number_of_zeros(void **state)
{
    struct buf input = BUF_INIT(1u << 16);
    (void)state;

    append_reference(&input, "&#x", 6000, "1A;&#");
    append_reference(&input, "", 40, ";");
    assert_filtered(buf_text(&input), input.length, BAD BAD);
    buf_finish(&input);
}

/* "&nnn…;" with so many bytes before the ';'. */
static void append_name(struct buf *buf, const char *ampersand, size_t length)
{
    buf_append_text(buf, ampersand);
    for (size_t i = 1; i < length; i++)
        buf_append_char(buf, 'n');
    buf_append_char(buf, ';');
}

static void a_reference_longer_than_the_limit_counts_as_none(void **state)
{
    struct buf input = BUF_INIT(1000);
    struct buf expected = BUF_INIT(1000);
    (void)state;

    append_name(&input, "&", CHARFILTER_HELD_MAX - 1);
    assert_filtered(input.bytes, input.length, BAD);

    buf_clear(&input);
    append_name(&input, "&", CHARFILTER_HELD_MAX);
    append_name(&expected, "&amp;", CHARFILTER_HELD_MAX);
    assert_filtered(input.bytes, input.length, buf_text(&expected));
    buf_finish(&input);
    buf_finish(&expected);
}

static void in_sections_references_are_text(void **state)
{
    static const struct row rows[] = {
        {"<a><![CDATA[&#x1A;&nbsp;& < <!-- ]]>&#x1A;</a>",
         "<a><![CDATA[&#x1A;&nbsp;& < <!-- ]]>" BAD "</a>"},
        {"<a><!-- &#1; <![CDATA[ --->&#1;</a>", "<a><!-- &#1; <![CDATA[ --->" BAD "</a>"},
        {"<?xml x='&#1;'?>&#1;", "<?xml x='&#1;'?>" BAD},
        {"<a><?pi &#1; ?\?>&#1;<!&#1;", "<a><?pi &#1; ?\?>" BAD "<!" BAD},
        {"<a><![CDATA[]]]]>&#1;]]></a>", "<a><![CDATA[]]]]>" BAD "]]></a>"},
        {"<a><![CDATA[] ]>]\x01]>&#1;]]>&#1;</a>", "<a><![CDATA[] ]>]" BAD "]>&#1;]]>" BAD "</a>"},
        {"<a><![CDATA[]]\xC3\xA4>]\xFF]>&#1;]]></a>",
         "<a><![CDATA[]]\xC3\xA4>]" BAD "]>&#1;]]></a>"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void what_only_looks_like_a_section_is_none(void **state)
{
    static const struct row rows[] = {
        {"<![CDAT[&#1;", "<![CDAT[" BAD},
        {"<!-&#1;<![CDATA&#1;", "<!-" BAD "<![CDATA" BAD},
        {"<<!&#1;<&#1;", "<<!" BAD "<" BAD},
        {"<a><![CDATA", "<a><![CDATA"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void each_maximal_part_of_ill_formed_utf8_becomes_one_replacement(void **state)
{
    static const struct row rows[] = {
        {"<a>\xFF\xFE\x80\xC0\xAF</a>", "<a>" BAD BAD BAD BAD BAD "</a>"},
        {"<a>\xE2\x82"
         "x</a>",
         "<a>" BAD "x</a>"},
        {"<a>\xF0\x9F\x98<b/>", "<a>" BAD "<b/>"},
        {"<a>\xE2\x82\xC3\xA4</a>", "<a>" BAD "\xC3\xA4</a>"},
        {"<a>\xED\xA0\xBD</a>", "<a>" BAD BAD BAD "</a>"}, /* a surrogate, as CESU-8 writes it */
        {"<a>\xE0\x80\x80\xF0\x80\xF4\x90</a>", "<a>" BAD BAD BAD BAD BAD BAD BAD "</a>"},
        {"<a>\xC3", "<a>" BAD},
        {"<a>\xF0\x9F\x98", "<a>" BAD},
        {"<a>\xC3&#65;", "<a>" BAD "&#65;"},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void a_raw_forbidden_character_becomes_the_replacement(void **state)
{
    static const struct row rows[] = {
        {"<a>\x01\x1F\x0B\t\r\n</a>", "<a>" BAD BAD BAD "\t\r\n</a>"},
        {"<a>\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD</a>", "<a>" BAD BAD BAD "</a>"},
        {"<a><![CDATA[\x1A]]></a>", "<a><![CDATA[" BAD "]]></a>"},
    };
    (void)state;

    ASSERT_ROWS(rows);
    assert_filtered("<a>\0</a>", 8, "<a>" BAD "</a>");
}

static void white_space_and_a_mark_before_the_declaration_are_dropped(void **state)
{
    static const struct row rows[] = {
        {"\r\n<?xml?>", "<?xml?>"},
        {"\xEF\xBB\xBF<?xml?>", "<?xml?>"},
        {"\xEF\xBB\xBF \r\n\t<a> </a> ", "<a> </a> "},
        {" \xEF\xBB\xBF<a/>", "<a/>"},
        {"\xEF\xBBx", BAD "x"},
        {"\xEF\xBF\xBD", BAD},
        {"\xFEx", BAD "x"},
        {"\xEF", BAD},
        {" \n", ""},
    };
    (void)state;

    ASSERT_ROWS(rows);
}

static void utf16_passes_unchanged(void **state)
{
    static const char little[] = "\xFF\xFE<\0a\0>\0\x1A\0";
    static const char big[] = "\xFE\xFF\0<\0a\0>\0&\0#";
    (void)state;

    for (size_t i = 0; i < CHUNK_COUNT; i++) {
        struct buf out = filtered(little, sizeof little - 1, chunks[i]);
        assert_int_equal(out.length, sizeof little - 1);
        assert_memory_equal(out.bytes, little, sizeof little - 1);
        buf_finish(&out);

        out = filtered(big, sizeof big - 1, chunks[i]);
        assert_int_equal(out.length, sizeof big - 1);
        assert_memory_equal(out.bytes, big, sizeof big - 1);
        buf_finish(&out);
    }
}

static void the_output_never_grows_beyond_its_bound(void **state)
{
    char input[1000];
    struct buf out = BUF_INIT(CHARFILTER_GROWTH(sizeof input));
    struct charfilter filter;
    (void)state;

    memset(input, '&', sizeof input);
    charfilter_init(&filter);
    charfilter_feed(&filter, "<a>&#xD800;&#0000000000000000000000000000000000000000000065", 56,
                    &out);
    buf_clear(&out);
    charfilter_feed(&filter, input, sizeof input, &out);
    assert_int_equal(buf_error(&out), 0);
    buf_finish(&out);
}

/* ---- random content ---- */

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Pieces that are trouble next to one another; no '<' and no "]]>", which are markup. */
static void append_trouble(struct buf *buf, uint32_t random)
{
    static const char *const pieces[] = {
        "&#x1A;",
        "&#",
        "x",
        "&#xD83D;",
        "&#xDE00;",
        "&#56832;",
        "&amp;",
        "&nbsp;",
        "&",
        ";",
        "0",
        "65",
        "&#0000",
        "\xED\xA0\xBD",
        "\xEF\xBF\xBE",
        "\xE2\x82\xAC",
        "\xE2",
        "\x82",
        "\xF0\x9F\x98\x80",
        "text ",
    };
    const size_t count = sizeof pieces / sizeof pieces[0];

    if (random % 4) {
        buf_append_text(buf, pieces[random / 4 % count]);
        return;
    }
    char byte = (char)(random >> 8);
    if (byte != '<' && byte != '>')
        buf_append_char(buf, byte);
}

static void random_content(uint32_t seed, struct buf *out)
{
    buf_append_text(out, "<a b='1'>");
    for (int i = 0; i < 60; i++)
        append_trouble(out, next_random(&seed));
    buf_append_text(out, "</a>");
}

static void assert_expat_accepts(const struct buf *document, uint32_t seed)
{
    XML_Parser parser = XML_ParserCreate(NULL);

    assert_non_null(parser);
    if (XML_Parse(parser, document->bytes, (int)document->length, XML_TRUE) != XML_STATUS_OK)
        fail_msg("seed %u: %s: %s", seed, XML_ErrorString(XML_GetErrorCode(parser)),
                 buf_text(document));
    XML_ParserFree(parser);
}

static void any_content_is_accepted_by_expat_and_is_the_same_in_any_chunks(void **state)
{
    (void)state;

    for (uint32_t seed = 1; seed <= 3000; seed++) {
        struct buf input = BUF_INIT(1u << 16);

        random_content(seed, &input);
        struct buf whole = filtered(input.bytes, input.length, input.length);
        assert_expat_accepts(&whole, seed);
        for (size_t i = 0; i < CHUNK_COUNT; i++) {
            struct buf pieces = filtered(input.bytes, input.length, chunks[i]);
            assert_int_equal(pieces.length, whole.length);
            assert_memory_equal(pieces.bytes, whole.bytes, whole.length);
            buf_finish(&pieces);
        }
        buf_finish(&whole);
        buf_finish(&input);
    }
}

static void filtering_twice_changes_nothing_more(void **state)
{
    (void)state;

    for (uint32_t seed = 1; seed <= 300; seed++) {
        struct buf input = BUF_INIT(1u << 16);

        random_content(seed, &input);
        struct buf once = filtered(input.bytes, input.length, input.length);
        assert_filtered(once.bytes, once.length, once.bytes);
        buf_finish(&once);
        buf_finish(&input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_well_formed_passes_byte_for_byte),
        cmocka_unit_test(a_reference_to_a_forbidden_character_becomes_the_replacement),
        cmocka_unit_test(a_pair_of_surrogate_references_becomes_one_character),
        cmocka_unit_test(a_lone_surrogate_becomes_the_replacement),
        cmocka_unit_test(a_foreign_entity_becomes_the_replacement),
        cmocka_unit_test(an_ampersand_that_begins_no_reference_is_escaped),
        cmocka_unit_test(leading_zeros_beyond_the_limit_are_dropped),
        cmocka_unit_test(a_forbidden_reference_is_found_behind_any_number_of_zeros),
        cmocka_unit_test(a_reference_longer_than_the_limit_counts_as_none),
        cmocka_unit_test(in_sections_references_are_text),
        cmocka_unit_test(what_only_looks_like_a_section_is_none),
        cmocka_unit_test(each_maximal_part_of_ill_formed_utf8_becomes_one_replacement),
        cmocka_unit_test(a_raw_forbidden_character_becomes_the_replacement),
        cmocka_unit_test(white_space_and_a_mark_before_the_declaration_are_dropped),
        cmocka_unit_test(utf16_passes_unchanged),
        cmocka_unit_test(the_output_never_grows_beyond_its_bound),
        cmocka_unit_test(any_content_is_accepted_by_expat_and_is_the_same_in_any_chunks),
        cmocka_unit_test(filtering_twice_changes_nothing_more),
    };

    return cmocka_run_group_tests_name("ews/charfilter", tests, NULL, NULL);
}
