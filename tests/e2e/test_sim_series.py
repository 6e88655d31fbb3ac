# SPDX-License-Identifier: MIT
"""Series in the stand-in: their patterns, and the clock on the wall."""
import pytest

from sim import Sim, SimError


@pytest.fixture(scope="module")
def sim():
    with Sim("--rooms", "1", "--items", "0") as one:
        yield one


@pytest.fixture
def meetings(sim):
    """Makes a series and gives the starts and ends of its meetings; it is gone afterwards."""
    made = []

    def make(start, end, timezone="UTC", **recurrence):
        made.append(sim.create("R001", subject="series", start=start, end=end, timezone=timezone, recurrence=recurrence))
        return [(item["start"], item["end"]) for item in sim.items("R001")]

    yield make
    for item in made:
        sim.delete("R001", item["id"], whole_series=True)


def days(found):
    return [start[5:10] for start, _ in found]


def test_every_second_day(meetings):
    assert days(meetings("2026-01-30T09:00:00Z", "2026-01-30T10:00:00Z", pattern="daily", interval=2, count=3)) == [
        "01-30", "02-01", "02-03"]


def test_mondays_and_fridays_from_a_wednesday_on(meetings):
    assert days(meetings("2026-01-07T09:00:00Z", "2026-01-07T10:00:00Z", pattern="weekly", weekdays=[0, 4], count=4)) == [
        "01-09", "01-12", "01-16", "01-19"]


def test_until_a_day_that_is_still_in(meetings):
    assert days(meetings("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z", pattern="weekly", until="2026-01-19")) == [
        "01-05", "01-12", "01-19"]


def test_the_thirty_first_of_a_short_month_is_its_last_day(meetings):
    assert days(meetings("2026-01-31T09:00:00Z", "2026-01-31T10:00:00Z", pattern="monthly", count=3)) == [
        "01-31", "02-28", "03-31"]


def test_the_last_friday_and_the_second_tuesday(meetings):
    assert days(meetings("2026-01-30T09:00:00Z", "2026-01-30T10:00:00Z", pattern="monthly_nth", nth=-1, count=3)) == [
        "01-30", "02-27", "03-27"]
    assert days(meetings("2027-01-12T09:00:00Z", "2027-01-12T10:00:00Z", pattern="monthly_nth", nth=2, count=2))[3:] == [
        "01-12", "02-09"]


def test_nine_in_berlin_stays_nine_when_the_clocks_change(meetings):
    assert meetings("2026-03-22T08:00:00Z", "2026-03-22T09:00:00Z", "Europe/Berlin", pattern="weekly", count=2) == [
        ("2026-03-22T08:00:00Z", "2026-03-22T09:00:00Z"), ("2026-03-29T07:00:00Z", "2026-03-29T08:00:00Z")]


def test_a_day_is_from_midnight_to_midnight_also_when_it_has_23_hours(meetings):
    assert meetings("2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "Europe/Berlin", pattern="daily", count=2) == [
        ("2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z"), ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")]


def test_a_series_without_an_end_goes_on_for_ten_years(meetings):
    found = meetings("2026-01-05T09:00:00Z", "2026-01-05T10:00:00Z", pattern="weekly")
    assert len(found) == 522 and found[-1][0] == "2035-12-31T09:00:00Z"


@pytest.mark.parametrize(("recurrence", "complaint"), (
    ({"pattern": "hourly"}, "daily, weekly"), ({"pattern": "daily", "every": 2}, "does not know every")))
def test_a_pattern_that_is_none_is_refused(sim, recurrence, complaint):
    with pytest.raises(SimError, match=complaint):
        sim.create("R001", start="2026-01-05T09:00:00Z", end="2026-01-05T10:00:00Z", recurrence=recurrence)
