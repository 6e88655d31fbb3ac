# SPDX-License-Identifier: MIT
"""Every fault on request does what its line in the table says, and the counters tell what happened."""
import gzip
import http.client
import re
import socket
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim import BASIC, MESSAGES, TYPES, YEAR, Sim, SimError, answer, codes, envelope, find_item, get_folder, get_item, post, shape
from waiting import DEADLINE_S

SUBJECTS = shape("IdOnly", "item:Subject")


@pytest.fixture(scope="module")
def server():
    with Sim("--rooms", "3", "--items", "40", "--window", "2026-01-01..2026-12-01", "--xml-clean") as one:
        yield one
        assert one.errors() == ""


@pytest.fixture
def sim(server):
    yield server
    server.clear_faults()
    server.settings(latency_ms=0, gzip=True, bom=False, chunked=False, organizer_address=True)
    server.reset_counters()


def ask(sim, room="r001", body=None, **headers):
    """(status, headers, bytes) of a FindItem for one room."""
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)
    try:
        connection.request("POST", "/EWS/Exchange.asmx", envelope(body or find_item(SUBJECTS, room)).encode(),
                           {"Content-Type": "text/xml; charset=utf-8", "Authorization": BASIC, **headers})
        reply = connection.getresponse()
        return reply.status, reply.headers, reply.read()
    finally:
        connection.close()


def subjects(data):
    """The subjects of a reply, by a parser that knows no pardon."""
    return [element.text for element in ElementTree.fromstring(data).iter(f"{{{TYPES}}}Subject")]


def test_a_response_code_is_answered_for_its_room_only(sim):
    sim.fault("response-code", code="ErrorMailboxMoveInProgress", room="R002")
    assert codes(answer(sim, find_item(SUBJECTS, "r001", "r002", "r003"))) == [
        "NoError", "ErrorMailboxMoveInProgress", "NoError"]


def test_a_response_code_can_carry_an_inner_code(sim):
    sim.fault("response-code", code="ErrorInternalServerError", values={"InnerErrorResponseCode": "ErrorServerBusy"})
    text = answer(sim, get_folder(shape(name="FolderShape"), "r001"))
    assert '<t:Value Name="InnerErrorResponseCode">ErrorServerBusy</t:Value>' in text


def test_a_response_code_can_spare_the_first_of_a_batch(sim):
    ids = [item["id"] for item in sim.items("R001")][:4]
    sim.fault("response-code", operation="GetItem", code="ErrorBatchProcessingStopped", after=3)
    assert codes(answer(sim, get_item(SUBJECTS, ids))) == ["NoError"] * 3 + ["ErrorBatchProcessingStopped"]


def test_a_response_code_can_concern_single_items(sim):
    """As when an item vanishes between FindItem and GetItem."""
    ids = [item["id"] for item in sim.items("R001")][:3]
    sim.fault("response-code", operation="GetItem", code="ErrorItemNotFound", items=[ids[1]])
    assert codes(answer(sim, get_item(SUBJECTS, ids))) == ["NoError", "ErrorItemNotFound", "NoError"]


def test_a_fault_over_a_size_spares_smaller_requests(sim):
    ids = [item["id"] for item in sim.items("R001")][:4]
    sim.fault("response-code", operation="GetItem", code="ErrorServerBusy", over=2)
    assert codes(answer(sim, get_item(SUBJECTS, ids[:2]))) == ["NoError"] * 2
    assert codes(answer(sim, get_item(SUBJECTS, ids[:3]))) == ["ErrorServerBusy"] * 3


def test_counters_tell_how_many_items_were_asked_for(sim):
    ids = {room: [item["id"] for item in sim.items(room)] for room in ("R001", "R002")}
    answer(sim, get_item(SUBJECTS, ids["R001"][:5] + ids["R002"][:1]))
    answer(sim, get_item(SUBJECTS, ids["R001"][:1]))
    counters = sim.counters()
    assert counters["get_items"] == 7
    assert counters["items_asked"] == {"r001@example.org": 6, "r002@example.org": 1}


def test_a_fault_of_two_times_is_gone_at_the_third_request(sim):
    sim.fault("http-status", status=503, headers={"Retry-After": "7"}, times=2)
    seen = [ask(sim) for _ in range(3)]
    assert [status for status, _, _ in seen] == [503, 503, 200]
    assert seen[0][1]["Retry-After"] == "7"


def test_a_fault_for_one_operation_spares_the_others(sim):
    sim.fault("soap-fault", operation="GetFolder", code="ErrorServerBusy", back_off_ms=1234)
    assert ask(sim)[0] == 200
    status, text = post(sim, envelope(get_folder(shape(name="FolderShape"), "r001")))
    assert status == 500 and '<t:Value Name="BackOffMilliseconds">1234</t:Value>' in text


def test_a_page_of_html_can_come_with_status_200(sim):
    sim.fault("html")
    status, headers, data = ask(sim)
    assert (status, headers.get_content_type()) == (200, "text/html") and b"<html>" in data


def test_a_stalled_request_is_answered_after_release_and_not_before(sim):
    sim.fault("stall", times=1)
    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(ask, sim)
        sim.wait(stalled=1)
        assert ask(sim, "r002")[0] == 200
        assert not held.done()
        sim.release()
        assert held.result(timeout=DEADLINE_S)[0] == 200


def test_a_reply_stalled_within_has_sent_its_first_half(sim):
    sim.fault("stall-within", times=1)
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)
    connection.request("POST", "/EWS/Exchange.asmx", envelope(find_item(SUBJECTS, "r001")).encode(),
                       {"Content-Type": "text/xml", "Authorization": BASIC})
    reply = connection.getresponse()
    half = reply.length // 2
    first = reply.read(half)
    sim.wait(stalled=1)
    sim.release()
    assert len(subjects(first + reply.read())) == 40
    connection.close()


def test_a_truncated_reply_ends_early(sim):
    for options in ({}, {"chunked": True}):
        sim.fault("truncate", times=1, **options)
        with pytest.raises(http.client.IncompleteRead):
            ask(sim)


def test_a_reset_reply_ends_in_a_connection_reset(sim):
    sim.fault("reset", times=1)
    with pytest.raises(ConnectionResetError):
        ask(sim)


@pytest.mark.parametrize("kind", ("drip", "bom", "cdata", "prefixes", "huge"))
def test_a_reply_that_is_merely_odd_is_still_the_same_to_a_parser(sim, kind):
    plain = subjects(ask(sim)[2])
    sim.fault(kind, **{"drip": {"bytes": 4096, "interval_ms": 0}, "huge": {"bytes": 1}}.get(kind, {}))
    assert subjects(ask(sim)[2])[:40] == plain


def test_utf_16_is_declared_and_delivered(sim):
    plain = subjects(ask(sim)[2])
    sim.fault("utf-16")
    _, headers, data = ask(sim)
    assert headers.get_param("charset") == "utf-16" and data[:2] == b"\xff\xfe"
    assert subjects(data) == plain


@pytest.mark.parametrize("kind", ("bad-references", "bad-utf8", "leading-space"))
def test_a_reply_that_is_no_xml_is_refused_by_a_parser_without_pardon(sim, kind):
    sim.fault(kind)
    with pytest.raises(ElementTree.ParseError):
        subjects(ask(sim)[2])


def test_a_doctype_bomb_declares_entities_that_grow_tenfold(sim):
    sim.fault("doctype-bomb")
    data = ask(sim)[2]
    assert data.count(b"<!ENTITY") == 10 and b"<t:Subject>&a9;" in data


def test_a_gzip_bomb_is_a_thousand_times_smaller_than_what_comes_out(sim):
    sim.fault("gzip-bomb", megabytes=20)
    _, headers, data = ask(sim, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip" and len(data) < 40_000
    assert len(gzip.decompress(data)) > 20_000_000


def test_a_deep_reply_nests_as_deep_as_asked(sim):
    sim.fault("deep", levels=5000)
    assert ask(sim)[2].count(b"<t:Items>") >= 5000


def test_an_endless_reply_goes_on_until_the_client_hangs_up(sim):
    sim.fault("endless", times=1)
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)
    connection.request("POST", "/EWS/Exchange.asmx", envelope(find_item(SUBJECTS, "r001")).encode(),
                       {"Content-Type": "text/xml", "Authorization": BASIC})
    reply = connection.getresponse()
    assert len(reply.read(3_000_000)) == 3_000_000
    connection.close()
    reply.close()
    sim.wait(answered=1)
    assert ask(sim)[0] == 200


def test_a_huge_reply_has_the_size_asked_for_and_no_id_twice(sim):
    sim.fault("huge", bytes=2_000_000)
    data = ask(sim)[2]
    ids = re.findall(rb'<t:ItemId Id="([^"]*)"', data)
    assert len(data) >= 2_000_000 and len(ids) == len(set(ids)) == len(subjects(data))


def test_another_content_type_is_sent(sim):
    sim.fault("content-type", type="text/plain")
    assert ask(sim)[1].get_content_type() == "text/plain"


def test_an_unknown_fault_or_option_is_refused_with_the_list_of_those_there_are(sim):
    with pytest.raises(SimError, match="response-code"):
        sim.fault("earthquake")
    with pytest.raises(SimError, match="it has status, headers, body"):
        sim.fault("http-status", code=503)


def test_gzip_is_used_when_the_client_takes_it_and_the_setting_allows_it(sim):
    assert ask(sim, **{"Accept-Encoding": "gzip, deflate"})[1]["Content-Encoding"] == "gzip"
    assert ask(sim)[1]["Content-Encoding"] is None
    sim.settings(gzip=False)
    assert ask(sim, **{"Accept-Encoding": "gzip"})[1]["Content-Encoding"] is None


def test_settings_change_the_framing_the_mark_and_the_address(sim):
    address = find_item(shape("IdOnly", extended=[("0x5D02", "String")]), "r001")
    assert "@example.org</t:Value>" in ask(sim, body=address)[2].decode()
    sim.settings(chunked=True, bom=True, organizer_address=False)
    _, headers, data = ask(sim, body=address)
    assert headers["Transfer-Encoding"] == "chunked" and data.startswith(b"\xef\xbb\xbf<?xml")
    assert b"ExtendedProperty" not in data


def test_counters_tell_operations_rooms_windows_and_items(sim):
    sim.reset_counters()
    ask(sim)
    ask(sim, "r002")
    answer(sim, get_folder(shape(name="FolderShape"), "r001", "r002"))
    counters = sim.counters()
    assert counters["requests"] == 3 and counters["items"] == 80 and counters["under_way"] == 0
    assert counters["operations"] == {"FindItem": 2, "GetFolder": 1}
    assert counters["rooms"] == {f"r00{n}@example.org": {"FindItem": 1, "GetFolder": 1} for n in (1, 2)}
    assert counters["windows"]["r001@example.org"] == [re.findall('"(.*?)"', YEAR)]
    assert counters["body_bytes"] == counters["sent_bytes"] > 0


def test_the_last_requests_are_kept_without_their_secret(sim):
    sim.reset_counters()
    ask(sim, **{"X-AnchorMailbox": "r001@example.org"})
    request, = sim.requests()
    assert (request["method"], request["path"]) == ("POST", "/EWS/Exchange.asmx")
    assert request["headers"]["X-AnchorMailbox"] == "r001@example.org" and request["headers"]["Authorization"] == "Basic"
    assert request["body"] == envelope(find_item(SUBJECTS, "r001"))


def test_the_highest_number_of_requests_under_way_is_remembered(sim):
    sim.reset_counters()
    sim.fault("stall")
    with ThreadPoolExecutor(3) as pool:
        held = [pool.submit(ask, sim, room) for room in ("r001", "r002", "r003")]
        sim.wait(stalled=3)
        sim.clear_faults()
        assert [one.result(timeout=DEADLINE_S)[0] for one in held] == [200] * 3
    assert sim.counters()["most_under_way"] == 3


def test_one_connection_carries_many_requests(sim):
    sim.reset_counters()
    connection = http.client.HTTPConnection("127.0.0.1", sim.port, timeout=DEADLINE_S)
    for _ in range(5):
        connection.request("POST", "/EWS/Exchange.asmx", envelope(find_item(SUBJECTS, "r001")).encode(),
                           {"Content-Type": "text/xml", "Authorization": BASIC})
        assert connection.getresponse().read().count(MESSAGES.encode()) == 1
    connection.close()
    assert sim.counters()["connections"] == 1


def test_a_request_without_credentials_is_told_the_realm(sim):
    status, headers, _ = ask(sim, Authorization="")
    assert status == 401 and headers["WWW-Authenticate"].startswith("Basic realm=")


def test_one_meeting_of_a_series_can_be_changed_and_deleted_and_keeps_its_uid(sim):
    made = sim.create("R003", subject="series", start="2027-02-01T09:00:00Z", end="2027-02-01T10:00:00Z",
                      recurrence={"pattern": "daily", "count": 3})
    first, second, third = [item for item in sim.items("R003", "2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z")]
    assert made["id"] == first["id"]
    sim.move("R003", second["id"], "2027-02-05T12:00:00Z", "2027-02-05T13:00:00Z")
    sim.delete("R003", third["id"])
    left = sim.items("R003", "2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z")
    assert [(item["type"], item["start"]) for item in left] == [
        ("Occurrence", "2027-02-01T09:00:00Z"), ("Exception", "2027-02-05T12:00:00Z")]
    assert {item["uid"] for item in left} == {made["uid"]} and left[1]["id"] == second["id"]
    assert left[1]["change_key"] != second["change_key"]
    sim.delete("R003", first["id"], whole_series=True)
    assert sim.items("R003", "2027-02-01T00:00:00Z", "2027-03-01T00:00:00Z") == []


def test_the_clock_stands_where_it_is_put_and_stamps_commits(sim):
    assert sim.clock(now="2030-01-01T12:00:00Z") == "2030-01-01T12:00:00Z"
    assert sim.clock(advance_s=90) == "2030-01-01T12:01:30Z"
    sim.create("R003", subject="later", start="2028-01-01T09:00:00Z", end="2028-01-01T10:00:00Z")
    assert sim.rooms()[2]["commit_time"] == "2030-01-01T12:01:30Z"
    sim.clock(run=True)


def test_a_client_that_hangs_up_before_the_answer_harms_nobody(sim):
    with socket.create_connection(("127.0.0.1", sim.port)) as client:
        client.sendall(b"POST /EWS/Exchange.asmx HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
    assert ask(sim)[0] == 200
