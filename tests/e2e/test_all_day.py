# SPDX-License-Identifier: MIT
"""Days and zones, from outside: all-day items of every form of time zone, TIMEZONE, and days of 23 and 25 hours."""
import datetime
import re
import zoneinfo

import pytest

from conftest import stacks

# How a zone is named by Exchange: the zone itself, the id that is shown (None: its Windows id), whether rules come with it.
FORMS = {
    "utc": ("UTC", None, False),
    "a Windows id": ("Europe/Berlin", None, False),
    "west of UTC": ("America/New_York", None, False),
    "a half hour": ("Asia/Kolkata", None, False),
    "a quarter": ("Asia/Katmandu", None, False),
    "a half hour west": ("America/St_Johns", None, False),
    "thirteen hours east": ("Pacific/Auckland", None, False),
    "ten hours west": ("Pacific/Honolulu", None, False),
    "an IANA name": ("Europe/Copenhagen", "Europe/Copenhagen", False),
    "an IANA name down under": ("Australia/Sydney", "Australia/Sydney", False),
    "tzone utc": ("UTC", "tzone://Microsoft/Utc", False),
    "tzone custom": ("Europe/Berlin", "tzone://Microsoft/Custom", True),
    "tzone custom without rules": ("Europe/Berlin", "tzone://Microsoft/Custom", False),
    "customized": ("America/Chicago", "Customized Time Zone", True),
    "customized far east": ("Pacific/Auckland", "Customized Time Zone", True),
    "customized without rules": ("America/Chicago", "Customized Time Zone", False),
    "a display name": ("Europe/Berlin", "(UTC+01:00) Amsterdam, Berlin, Bern, Rom, Stockholm, Wien", False),
    "a localised id": ("Europe/Berlin", "Mitteleuropäische Zeit", False),
    "a localised id with rules": ("Asia/Tokyo", "東京 (標準時)", True),
    "empty": ("America/Los_Angeles", "", False),
    "nonsense": ("Asia/Shanghai", "\\..\x7f%n", False),
}
# First and last day, inclusive: usual ones, those on which clocks change in Europe, America and Australia, and spans over them.
DAYS = tuple((datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)) for first, last in (
    ("2026-06-17", "2026-06-17"), ("2026-12-30", "2027-01-02"), ("2026-03-29", "2026-03-29"), ("2026-10-25", "2026-10-25"),
    ("2026-03-28", "2026-03-30"), ("2026-10-24", "2026-10-25"), ("2026-03-08", "2026-03-08"), ("2026-11-01", "2026-11-01"),
    ("2026-04-05", "2026-04-05"), ("2026-10-04", "2026-10-04"), ("2026-02-28", "2026-03-01")))
FIELDS = "subject,start,end,is_all_day"
DAY = datetime.timedelta(days=1)
EMPTY = ("--rooms", 1, "--items", 0)


def utc(day, zone, hour=0):
    """A time of day in a zone, as EWS has it."""
    moment = datetime.datetime(day.year, day.month, day.day, hour, tzinfo=zoneinfo.ZoneInfo(zone))
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def create_all_day(sim, subject, first, last, form):
    zone, odd_id, rules = form
    sim.create("R001", subject=subject, is_all_day=True, timezone=zone, timezone_id=odd_id, timezone_rules=rules,
               start=utc(first, zone), end=utc(last + DAY, zone))


def name_of(form, first, last):
    return f"{form} {first} {last}"


def create_every_form(sim):
    for form, zone in FORMS.items():
        for first, last in DAYS:
            create_all_day(sim, name_of(form, first, last), first, last, zone)


def settings(**more):
    return {"ITEM_FIELDS": FIELDS, "WINDOW_START": "2026-01-01", "WINDOW_DAYS": 365, **more}


@pytest.fixture(scope="module")
def shown():
    """subject -> item, of all forms; TIMEZONE is UTC."""
    with stacks() as make:
        stack = make(sim_options=EMPTY, prepare=create_every_form, env=settings(), with_nginx=False)
        items = stack.run_cgi("/api/calendar/R001").json()
        assert len(items) == len(FORMS) * len(DAYS)  # none is lost, whatever its zone
        yield {item["subject"]: item for item in items}


@pytest.mark.parametrize("form", FORMS)
def test_the_days_are_those_of_the_item_s_own_zone(shown, form):
    for first, last in DAYS:
        item = shown[name_of(form, first, last)]
        assert (item["start"], item["end"], item["is_all_day"]) == (first.isoformat(), last.isoformat(), True)


def by_subject(stack, path="/api/calendar/R001"):
    return {item["subject"]: item for item in stack.run_cgi(path).json()}


def test_a_zone_that_nobody_knows_is_timezone_s_if_that_fits(make_stack):
    """Thirteen hours from UTC the nearest midnight is the wrong one."""
    day = datetime.date(2026, 1, 15)
    form = ("Pacific/Auckland", "Neuseeländische Zeit", False)
    stack = make_stack(sim_options=EMPTY, with_nginx=False, env=settings(TIMEZONE="Pacific/Auckland"),
                       prepare=lambda sim: create_all_day(sim, "far", day, day, form))
    assert (by_subject(stack)["far"]["start"], by_subject(stack)["far"]["end"]) == ("2026-01-15", "2026-01-15")


def test_a_journey_begins_on_a_day_here_and_ends_on_a_day_there(make_stack):
    def prepare(sim):
        sim.create("R001", subject="journey", is_all_day=True, timezone="Europe/Berlin", end_timezone="Asia/Tokyo",
                   start=utc(datetime.date(2026, 5, 4), "Europe/Berlin"), end=utc(datetime.date(2026, 5, 7), "Asia/Tokyo"))
    item = by_subject(make_stack(sim_options=EMPTY, prepare=prepare, env=settings(), with_nginx=False))["journey"]
    assert (item["start"], item["end"]) == ("2026-05-04", "2026-05-06")


def test_an_end_that_is_no_midnight_is_on_the_last_day_and_none_is_before_the_first(make_stack):
    day = datetime.date(2026, 5, 4)

    def prepare(sim):
        for subject, end in (("noon", utc(day + DAY, "UTC", 12)), ("at once", utc(day, "UTC"))):
            sim.create("R001", subject=subject, is_all_day=True, start=utc(day, "UTC"), end=end)
    shown = by_subject(make_stack(sim_options=EMPTY, prepare=prepare, env=settings(), with_nginx=False))
    assert {subject: (item["start"], item["end"]) for subject, item in shown.items()} == {
        "noon": ("2026-05-04", "2026-05-05"), "at once": ("2026-05-04", "2026-05-04")}


# TIMEZONE

def create_round_the_clock(sim):
    """A meeting of one minute in each hour of the days around which Berlin's clocks change, named by its moment."""
    for day in ("2026-03-29", "2026-10-25"):
        start = datetime.datetime.fromisoformat(day + "T00:30:00+00:00") - DAY
        for hour in range(72):
            moment = start + datetime.timedelta(hours=hour)
            sim.create("R001", subject=moment.strftime("%m-%dT%H"), start=moment.isoformat(),
                       end=(moment + datetime.timedelta(minutes=1)).isoformat())


@pytest.fixture(scope="module", params=("Europe/Berlin", "W. Europe Standard Time"))
def berlin(request):
    with stacks() as make:
        yield make(sim_options=EMPTY, prepare=create_round_the_clock, env=settings(TIMEZONE=request.param), with_nginx=False)


@pytest.mark.parametrize(("moment", "shown"), (
    ("03-29T00", "2026-03-29T01:30:00+01:00"), ("03-29T01", "2026-03-29T03:30:00+02:00"),
    ("10-25T00", "2026-10-25T02:30:00+02:00"), ("10-25T01", "2026-10-25T02:30:00+01:00")))
def test_moments_are_shown_on_timezone_s_clock_with_its_offset(berlin, moment, shown):
    assert by_subject(berlin)[moment]["start"] == shown


def hours_of(stack, first, behind):
    return sorted(by_subject(stack, f"/api/calendar/R001?from={first}&to={behind}"))


def hours_between(first, last):
    """The names of all whole hours from one to the other, both included."""
    start, end = (datetime.datetime.strptime(f"2026-{text}", "%Y-%m-%dT%H") for text in (first, last))
    count = int((end - start).total_seconds() // 3600) + 1
    return [(start + datetime.timedelta(hours=hour)).strftime("%m-%dT%H") for hour in range(count)]


@pytest.mark.parametrize(("day", "next_day", "first", "last", "length"), (
    ("2026-03-28", "2026-03-29", "03-28T00", "03-28T22", 23),  # what is before 1 o'clock is before the first meeting here
    ("2026-03-29", "2026-03-30", "03-28T23", "03-29T21", 23), ("2026-03-30", "2026-03-31", "03-29T22", "03-30T21", 24),
    ("2026-10-25", "2026-10-26", "10-24T22", "10-25T22", 25), ("2026-10-26", "2026-10-27", "10-25T23", "10-26T22", 24)))
def test_a_day_in_from_and_to_is_timezone_s_day_of_23_24_or_25_hours(berlin, day, next_day, first, last, length):
    found = hours_of(berlin, day, next_day)
    assert found == hours_between(first, last) and len(found) == length


def test_without_timezone_days_and_offsets_are_utc_s(make_stack):
    stack = make_stack(sim_options=EMPTY, prepare=create_round_the_clock, env=settings(), with_nginx=False)
    assert by_subject(stack)["03-29T01"]["start"] == "2026-03-29T01:30:00+00:00"
    assert hours_of(stack, "2026-03-29", "2026-03-30") == hours_between("03-29T00", "03-29T23")


def test_in_calendars_all_day_items_are_dates_and_the_end_is_the_day_behind(make_stack):
    first, last = datetime.date(2026, 3, 28), datetime.date(2026, 3, 29)
    stack = make_stack(sim_options=EMPTY, with_nginx=False, env=settings(TIMEZONE="America/New_York"),
                       prepare=lambda sim: create_all_day(sim, "two days", first, last, FORMS["a Windows id"]))
    calendar = stack.run_cgi("/api/calendar/R001.ics").body.decode()
    assert re.findall(r"^DT(?:START|END).*$", calendar.replace("\r", ""), re.MULTILINE) == [
        "DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330"]
