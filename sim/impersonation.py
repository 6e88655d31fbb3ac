# SPDX-License-Identifier: MIT
"""ExchangeImpersonation: who may be somebody else, and what a request as somebody else may see.

The stand-in knows no rights of rooms on each other: who is a room sees that room's own folders and nothing else.
"""
import soap

CHOICES = ("allowed", "required", "denied")


def check(request, app_only, world):
    """soap.Fault when the request may not be made in this name, or must be made in some."""
    if request.impersonated is None:
        if app_only or world.settings.impersonation == "required":
            raise soap.Fault("ErrorInvalidExchangeImpersonationHeaderData",
                             "ExchangeImpersonation SOAP header must be present for this type of OAuth token.")
        return
    room = world.rooms.find_mailbox(request.impersonated)
    if room is None:
        raise soap.Fault("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")
    if world.settings.impersonation == "denied" or room.access == "none":
        raise soap.Fault("ErrorImpersonateUserDenied", "The account does not have permission to impersonate the requested user.")


def may_see(request, room):
    """Whether the calendar of a room is readable in this request."""
    if request.impersonated is not None:
        return room.mailbox.lower() == request.impersonated.lower()
    return room.access != "none"
