# SPDX-License-Identifier: MIT
"""Response messages: what one folder or one item of a request is answered with, and Exchange's words for its codes."""
from xmltext import attribute, escape

# Response code -> Exchange's English text.  Real servers localise it; clients must go by the code.
TEXTS = {
    "ErrorBatchProcessingStopped": "The batch processing has been stopped.",
    "ErrorCalendarViewRangeTooBig": "The specified view range exceeds the maximum range of two years.",
    "ErrorCalendarEndDateIsEarlierThanStartDate": "EndDate is earlier than StartDate",
    "ErrorExceededFindCountLimit": "You have exceeded the maximum number of objects that can be returned for the find operation."
                                   " Use paging to reduce the result size and try your request again.",
    "ErrorFolderNotFound": "The specified folder could not be found in the store.",
    "ErrorInternalServerError": "An internal server error occurred. The operation failed.",
    "ErrorInvalidIdMalformed": "Id is malformed.",
    "ErrorInvalidOperation": "The request is invalid for this operation.",
    "ErrorInvalidPropertyRequest": "The property is not valid for this object type.",
    "ErrorItemNotFound": "The specified object was not found in the store., The process failed to get the correct properties.",
    "ErrorMissingEmailAddress": "When making a request as an account that does not have a mailbox, you must specify the mailbox"
                                " primary SMTP address for any distinguished folder Ids.",
    "ErrorNameResolutionNoResults": "No results were found.",
    "ErrorNonExistentMailbox": "The SMTP address has no mailbox associated with it.",
    "ErrorServerBusy": "The server cannot service this request right now. Try again later.",
    "ErrorTooManyObjectsOpened": "Too many concurrent connections opened. Cannot open mailbox.",
    "ErrorAccessDenied": "Access is denied. Check credentials and try again.",
    "ErrorTimeoutExpired": "The request timed out.",
    "ErrorMailboxMoveInProgress": "Mailbox move in progress. Try again later.",
    "ErrorMailboxFailover": "The mailbox was moved or is failing over.",
    "ErrorInternalServerTransientError": "An internal server error occurred. Try again later.",
    "ErrorImpersonateUserDenied": "The account does not have permission to impersonate the requested user.",
}

# What Exchange puts into an error's message because the schema wants it there.
_EMPTY = {"GetItem": b"<m:Items/>", "GetFolder": b"<m:Folders/>"}


# The response to these is itself the response message; of others it holds them.
BARE = {"GetRoomLists", "GetRooms"}


def _element(operation):
    return f"m:{operation}Response" if operation in BARE else f"m:{operation}ResponseMessage"


class Refusal(Exception):
    """One folder or item of a request is refused; the others are answered all the same."""

    def __init__(self, code, text=None, values=None, field=""):
        super().__init__(code)
        self.code = code
        self.text = text or TEXTS.get(code, code)
        self.values = values or {}
        self.field = field  # the path element of the property it is about


def success(operation, inner):
    element = _element(operation)
    return b"".join((f'<{element} ResponseClass="Success"><m:ResponseCode>NoError</m:ResponseCode>'.encode(),
                     inner, f"</{element}>".encode()))


def failure(operation, refusal, response_class="Error"):
    values = "".join(f'<t:Value Name="{attribute(name)}">{escape(str(value))}</t:Value>' for name, value in refusal.values.items())
    inside = refusal.field + values
    message_xml = f"<m:MessageXml>{inside}</m:MessageXml>" if inside else ""
    element = _element(operation)
    return (f'<{element} ResponseClass="{response_class}"><m:MessageText>{escape(refusal.text)}</m:MessageText>'
            f"<m:ResponseCode>{escape(refusal.code)}</m:ResponseCode><m:DescriptiveLinkKey>0</m:DescriptiveLinkKey>{message_xml}"
            ).encode() + _EMPTY.get(operation, b"") + f"</{element}>".encode()
