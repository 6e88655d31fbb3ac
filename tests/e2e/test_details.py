# SPDX-License-Identifier: MIT
"""What FindItem does not tell is asked for with GetItem: of which items, how often, and what that costs.

Costs are the stand-in's counters: `operations` are requests, `get_items` are items asked for in GetItem requests.
"""
import datetime
import json
import pathlib
import re
import resource
import subprocess

import pytest

from stack import BUILD, SANITIZED, plain_environment, until

TODAY = datetime.date.today()
FIVE_YEARS = {"WINDOW_START": "-1460d", "WINDOW_DAYS": 365}
CUT = 255  # FindItem's texts end there, in UTF-16 units; or one before, where a pair of them would be divided


@pytest.fixture
def make(make_stack, tmp_path):
    """make(items, *sim options, **settings) → a Stack with one room, R1, that was fetched."""

    def start(items, *options, prepare=None, **settings):
        file = tmp_path / "rooms.json"
        file.write_text(json.dumps({"rooms": [{"name": "R1", "mailbox": "r1@example.org", "items": items}]}))
        stack = make_stack(sim_options=("--rooms-file", file, "--xml-clean", *options), with_nginx=False, prepare=prepare,
                           env={"CACHE_TTL": 3600, **settings})
        stack.wait_log("event=refresh")
        return stack

    return start


def meetings(count, **fields):
    """So many meetings, three a day."""
    return [{"day": str(TODAY + datetime.timedelta(days=number // 3)), "from": f"{9 + number % 3:02}:00",
             "to": f"{9 + number % 3:02}:30", "subject": f"Meeting {number}", **fields} for number in range(count)]


def weekly(**fields):
    return {"day": "monday-200w", "from": "09:00", "to": "10:00", "subject": "Jour fixe",
            "organizer_name": "Ann", "organizer_email": "ann@example.org",
            "recurrence": {"pattern": "weekly", "weekdays": [0]}, **fields}


def items_of(stack):
    reply, complete = stack.ask("/api/calendar/R1")
    assert complete and reply.status == 200
    return reply.json()


def refresh(stack):
    """Asks Exchange again now, and returns when that is done."""
    done = stack.log().count("event=refresh ")
    subprocess.run([BUILD / "cli/roomcal", "refresh"], env=plain_environment(ROOMCAL_ENV=stack.env_file), check=True,
                   stdout=subprocess.DEVNULL)
    until(lambda: stack.log().count("event=refresh ") > done, "another refresh")


def cost(stack):
    """(GetItem requests, items in them) since the counters were reset."""
    counters = stack.sim.counters()
    return counters["operations"].get("GetItem", 0), counters["get_items"]


def batches(stack):
    """How many items each GetItem request was for."""
    bodies = [request["body"] for request in stack.sim.requests()]
    return [len(re.findall("<t:ItemId ", body)) for body in bodies if "<m:GetItem>" in body]


def bytes_asked(stack):
    return sum(len(request["body"]) for request in stack.sim.requests())


def test_a_calendar_of_short_texts_costs_no_get_item(make):
    stack = make(meetings(20) + [weekly(subject="x" * (CUT - 2), location="y" * (CUT - 2))])
    assert len(items_of(stack)) > 20
    assert cost(stack) == (0, 0)


def test_texts_that_find_item_cuts_are_whole_and_fetched_once(make):
    texts = ["x" * CUT, "y" * (CUT + 1), "a" + "😀" * 500, "x" * (CUT - 2), "short"]
    stack = make([item | {"subject": text} for item, text in zip(meetings(len(texts)), texts)], ITEM_FIELDS="subject")
    assert [item["subject"] for item in items_of(stack)] == texts
    assert cost(stack) == (1, 3)
    refresh(stack)
    assert cost(stack) == (1, 3)


def test_of_known_items_only_the_changed_one_is_fetched_again(make):
    stack = make(meetings(60, body="old"), ITEM_FIELDS="id,text_body")
    before = items_of(stack)
    assert {item["text_body"] for item in before} == {"old"}
    assert cost(stack) == (2, 60)
    stack.sim.change("R1", before[7]["id"], body="new")
    stack.sim.reset_counters()
    refresh(stack)
    assert cost(stack) == (1, 1)
    after = items_of(stack)
    assert [item["text_body"] for item in after] == ["new" if number == 7 else "old" for number in range(60)]


def test_the_organizers_address_comes_with_find_item(make):
    stack = make(meetings(5, organizer_name="Bob", organizer_email="bob@example.org") + [weekly()],
                 ITEM_FIELDS="subject,organizer_email")
    assert {(item["subject"][:4], item["organizer_email"]) for item in items_of(stack)} == \
        {("Meet", "bob@example.org"), ("Jour", "ann@example.org")}
    assert cost(stack) == (0, 0)


def test_where_it_does_not_five_years_of_a_weekly_meeting_cost_one_item(make):
    stack = make([weekly()], "--no-5d02", ITEM_FIELDS="organizer_email", **FIVE_YEARS)
    addresses = [item["organizer_email"] for item in items_of(stack)]
    assert len(addresses) > 240 and set(addresses) == {"ann@example.org"}
    assert cost(stack) == (1, 1)
    refresh(stack)
    assert cost(stack) == (1, 1)
    stack.restart_fcgi()
    refresh(stack)
    assert cost(stack) == (1, 1)
    assert [item["organizer_email"] for item in items_of(stack)] == addresses


def test_no_organizer_at_all_is_remembered_too(make):
    stack = make(meetings(3), "--no-5d02", ITEM_FIELDS="organizer_email")
    assert [item["organizer_email"] for item in items_of(stack)] == ["", "", ""]
    assert cost(stack) == (1, 3)
    refresh(stack)
    assert cost(stack) == (1, 3)


def test_a_meeting_that_is_gone_meanwhile_is_dropped_alone(make):
    gone = []

    def prepare(sim):
        gone.append(sim.items("R1")[2]["id"])
        sim.fault("response-code", code="ErrorItemNotFound", items=gone, operation="GetItem")

    stack = make(meetings(6, body="text"), prepare=prepare, ITEM_FIELDS="id,text_body")
    shown = items_of(stack)
    assert len(shown) == 5 and gone[0] not in [item["id"] for item in shown]
    assert {item["text_body"] for item in shown} == {"text"}


def test_a_batch_that_is_too_much_is_halved(make):
    stack = make(meetings(60, body="text"), ITEM_FIELDS="text_body", prepare=lambda sim: sim.fault(
        "soap-fault", code="ErrorExceededFindCountLimit", operation="GetItem", over=30))
    assert [item["text_body"] for item in items_of(stack)] == ["text"] * 60
    assert batches(stack) == [50, 25, 30, 5]


def test_of_a_batch_that_was_stopped_only_the_rest_is_asked_for_again(make):
    stack = make(meetings(40, body="text"), ITEM_FIELDS="text_body", prepare=lambda sim: sim.fault(
        "response-code", code="ErrorBatchProcessingStopped", operation="GetItem", after=25, times=1))
    assert [item["text_body"] for item in items_of(stack)] == ["text"] * 40
    assert batches(stack) == [40, 15]


def test_a_private_meeting_is_not_asked_for(make):
    stack = make(meetings(3, sensitivity="Private", subject="x" * 300, body="secret", organizer_email="boss@example.org"),
                 "--no-5d02", ITEM_FIELDS="subject,body,organizer_email")
    assert {item["subject"] for item in items_of(stack)} == {"Private"}
    assert cost(stack) == (0, 0)


def test_default_fields_and_addresses_need_nothing_of_exchangelibs_second_question(make):
    """Of 1000 meetings in five years. Exchange shows two years at once at most, so both ask window by window; the rest is
    exchangelib's GetItem of every meeting."""
    pytest.importorskip("exchangelib")
    import reference
    stack = make([weekly(day=f"monday-{week}w", recurrence={"pattern": "weekly", "weekdays": [week % 5], "count": 250})
                  for week in range(200, 204)],
                 ITEM_FIELDS="title,start,end,duration,location,organizer_name,organizer_email", **FIVE_YEARS)
    assert len(items_of(stack)) == 1000
    span = reference.window_asked(stack.sim, "r1@example.org")
    ours, our_bytes = stack.sim.counters(), bytes_asked(stack)
    stack.sim.reset_counters()
    calendar = reference.account(stack.sim, "r1@example.org").calendar
    assert sum(len(list(calendar.view(start=start, end=end).only("subject", "start", "end", "duration", "location", "organizer")))
               for start, end in reference.years(*span)) == 1000
    theirs = stack.sim.counters()
    assert ours["get_items"] == 0 and theirs["get_items"] == 1000
    assert ours["operations"] == {"GetFolder": 1, "FindItem": theirs["operations"]["FindItem"]}
    assert our_bytes <= bytes_asked(stack) / 10
    assert ours["requests"] <= theirs["requests"] / 3


# ---- memory ----

def laden(series, count, size):
    """So many daily meetings in so many series, each with a body of that size."""
    return [{"day": str(TODAY - datetime.timedelta(days=count // 2)), "from": f"{8 + number}:00", "to": f"{8 + number}:30",
             "subject": f"Series {number}", "body": "b" * size, "recurrence": {"pattern": "daily", "count": count}}
            for number in range(series)]


LONG = {"WINDOW_START": "-1010d", "WINDOW_DAYS": 1010}  # midnight may come meanwhile, and not everybody's is UTC's

not_sanitized = pytest.mark.skipif(SANITIZED, reason="a sanitizer's own memory would be measured")


def peak_kb(stack):
    status = pathlib.Path(f"/proc/{stack.fcgi.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1))


@not_sanitized
def test_bodies_that_nobody_chose_are_never_asked_for(make):
    stack = make(laden(6, 1700, 100_000), ITEM_FIELDS="subject,start,end", **LONG)
    assert len(items_of(stack)) == 10_200
    assert cost(stack) == (0, 0)
    assert all("Body" not in request["body"].partition("<soap:Body>")[2].rpartition("</soap:Body>")[0]
               for request in stack.sim.requests())
    assert peak_kb(stack) < 48 * 1024


# RLIMIT_DATA, which the kernel shows as VmData, counts the memory that a process alone can write to: heap, variables, stacks of
# threads, whether they were touched or not. Mapped files do not count: their pages are the kernel's, to drop at any time.

def limit_data(stack, more):
    """From now on the responder gets no more memory than it has and so many bytes."""
    status = pathlib.Path(f"/proc/{stack.fcgi.pid}/status").read_text()
    limit = (int(re.search(r"VmData:\s+(\d+) kB", status).group(1)) << 10) + more
    resource.prlimit(stack.fcgi.pid, resource.RLIMIT_DATA, (limit, limit))


@not_sanitized
@pytest.mark.parametrize("count", [1000, 2000])
def test_chosen_bodies_take_as_much_memory_whatever_the_room_holds(make, tmp_path, count):
    """A room of 100 MB and one of 200 MB; each in 24 MiB."""
    stack = make(laden(1, count, 100_000), ITEM_FIELDS="subject", **LONG)
    stack.write_env(ITEM_FIELDS="subject,text_body")
    shown = tmp_path / "shown.json"
    with open(shown, "wb") as out:
        subprocess.run(["prlimit", f"--data={24 << 20}", BUILD / "cli/roomcal", "fetch", "R1"],
                       env=plain_environment(ROOMCAL_ENV=stack.env_file), stdout=out, check=True)
    assert shown.stat().st_size > count * 100_000
    assert sum(batches(stack)) == count and max(batches(stack)) == 50


@not_sanitized
def test_known_bodies_are_taken_over_in_as_little(make):
    """1000 of 100 KB in 24 MiB more than an idle responder has, because another item has changed."""
    stack = make(laden(1, 1000, 100_000) + meetings(1, body="old"), ITEM_FIELDS="subject,text_body", **LONG)
    before = (stack.cache_dir / "R1.room").stat()
    stack.sim.change("R1", next(item["id"] for item in stack.sim.items("R1") if item["subject"] == "Meeting 0"), body="newer")
    stack.sim.reset_counters()
    limit_data(stack, 24 << 20)
    refresh(stack)
    after = (stack.cache_dir / "R1.room").stat()
    assert cost(stack) == (1, 1)
    assert after.st_ino != before.st_ino and after.st_size == before.st_size + len("newer") - len("old")
