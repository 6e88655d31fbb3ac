# SPDX-License-Identifier: MIT
"""The stand-in's replies against Microsoft's schema.

The schema is not ours to ship.  Where a checkout has it beside the project, xmllint compares; elsewhere these tests skip.
"""
import re
import shutil
import subprocess

import pytest

from sim import ROOT, Sim, answer, codes, find_item, get_folder, get_item, shape

SCHEMA = ROOT.parent / "shared/ews/libxml2/messages.xsd"
if not SCHEMA.exists():
    pytest.skip(f"Microsoft's schema is not at ../{SCHEMA.relative_to(ROOT.parent)}", allow_module_level=True)
if shutil.which("xmllint") is None:
    pytest.skip("xmllint is not installed", allow_module_level=True)


@pytest.fixture(scope="module", params=("usual", "full"))
def sim(request):
    with Sim("--rooms", "3", "--room-lists", "2", "--items", "300", "--window", "2026-01-01..2026-12-01", "--xml-clean", "--no-right", "R002",
             "--scenario", request.param) as one:
        yield one


def check_against_schema(tmp_path, text):
    """The one element inside soap:Body, by xmllint."""
    inner = re.search(r"<s:Body[^>]*>(.*)</s:Body>", text, re.DOTALL).group(1)
    assert inner.startswith("<m:")
    file = tmp_path / "body.xml"
    file.write_text(inner)
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", SCHEMA, file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]


@pytest.mark.parametrize("base", ("IdOnly", "Default", "AllProperties"))
def test_find_item_replies_are_valid(sim, tmp_path, base):
    text = answer(sim, find_item(shape(base, extended=[("0x5D02", "String")]), "r001", "r002", "nobody"))
    assert codes(text) == ["NoError", "ErrorFolderNotFound", "ErrorNonExistentMailbox"]
    check_against_schema(tmp_path, text)


@pytest.mark.parametrize("base", ("IdOnly", "Default", "AllProperties"))
def test_get_item_replies_are_valid(sim, tmp_path, base):
    ids = [item["id"] for item in sim.items("R001")] + ["nonsense"]
    text = answer(sim, get_item(shape(base), ids))
    assert codes(text) == ["NoError"] * (len(ids) - 1) + ["ErrorInvalidIdMalformed"]
    check_against_schema(tmp_path, text)


@pytest.mark.parametrize("base", ("IdOnly", "Default", "AllProperties"))
def test_get_folder_replies_are_valid(sim, tmp_path, base):
    wanted = shape(base, extended=[("0x670A", "SystemTime"), ("0x670B", "Integer")], name="FolderShape")
    text = answer(sim, get_folder(wanted, "r001", "r002", "r003"))
    assert codes(text) == ["NoError", "ErrorFolderNotFound", "NoError"]
    check_against_schema(tmp_path, text)


def test_replies_without_change_marks_or_with_left_out_folders_are_valid(sim, tmp_path):
    wanted = shape("IdOnly", extended=[("0x670A", "SystemTime"), ("0x670B", "Integer")], name="FolderShape")
    sim.settings(change_marks=False, folders_max=1, folders_left_out=True)
    text = answer(sim, get_folder(wanted, "r001", "r003"))
    sim.settings(change_marks=True, folders_max=16, folders_left_out=False)
    assert codes(text) == ["NoError"] and "ExtendedProperty" not in text
    check_against_schema(tmp_path, text)


@pytest.mark.parametrize("body", (
    "<m:GetRoomLists/>",
    "<m:GetRooms><m:RoomList><t:EmailAddress>rooms@example.org</t:EmailAddress></m:RoomList></m:GetRooms>",
    "<m:GetRooms><m:RoomList><t:EmailAddress>nobody@example.org</t:EmailAddress></m:RoomList></m:GetRooms>",
    '<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>r00</m:UnresolvedEntry></m:ResolveNames>',
    '<m:ResolveNames ReturnFullContactData="false"><m:UnresolvedEntry>nobody</m:UnresolvedEntry></m:ResolveNames>',
    '<m:GetServerTimeZones ReturnFullTimeZoneData="true"/>',
    '<m:ConvertId DestinationFormat="EntryId"><m:SourceIds><t:AlternateId Format="EwsId" Id="DUMMY" Mailbox="DUMMY"/>'
    "</m:SourceIds></m:ConvertId>",
), ids=("GetRoomLists", "GetRooms", "GetRooms of no list", "ResolveNames", "ResolveNames of nobody", "GetServerTimeZones", "ConvertId"))
def test_other_replies_are_valid(sim, tmp_path, body):
    check_against_schema(tmp_path, answer(sim, body))


def test_replies_in_another_time_zone_are_valid_and_carry_its_offset(sim, tmp_path):
    zone = '<t:TimeZoneContext><t:TimeZoneDefinition Id="W. Europe Standard Time"/></t:TimeZoneContext>'
    text = answer(sim, find_item(shape("IdOnly", "calendar:Start"), "r001"), header=zone)
    check_against_schema(tmp_path, text)
    assert set(re.findall(r"<t:Start>[^<]*([+-]\d\d:\d\d|Z)</t:Start>", text)) == {"+01:00", "+02:00"}


def test_messages_of_refused_windows_are_valid(sim, tmp_path):
    for view, code in (('StartDate="2024-01-01T00:00:00Z" EndDate="2026-01-01T00:00:01Z"', "ErrorCalendarViewRangeTooBig"),
                       ('StartDate="2026-01-02T00:00:00Z" EndDate="2026-01-01T00:00:00Z"', "ErrorCalendarEndDateIsEarlierThanStartDate")):
        text = answer(sim, find_item(shape(), "r001", view=view))
        assert codes(text) == [code]
        check_against_schema(tmp_path, text)
