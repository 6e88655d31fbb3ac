# SPDX-License-Identifier: MIT
"""What the stand-in answers, looked at on the wire: Exchange's limits, edges, refusals and marks."""
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from sim import YEAR, Sim, answer, codes, envelope, find_item, get_folder, get_item, post, shape


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
            assert codes(held.result(timeout=30)) == ["NoError"]
        assert codes(answer(sim, find_item(shape(), *rooms))) == ["NoError"] * 8
    finally:
        sim.clear_faults()
        sim.settings(shared_budget=False)
