# SPDX-License-Identifier: MIT
"""ACCESS=impersonation: each request is made in the name of the one room that it is about, whatever the way to sign in."""
import re

import pytest

import steady
from kerberos import Realm
from stack import until

IMPERSONATED = re.compile(r"<t:PrimarySmtpAddress>([^<]*)</t:PrimarySmtpAddress>")
ENV = {"ACCESS": "impersonation"}


@pytest.fixture(scope="module")
def realm():
    with Realm() as made:
        yield made


def questions(stack):
    """Of what was asked lately: in whose name, by which header, and about which mailboxes."""
    for request in stack.sim.requests():
        if request["path"].endswith(".asmx") and request["body"]:
            headers = {name.lower(): value for name, value in request["headers"].items()}
            about = set(re.findall(r"<t:Mailbox><t:EmailAddress>([^<]*)<", request["body"]))
            yield IMPERSONATED.findall(request["body"]), headers.get("x-anchormailbox"), about


def error_of(stack, room):
    rooms = {each["room"]: each for each in stack.ask("/api/health")[0].json()["rooms"]}
    return rooms[room].get("error", {}).get("code")


@pytest.mark.parametrize("auth, options", [("basic", {}), ("ntlm", {"extended_protection": "require"}),
                                           ("negotiate", {"extended_protection": "require"})])
def test_who_has_to_impersonate_can_whatever_the_login(make_stack, auth, options):
    stack = make_stack(rooms=3, items=5, with_nginx=False, auth=auth, env={"AUTH": auth, **ENV},
                       prepare=lambda sim: sim.settings(impersonation="required"), **options)
    stack.wait_fresh()
    assert "room_failed" not in stack.log()


def test_kerberos_impersonates_too(make_stack, realm):
    stack = make_stack(rooms=3, items=5, with_nginx=False, auth="negotiate", extended_protection="require", realm=realm,
                       env={"KRB5_CLIENT_KTNAME": realm.account_keytab(), "PASSWORD": None, **ENV},
                       prepare=lambda sim: sim.settings(impersonation="required"))
    stack.wait_fresh()


def test_each_request_is_in_the_name_of_its_room_and_routed_to_it(make_stack):
    stack = make_stack(rooms=20, items=5, with_nginx=False, env={"ITEM_FIELDS": "title,start,end,organizer_email", **ENV})
    stack.wait_fresh()
    asked = list(questions(stack))
    assert len(asked) >= 40
    for impersonated, anchor, about in asked:
        assert impersonated == [anchor]
        assert about <= {anchor}


def test_a_room_that_the_account_may_not_be_is_told_and_the_others_are_shown(make_stack):
    def prepare(sim):
        sim.control("POST", "rooms/R002/access", {"access": "none"})
    stack = make_stack(rooms=3, items=5, with_nginx=False, env=ENV, prepare=prepare)
    until(lambda: error_of(stack, "R002") == "ErrorImpersonateUserDenied", "the room is refused")
    until(lambda: not error_of(stack, "R001") and not error_of(stack, "R003"), "the others are there")
    assert len(stack.ask("/api/calendar/R003")[0].json()) == 5
    stack.wait_log("give it ApplicationImpersonation for the room")


def test_without_it_the_accounts_own_rights_count(make_stack):
    stack = make_stack(rooms=2, items=5, with_nginx=False, env={"ACCESS": "delegate"})
    stack.wait_fresh()
    assert all(not impersonated for impersonated, _, _ in questions(stack))


def test_a_round_without_changes_costs_a_request_a_room(make_stack):
    stack = steady.make(make_stack, rooms=20, env=ENV)
    assert [steady.round_at(stack, 1, hours) for hours in (8, 10)] == [(20, 0)] * 2


@pytest.mark.parametrize("lists", ["rooms@example.org", "*"])
def test_room_lists_are_asked_for_in_the_name_of_the_first_room(make_stack, lists):
    stack = make_stack(sim_options=("--rooms", 3, "--items", 5, "--seed", 1, "--room-lists", 1, "--impersonation", "required"),
                       with_nginx=False, env={"ROOMS": "Lobby", "ROOM_EMAILS": "r002@example.org", "ROOM_LIST": lists, **ENV})
    until(lambda: len(stack.ask("/api/health")[0].json()["rooms"]) == 3, "the rooms of the list are found")
    stack.wait_fresh()
    asked = [(impersonated, anchor) for impersonated, anchor, about in questions(stack) if not about]
    assert asked and set(map(str, asked)) == {str((["r002@example.org"], "r002@example.org"))}
