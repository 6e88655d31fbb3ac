/* SPDX-License-Identifier: MIT */
/*
 * fuzz_intake — any bytes on the FastCGI socket, in pieces of any size
 *
 * The first byte chooses the sizes of pieces. The second says what the rest is: all that comes; or with PAIRS the content of
 * PARAMS records, of as many bytes each as the third byte says. With FULL there come first a begin and parameters
 * that leave but SPARE bytes of room.
 * Besides crashes: in any pieces it is the same; a whole request ends with its parameters, not earlier, and what follows it
 * changes nothing; pairs that libfcgi takes as they are make a whole request while there is room, and no others do; and
 * libfcgi, given what was kept as the responders do, has these very pairs.
 */
#include <fastcgi.h>
#include <fcgiapp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "fuzz.h"
#include "intake.h"

enum { PAIRS = 1, FULL = 2 };

#define ID      1
#define SPARE   512
#define RECORDS 4 /* with which FULL fills what is before SPARE, a pair each */
#define FILLING ((INTAKE_MAX - SPARE - 16) / RECORDS - 8)

enum { FULL_LENGTH = 16 + RECORDS * (FILLING + 8) };
_Static_assert(FULL_LENGTH == INTAKE_MAX - SPARE, "no rest where it is divided");

/* ---- what comes ------------------------------------------------------------------------------ */

static void put_record(struct buf *wire, int type, struct slice content, uint8_t padding)
{
    static const char zeros[UINT8_MAX];
    const FCGI_Header header = {
        .version = FCGI_VERSION_1,
        .type = (unsigned char)type,
        .requestIdB0 = ID,
        .contentLengthB1 = (unsigned char)(content.length >> 8),
        .contentLengthB0 = (unsigned char)content.length,
        .paddingLength = padding,
    };

    buf_append(wire, &header, sizeof header);
    buf_append(wire, content.at, content.length);
    buf_append(wire, zeros, padding);
}

static void put_begin(struct buf *wire)
{
    static const char body[] = {0, FCGI_RESPONDER, 0, 0, 0, 0, 0, 0};

    put_record(wire, FCGI_BEGIN_REQUEST, (struct slice){body, sizeof body}, 0);
}

static void put_filling(struct buf *wire)
{
    static char pair[FILLING] = {
        1, (char)0x80, 0, (char)((FILLING - 6) >> 8), (char)((FILLING - 6) & 0xFF), 'F'};

    memset(pair + 6, 'x', sizeof pair - 6);
    for (int i = 0; i < RECORDS; i++)
        put_record(wire, FCGI_PARAMS, (struct slice){pair, sizeof pair}, 0);
}

static void put_pairs(struct buf *wire, struct slice pairs, uint8_t most)
{
    while (pairs.length > 0)
        put_record(wire, FCGI_PARAMS, take(&pairs, most ? most : 1), most & 7);
    put_record(wire, FCGI_PARAMS, (struct slice){0}, most & 7);
}

static void put_wire(struct buf *wire, uint8_t how, uint8_t most, struct slice input)
{
    if (how & (PAIRS | FULL))
        put_begin(wire);
    if (how & FULL)
        put_filling(wire);
    if (how & PAIRS)
        put_pairs(wire, input, most);
    else
        buf_append(wire, input.at, input.length);
    must(buf_error(wire) == 0);
}

/* ---- in pieces ------------------------------------------------------------------------------- */

/* Sizes of pieces, and the next of them. What FULL puts in front comes in large ones. */
static size_t next_size(uint8_t *sizes, size_t left)
{
    *sizes = (uint8_t)(*sizes * 5 + 113);
    return left > SPARE * 16 ? SPARE * 16 : 1u + *sizes % 32;
}

static void feed_pieces(struct intake *intake, struct slice wire, uint8_t sizes)
{
    intake_init(intake);
    while (wire.length > 0) {
        struct slice piece = take(&wire, next_size(&sizes, wire.length));
        must(intake_add(intake, piece.at, piece.length) == intake->state);
    }
}

static void feed(struct intake *intake, struct slice wire)
{
    intake_init(intake);
    (void)intake_add(intake, wire.at, wire.length);
}

static void check_same(const struct intake *left, const struct intake *right)
{
    must(left->state == right->state);
    if (left->state == INTAKE_WHOLE)
        must(slice_equal(intake_records(left), intake_records(right)));
}

static void check_pieces(const struct intake *intake, struct slice wire, uint8_t sizes)
{
    struct intake other;

    feed_pieces(&other, wire, sizes);
    check_same(intake, &other);
    (void)intake_add(&other, "more", 4);
    if (intake->state != INTAKE_MORE)
        check_same(intake, &other);
    intake_finish(&other);
}

/* ---- a whole request ------------------------------------------------------------------------- */

static void check_end(const struct intake *intake)
{
    struct slice records = intake_records(intake);
    struct intake other;

    must(records.length <= INTAKE_MAX);
    feed(&other, records);
    check_same(intake, &other);
    intake_finish(&other);
    records.length--;
    feed(&other, records);
    must(other.state == INTAKE_MORE);
    intake_finish(&other);
}

/* ---- pairs ----------------------------------------------------------------------------------- */

struct pair {
    struct slice name, value;
};

static bool take_length(struct slice *rest, size_t *ret)
{
    size_t bytes = rest->length > 0 && (uint8_t)rest->at[0] >= 0x80 ? 4 : 1;
    size_t length = 0;

    if (rest->length < bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        length = length << 8 | take_byte(rest);
    *ret = bytes == 4 ? length & 0x7FFFFFFF : length;
    return true;
}

/* False: there is no whole one. */
static bool take_pair(struct slice *rest, struct pair *ret)
{
    size_t name;
    size_t value;

    if (!take_length(rest, &name) || !take_length(rest, &value) || rest->length < name + value)
        return false;
    *ret = (struct pair){take(rest, name), take(rest, value)};
    return true;
}

static bool holds(struct slice text, char byte)
{
    return text.length > 0 && memchr(text.at, byte, text.length);
}

static bool are_good(struct slice pairs)
{
    struct pair pair;

    while (pairs.length > 0) {
        if (!take_pair(&pairs, &pair) || pair.name.length == 0 || holds(pair.name, '=') ||
            holds(pair.name, '\0') || holds(pair.value, '\0'))
            return false;
    }
    return true;
}

/* What was made of them (put_pairs) is a whole request, if they are good and there is room. */
static void check_verdict(const struct intake *intake, const struct buf *wire, struct slice pairs)
{
    bool is_good = are_good(pairs) && wire->length <= INTAKE_MAX;

    must(intake->state == (is_good ? INTAKE_WHOLE : INTAKE_REFUSED));
}

/* ---- libfcgi --------------------------------------------------------------------------------- */

/* As fcgi/responders does. */
static bool parse(FCGX_Request *request, struct slice records)
{
    int file = memfd_create("request", MFD_CLOEXEC);

    must(file >= 0 && pwrite(file, records.at, records.length, 0) == (ssize_t)records.length);
    must(FCGX_InitRequest(request, -1, 0) == 0);
    request->ipcFd = file;
    request->keepConnection = 1;
    return FCGX_Accept_r(request) == 0;
}

/* Behind one of its own, which names the role. */
static void check_parameters(char **envp, struct slice pairs)
{
    struct pair pair;

    must(strncmp(*envp, "FCGI_ROLE=", 10) == 0);
    while (pairs.length > 0) {
        const char *text = *++envp;
        must(take_pair(&pairs, &pair) && text);
        must(strlen(text) == pair.name.length + 1 + pair.value.length);
        must(memcmp(text, pair.name.at, pair.name.length) == 0 && text[pair.name.length] == '=');
        must(pair.value.length == 0 ||
             memcmp(text + pair.name.length + 1, pair.value.at, pair.value.length) == 0);
    }
    must(!envp[1]);
}

/* A role that it does not know is its own to refuse. */
static void check_libfcgi(const struct intake *intake)
{
    struct slice records = intake_records(intake);
    struct slice body = {records.at + sizeof(FCGI_Header), sizeof(FCGI_BeginRequestBody)};
    struct slice params = {buf_text(&intake->params), intake->params.length};
    int role = take_byte(&body) << 8;
    FCGX_Request request;

    role |= take_byte(&body);
    bool is_known = role >= FCGI_RESPONDER && role <= FCGI_FILTER;
    must(parse(&request, records) == is_known);
    if (!is_known)
        return;
    must(request.role == role);
    must(are_good(params));
    check_parameters(request.envp, params);
    FCGX_Free(&request, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    uint8_t sizes = take_byte(&input);
    uint8_t how = take_byte(&input);
    uint8_t most = how & PAIRS ? take_byte(&input) : 0;
    struct buf wire = BUF_INIT(SIZE_MAX / 2);
    struct intake intake;

    must(FCGX_Init() == 0); /* once; then it does nothing */
    put_wire(&wire, how, most, input);
    struct slice whole = {wire.bytes, wire.length};
    feed(&intake, whole);
    check_pieces(&intake, whole, sizes);
    if (how & PAIRS)
        check_verdict(&intake, &wire, input);
    if (intake.state == INTAKE_WHOLE) {
        check_end(&intake);
        check_libfcgi(&intake);
    }
    intake_finish(&intake);
    buf_finish(&wire);
    return 0;
}
