# SPDX-License-Identifier: MIT
"""What the stand-in answers, looked at on the wire: Exchange's limits, edges, refusals and marks."""
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim import YEAR, Sim, answer, codes, envelope, find_item, get_folder, get_item, post, shape
from waiting import DEADLINE_S


@pytest.fixture(scope="module")
def sim():
    with Sim("--rooms", "20", "--items", "120", "--window", "2026-01-01..2026-12-01", "--xml-clean", "--no-right", "R002") as one:
        yield one


def test_find_item_returns_what_was_asked_for_and_nothing_else(sim):
    text = answer(sim, find_item(shape("IdOnly", "calendar:Start", "calendar:UID"), "r001"))
    inside = set(re.findall(r"<t:(\w+)", text)) - {"Items", "CalendarItem"}
    assert inside == {"ItemId", "Start", "UID"}


@pytest.mark.parametrize("uri", ("calendar:RequiredAttendees", "item:Body", "item:TextBody", "calendar:OriginalStart"))
def test_find_item_refuses_what_only_get_item_gives(sim, uri):
    text = answer(sim, find_item(shape("IdOnly", uri), "r001", "r003"))
    assert codes(text) == ["ErrorInvalidPropertyRequest"] * 2


def test_find_item_gives_the_organizer_by_name_and_get_item_with_the_address(sim):
    item = next(item for item in sim.items("R001") if item["organizer_email"] == "anna.berg@example.org")
    found = answer(sim, find_item(shape("IdOnly", "calendar:Organizer"), "r001"))
    assert "<t:Organizer>" in found and "EmailAddress" not in found
    got = answer(sim, get_item(shape("IdOnly", "calendar:Organizer"), [item["id"]]))
    assert "<t:EmailAddress>anna.berg@example.org</t:EmailAddress>" in got


def test_find_item_cuts_texts_at_255_units_and_get_item_does_not(sim):
    made = sim.create("R004", subject="x" + "🗓" * 200, start="2026-05-01T09:00:00Z", end="2026-05-01T10:00:00Z")
    found = answer(sim, find_item(shape("IdOnly", "item:Subject"), "r004"))
    assert "<t:Subject>x" + "🗓" * 127 + "</t:Subject>" in found
    assert "x" + "🗓" * 200 in answer(sim, get_item(shape("IdOnly", "item:Subject"), [made["id"]]))


def test_a_window_holds_what_ends_at_its_start_and_not_what_starts_at_its_end(sim):
    for name, start, end in (("ends before", "T07:00:00Z", "T07:59:59Z"), ("ends at", "T07:00:00Z", "T08:00:00Z"),
                             ("over", "T07:30:00Z", "T08:30:00Z"), ("starts before", "T08:59:59Z", "T10:00:00Z"),
                             ("starts at", "T09:00:00Z", "T10:00:00Z")):
        sim.create("R005", subject=name, start="2027-03-01" + start, end="2027-03-01" + end)
    view = 'StartDate="2027-03-01T08:00:00Z" EndDate="2027-03-01T09:00:00Z"'
    text = answer(sim, find_item(shape("IdOnly", "item:Subject"), "r005", view=view))
    assert sorted(re.findall("<t:Subject>(.*?)</t:Subject>", text)) == ["ends at", "over", "starts before"]


def test_max_entries_returned_gives_a_part_and_says_so(sim):
    text = answer(sim, find_item(shape(), "r001", view=YEAR + ' MaxEntriesReturned="50"'))
    assert text.count("<t:CalendarItem>") == 50
    assert 'IncludesLastItemInRange="false"' in text
    assert 'IncludesLastItemInRange="true"' in answer(sim, find_item(shape(), "r001", view=YEAR + ' MaxEntriesReturned="5000"'))


def test_the_find_count_limit_is_shared_by_the_folders_of_a_request(sim):
    rooms = [f"r{n:03}" for n in range(6, 15)]  # nine rooms of 120
    view = 'StartDate="2026-01-01T00:00:00Z" EndDate="2026-12-31T00:00:00Z" MaxEntriesReturned="1000"'
    text = answer(sim, find_item(shape(), *rooms, view=view))
    assert text.count("<t:CalendarItem>") == 1000
    assert codes(answer(sim, find_item(shape(), *rooms))) == ["NoError"] * 8 + ["ErrorExceededFindCountLimit"]


def test_the_seventeenth_mailbox_of_a_request_cannot_be_opened(sim):
    rooms = [f"r{n:03}" for n in range(3, 21)]
    text = answer(sim, get_folder(shape("IdOnly", name="FolderShape"), *rooms))
    assert codes(text) == ["NoError"] * 16 + ["ErrorInternalServerError"] * 2


def test_commit_time_and_deleted_count_follow_every_change(sim):
    wanted = shape("IdOnly", extended=[("0x670a", "SystemTime"), ("0x670b", "Integer")], name="FolderShape")

    def marks():
        return re.findall("<t:Value>(.*?)</t:Value>", answer(sim, get_folder(wanted, "r020")))

    seen = [marks()]
    item = sim.create("R020", subject="new", start="2026-05-01T09:00:00Z", end="2026-05-01T10:00:00Z")
    seen.append(marks())
    sim.move("R020", item["id"], "2026-05-02T09:00:00Z", "2026-05-02T10:00:00Z")
    seen.append(marks())
    sim.delete("R020", item["id"])
    seen.append(marks())
    assert [deleted for _, deleted in seen] == ["0", "0", "0", "1"]
    times = [time for time, _ in seen]
    assert times == sorted(set(times))
    assert marks() == seen[-1]


def test_all_items_of_a_room_can_be_replaced_in_one_change(sim):
    before, old = next(room for room in sim.rooms() if room["name"] == "R019"), {item["id"] for item in sim.items("R019")}
    sim.replace_items("R019", [{"subject": "alone", "start": "2026-05-01T09:00:00Z", "end": "2026-05-01T10:00:00Z"}])
    after, new = next(room for room in sim.rooms() if room["name"] == "R019"), sim.items("R019")
    assert [item["subject"] for item in new] == ["alone"] and new[0]["id"] not in old
    assert after["commit_time"] > before["commit_time"] and after["deleted_count"] > before["deleted_count"]


def fault_code(text):
    return re.search(r"<e:ResponseCode[^>]*>(\w+)<", text).group(1)


@pytest.mark.parametrize(("body", "code"), (
    ("<m:SendItem/>", "ErrorInvalidRequest"),
    ("<m:GetItem/>", "ErrorSchemaValidation"),
    ("<m:FindItem><m:ItemShape/></m:FindItem>", "ErrorSchemaValidation"),
    (find_item(shape("IdOnly", "calendar:Nonsense"), "r001"), "ErrorSchemaValidation"),
    (find_item(shape("Everything"), "r001"), "ErrorSchemaValidation"),
    (find_item(shape(), "r001", view='StartDate="2026-01-01" EndDate="2026-01-02"'), "ErrorInvalidRequest"),
    ("not even closed <", "ErrorInvalidRequest"),
), ids=("unknown operation", "empty GetItem", "no Traversal", "unknown property", "unknown shape", "bare dates", "no XML"))
def test_a_request_outside_the_schema_is_a_soap_fault(sim, body, code):
    status, text = post(sim, envelope(body))
    assert (status, fault_code(text)) == (500, code)


def test_an_unknown_server_version_is_refused_by_a_fault(sim):
    status, text = post(sim, envelope(get_folder(shape(name="FolderShape"), "r001"), version="Exchange2019"))
    assert (status, fault_code(text)) == (500, "ErrorInvalidServerVersion")


def test_a_property_newer_than_the_requested_version_is_refused(sim):
    wanted = find_item(shape("IdOnly", "calendar:JoinOnlineMeetingUrl"), "r001")
    assert codes(answer(sim, wanted, version="Exchange2010_SP2")) == ["ErrorInvalidPropertyRequest"]
    assert codes(answer(sim, wanted, version="Exchange2013_SP1")) == ["NoError"]


def test_another_path_is_a_page_that_is_not_found(sim):
    status, text = post(sim, envelope(""), path="/ews/other.asmx")
    assert status == 404 and "<html>" in text


def test_the_shared_budget_counts_the_items_of_requests_under_way(sim):
    """One request is held with its 120 items; another then has but 880 left, and may not find nine rooms' worth."""
    rooms = [f"r{n:03}" for n in range(6, 14)]  # 960 items
    sim.settings(shared_budget=True)
    try:
        with ThreadPoolExecutor(1) as pool:
            sim.fault("stall-within", room="R001", times=1)
            held = pool.submit(answer, sim, find_item(shape(), "r001"))
            sim.wait(stalled=1)
            assert "ErrorExceededFindCountLimit" in codes(answer(sim, find_item(shape(), *rooms)))
            sim.release()
            assert codes(held.result(timeout=DEADLINE_S)) == ["NoError"]
        assert codes(answer(sim, find_item(shape(), *rooms))) == ["NoError"] * 8
    finally:
        sim.clear_faults()
        sim.settings(shared_budget=False)


# Rooms that come and go

def get_rooms(address):
    return f"<m:GetRooms><m:RoomList><t:EmailAddress>{address}</t:EmailAddress></m:RoomList></m:GetRooms>"


def found(text):
    return list(zip(re.findall("<t:Name>(.*?)</t:Name>", text), re.findall("<t:EmailAddress>(.*?)</t:EmailAddress>", text)))


def test_rooms_of_a_list_come_are_renamed_and_go():
    with Sim("--rooms", "1", "--items", "0", "--room-lists", "1") as sim:
        one = ("R001", "r001@example.org")
        assert found(answer(sim, get_rooms("Rooms@example.org"))) == [one]
        sim.put_room("Attic & roof", "attic@example.org", lists=["rooms@example.org", "upstairs@example.org"])
        assert found(answer(sim, get_rooms("rooms@example.org"))) == [one, ("Attic &amp; roof", "attic@example.org")]
        assert found(answer(sim, "<m:GetRoomLists/>")) == [("rooms", "rooms@example.org"), ("upstairs", "upstairs@example.org")]
        sim.put_room("Loft", "attic@example.org")
        assert found(answer(sim, get_rooms("upstairs@example.org"))) == [("Loft", "attic@example.org")]
        sim.remove_room("Loft")
        assert found(answer(sim, get_rooms("rooms@example.org"))) == [one]
        assert codes(answer(sim, get_rooms("upstairs@example.org"))) == ["ErrorNameResolutionNoResults"]
        assert codes(answer(sim, get_folder(shape(name="FolderShape"), "attic", "r001"))) == ["ErrorNonExistentMailbox", "NoError"]


def test_a_room_that_came_later_has_a_calendar():
    with Sim("--rooms", "1", "--items", "5") as sim:
        sim.put_room("Attic", "attic@example.org", items=[
            {"subject": "First", "start": "2026-05-01T09:00:00Z", "end": "2026-05-01T10:00:00Z"}])
        gone = sim.items("Attic")[0]["id"]
        assert "<t:Subject>First</t:Subject>" in answer(sim, find_item(shape("IdOnly", "item:Subject"), "attic"))
        sim.remove_room("Attic")
        sim.put_room("Cellar", "cellar@example.org")
        assert codes(answer(sim, get_item(shape(), [gone]))) == ["ErrorItemNotFound"]


def test_a_room_of_a_file_may_be_in_lists(tmp_path):
    file = tmp_path / "rooms.toml"
    file.write_text('[[rooms]]\nname = "A"\nmailbox = "a@example.org"\nlist = "x@example.org"\n'
                    '[[rooms]]\nname = "B"\nmailbox = "b@example.org"\nlist = ["x@example.org", "y@example.org"]\n'
                    '[[rooms]]\nname = "C"\nmailbox = "c@example.org"\n')
    with Sim("--rooms-file", file) as sim:
        assert found(answer(sim, "<m:GetRoomLists/>")) == [("x", "x@example.org"), ("y", "y@example.org")]
        assert found(answer(sim, get_rooms("x@example.org"))) == [("A", "a@example.org"), ("B", "b@example.org")]


def test_a_response_code_may_be_asked_for_where_rooms_are_listed():
    with Sim("--rooms", "1", "--room-lists", "1") as sim:
        sim.fault("response-code", code="ErrorAccessDenied", operation="GetRooms", times=1)
        assert codes(answer(sim, "<m:GetRoomLists/>")) == ["NoError"]
        assert codes(answer(sim, get_rooms("rooms@example.org"))) == ["ErrorAccessDenied"]
        assert codes(answer(sim, get_rooms("rooms@example.org"))) == ["NoError"]


# Servers that check changes otherwise

MARKS = shape(extended=[("0x670A", "SystemTime"), ("0x670B", "Integer")], name="FolderShape")


def test_a_server_may_take_fewer_mailboxes_and_refuse_the_others_or_leave_them_out():
    with Sim("--rooms", "4", "--items", "0", "--folders-max", "2") as sim:
        rooms = ("r001", "nobody", "r002", "r003", "r004")
        good, bad, nobody = "NoError", "ErrorInternalServerError", "ErrorNonExistentMailbox"
        assert codes(answer(sim, get_folder(MARKS, *rooms))) == [good, nobody, good, bad, bad]
        sim.settings(folders_left_out=True)
        assert codes(answer(sim, get_folder(MARKS, *rooms))) == [good, nobody, good]
        sim.settings(folders_max=3)
        assert codes(answer(sim, get_folder(MARKS, *rooms))) == [good, nobody, good, good]


def test_a_server_may_not_answer_change_marks():
    with Sim("--rooms", "1", "--items", "0", "--no-change-marks") as sim:
        assert "ExtendedProperty" not in answer(sim, get_folder(MARKS, "r001"))
        sim.settings(change_marks=True)
        assert answer(sim, get_folder(MARKS, "r001")).count("<t:ExtendedProperty>") == 2


def test_the_date_is_the_clocks_and_may_be_wrong():
    def date(sim):
        with urllib.request.urlopen(f"{sim.base}/sim/counters", timeout=DEADLINE_S) as reply:
            return reply.headers["Date"]

    with Sim("--rooms", "1", "--now", "2026-11-23T09:00:00Z", "--server-date-skew-s", "-3600") as sim:
        assert date(sim) == "Mon, 23 Nov 2026 08:00:00 GMT"
        sim.settings(server_date_skew_s=60)
        sim.clock(advance_s=30)
        assert date(sim) == "Mon, 23 Nov 2026 09:01:30 GMT"


def test_a_calendar_that_nobody_touches_was_last_changed_an_hour_before_the_start():
    with Sim("--rooms", "1", "--now", "2026-11-23T09:00:00Z") as sim:
        assert sim.rooms()[0]["commit_time"] == "2026-11-23T08:00:00Z"
        sim.create("R001", start="2026-05-01T09:00:00Z", end="2026-05-01T10:00:00Z")
        assert sim.rooms()[0]["commit_time"] == "2026-11-23T09:00:00Z"
