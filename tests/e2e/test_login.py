# SPDX-License-Identifier: MIT
"""Signing in to a server that really checks it: NTLM and Kerberos by GSS-API's acceptors, with and without channel binding."""
import pytest

from stack import until


def account(stack):
    return stack.get("/api/health").json()["account"]


@pytest.mark.parametrize("protection", ["none", "allow", "require"])
@pytest.mark.parametrize("auth, scheme", [("ntlm", "NTLM"), ("negotiate", "Negotiate (NTLM)")])
def test_a_password_signs_in_whatever_the_extended_protection(make_stack, auth, scheme, protection):
    stack = make_stack(rooms=2, items=5, auth=auth, extended_protection=protection)
    assert stack.sim.counters()["logins_refused"] == 0
    assert account(stack)["login"]["scheme"] == scheme
