# SPDX-License-Identifier: MIT
"""The operations: one row each, what a request for it must look like and who answers it.

A handler takes a Call and gives response messages.  What concerns one folder or item is a Refusal and becomes that one's
message; what concerns the whole request is a soap.Fault and ends it.
"""
import typing

import folders
import ids
import impersonation
import shape
import soap
import timezones
from find_item import find_item
from messages import BARE, Refusal, success
from soap import NAMES, local
from writers import mailbox
from xmltext import attribute


class Operation(typing.NamedTuple):
    handler: typing.Callable
    attributes: tuple   # required
    children: tuple     # allowed, in the order the schema wants; a trailing "!" marks the required ones


def answer(call):
    """The response messages of a request, as a list of bytes; a soap.Fault when the request as a whole is refused."""
    operation = TABLE.get(call.request.operation)
    if operation is None:
        raise soap.invalid_request()
    check(call.request.element, operation)
    return operation.handler(call)


def reply(call):
    """The body of the reply to a request; a soap.Fault as above."""
    messages, operation, server = answer(call), call.request.operation, call.world.server
    if operation in BARE:
        return soap.bare_envelope(messages[0], server)
    return soap.envelope(operation, messages, server)


def check(element, operation):
    """What the schema says about the request element: required attributes, and its children in their order."""
    for name in operation.attributes:
        if element.get(name) is None:
            raise soap.schema_violation(f"The required attribute '{name}' is missing.")
    order = [name.rstrip("!") for name in operation.children]
    position = 0
    for child in element:
        name = local(child.tag)
        if child.tag != f"{{{soap.MESSAGES}}}{name}" or name not in order[position:]:
            raise soap.schema_violation(f"The element '{local(element.tag)}' has invalid child element '{name}'.")
        position = order.index(name)
    for name in operation.children:
        if name.endswith("!") and element.find(f"m:{name.rstrip('!')}", NAMES) is None:
            raise soap.schema_violation(f"The element '{local(element.tag)}' has incomplete content: '{name[:-1]}' is missing.")


def rooms_touched(request, rooms):
    """The rooms a request speaks of, each once, in order: for counters and for faults on request."""
    found = {}
    for element in request.element.iter():
        kind = local(element.tag)
        if kind == "DistinguishedFolderId":
            found[rooms.find(folders.address_of(element, request))] = True
        elif kind == "FolderId" or kind in _ITEM_IDS:
            reader = ids.read_folder_id if kind == "FolderId" else ids.read_item_id
            parts = reader(element.get(_ITEM_IDS.get(kind, "Id"), ""))
            found[parts and rooms.by_number(parts[0])] = True
    return [room for room in found if room is not None]


# The ways to name an item, and the attribute that holds the id.
_ITEM_IDS = {"ItemId": "Id", "RecurringMasterItemId": "OccurrenceId", "OccurrenceItemId": "RecurringMasterId"}


def batch_size(request):
    """How many folders or items a request asks for."""
    return sum(len(element) for element in request.element if local(element.tag) in ("ItemIds", "FolderIds", "ParentFolderIds"))


def one_by_one(call, elements, answer_one):
    """A response message for each element, in the order of the request."""
    done = []
    for element in elements:
        try:
            done.append(success(call.request.operation, answer_one(element)))
        except Refusal as refusal:
            if not (call.world.settings.folders_left_out and isinstance(refusal, folders.TooMany)):
                done.append(call.refused(refusal))
    return done


def get_folder(call):
    request = call.request
    elements = request.element.findall("m:FolderIds/*", NAMES)
    try:
        wanted = folders.read_shape(request.element.find("m:FolderShape", NAMES), request,
                                    call.world.settings.change_marks)
    except Refusal as refusal:
        return [call.refused(refusal) for _ in elements]
    mailboxes = folders.Mailboxes(call.world.settings.folders_max)

    def answer_one(element):
        folder = folders.resolve(element, request, call.world.rooms)
        mailboxes.open(folder.room)
        call.check_room(folder.room)
        return b"<m:Folders>" + folders.render(folder, wanted) + b"</m:Folders>"

    return one_by_one(call, elements, answer_one)


def get_item(call):
    request, rooms = call.request, call.world.rooms
    elements = request.element.findall("m:ItemIds/*", NAMES)
    try:
        wanted = shape.read(request.element.find("m:ItemShape", NAMES), request, False, call.world.settings.organizer_address)
    except Refusal as refusal:
        return [call.refused(refusal) for _ in elements]

    def answer_one(element):
        given = element.get(_ITEM_IDS.get(local(element.tag), ""), "")
        parts = ids.read_item_id(given)
        if parts is None:
            raise Refusal("ErrorInvalidIdMalformed")
        room = rooms.by_number(parts[0])
        if room is None or not impersonation.may_see(request, room):
            raise Refusal("ErrorItemNotFound")
        call.counters.item_asked(room)
        call.check_room(room, given)
        rooms.view(room)  # which keeps the room in memory, and others out
        occurrence = _named(room, element, *parts[1:])
        if occurrence is None:
            raise Refusal("ErrorItemNotFound")
        call.items += 1
        return b"<m:Items>" + wanted.render(occurrence) + b"</m:Items>"

    return one_by_one(call, elements, answer_one)


def _named(room, element, entry, planned):
    """The item that one of _ITEM_IDS means: a meeting, the master of a series, or its n-th meeting."""
    kind = local(element.tag)
    found = room.find(entry, None if kind == "RecurringMasterItemId" else planned)
    if kind != "OccurrenceItemId" or found is None:
        return found
    number = element.get("InstanceIndex", "")
    starts = list(found.entry.local_starts()) if found.kind == "RecurringMaster" else []
    if not number.isdigit() or not 1 <= int(number) <= len(starts):
        raise Refusal("ErrorCalendarOccurrenceIndexIsOutOfRecurrenceRange")
    return room.find(entry, starts[int(number) - 1])


def resolve_names(call):
    """Rooms whose name or address begins with what was asked."""
    asked = call.request.element.findtext("m:UnresolvedEntry", "", NAMES).lower().removeprefix("smtp:")
    found = [room for room in call.world.rooms.all if asked and room.access != "none"
             and (room.name.lower().startswith(asked) or room.mailbox.lower().startswith(asked))][:100]
    if not found:
        return [call.refused(Refusal("ErrorNameResolutionNoResults"))]
    inner = "".join(f"<t:Resolution>{mailbox(room.name, room.mailbox)}</t:Resolution>" for room in found)
    return [success("ResolveNames", (f'<m:ResolutionSet TotalItemsInView="{len(found)}" IncludesLastItemInRange="true">'
                                     f"{inner}</m:ResolutionSet>").encode())]


def get_room_lists(call):
    inner = "".join(mailbox(one.name, one.mailbox, "PublicDL", "Address") for one in call.world.rooms.lists)
    return _from_address_book(call, lambda: f"<m:RoomLists>{inner}</m:RoomLists>")


def get_rooms(call):
    asked = call.request.element.findtext("m:RoomList/t:EmailAddress", "", NAMES).strip()

    def answer_all():
        found = call.world.rooms.of_list(asked)
        if found is None:
            raise Refusal("ErrorNameResolutionNoResults")
        inner = "".join(f"<t:Room>{mailbox(room.name, room.mailbox, element='Id')}</t:Room>" for room in found)
        return f"<m:Rooms>{inner}</m:Rooms>"

    return _from_address_book(call, answer_all)


def _from_address_book(call, answer_all):
    """The one response message of a question that is about no mailbox."""
    try:
        call.check_room(None)
        return [success(call.request.operation, answer_all().encode())]
    except Refusal as refusal:
        return [call.refused(refusal)]


def convert_id(call):
    """Ids of ours stay what they are; any other is malformed.  exchangelib asks this to learn the server's version."""
    destination = call.request.element.get("DestinationFormat")

    def answer_one(element):
        given = element.get("Id", "")
        if ids.read_item_id(given) is None and ids.read_folder_id(given) is None:
            raise Refusal("ErrorInvalidIdMalformed")
        return (f'<m:AlternateId xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="t:AlternateIdType"'
                f' Format="{attribute(destination)}" Id="{given}" Mailbox="{attribute(element.get("Mailbox", ""))}"/>').encode()

    return one_by_one(call, call.request.element.findall("m:SourceIds/*", NAMES), answer_one)


def get_server_time_zones(call):
    wanted = {element.text for element in call.request.element.findall("m:Ids/t:Id", NAMES)}
    full = call.request.element.get("ReturnFullTimeZoneData", "false") in ("true", "1")
    zones = "".join(
        f"<t:TimeZoneDefinition {timezones.definition_attributes(iana)}>{timezones.definition_body(iana) if full else ''}"
        "</t:TimeZoneDefinition>" for windows, iana, _ in timezones.ZONES if not wanted or windows in wanted)
    return [success("GetServerTimeZones", f"<m:TimeZoneDefinitions>{zones}</m:TimeZoneDefinitions>".encode())]


TABLE = {
    "GetFolder": Operation(get_folder, (), ("FolderShape!", "FolderIds!")),
    "FindItem": Operation(find_item, ("Traversal",), (
        "ItemShape!", "IndexedPageItemView", "FractionalPageItemView", "CalendarView", "ContactsView", "GroupBy",
        "DistinguishedGroupBy", "Restriction", "SortOrder", "ParentFolderIds!", "QueryString")),
    "GetItem": Operation(get_item, (), ("ItemShape!", "ItemIds!")),
    "GetRoomLists": Operation(get_room_lists, (), ()),
    "GetRooms": Operation(get_rooms, (), ("RoomList!",)),
    "ResolveNames": Operation(resolve_names, ("ReturnFullContactData",), ("ParentFolderIds", "UnresolvedEntry!")),
    "ConvertId": Operation(convert_id, ("DestinationFormat",), ("SourceIds!",)),
    "GetServerTimeZones": Operation(get_server_time_zones, (), ("Ids",)),
}
