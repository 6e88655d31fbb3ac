# SPDX-License-Identifier: MIT
"""Folders: which room an id in a request means, whether the caller may see it, and the properties of a folder.

One row per folder property, in schema order, as in properties.py.
"""
import ids
import impersonation
import properties
import shape
from messages import Refusal
from properties import V2010, V2013, Property
from soap import NAMES, local, schema_violation
from writers import identity, plain, rights, text, xml
from xmltext import attribute, timestamp


class Folder:
    """A folder of a room's mailbox: the calendar, or one of the two roots above it."""

    _PARENTS = {"calendar": "msgfolderroot", "msgfolderroot": "root", "root": "root"}
    _NAMES = {"calendar": "Calendar", "msgfolderroot": "Top of Information Store", "root": "Root"}

    def __init__(self, room, name):
        self.room = room
        self.name = name

    without = ()  # nothing is ever left out of a folder

    @property
    def is_calendar(self):
        return self.name == "calendar"

    def _identity_of(self, name):
        return ids.folder_id(self.room.mailbox, self.room.number, name), ids.change_key(self.room.mailbox, name)

    def identity(self):
        return self._identity_of(self.name)

    def parent(self):
        return self._identity_of(self._PARENTS[self.name])

    def display_name(self):
        return self._NAMES[self.name]

    def folder_class(self):
        return "IPF.Appointment" if self.is_calendar else None

    def total(self):
        return len(self.room.entries) if self.is_calendar else 0

    def children(self):
        return 0 if self.is_calendar else 1

    def unread(self):
        return None if self.is_calendar else 0

    def committed(self):
        return self.room.commit_time if self.is_calendar else None

    def deleted(self):
        return self.room.deleted_count if self.is_calendar else None


ROWS = (
    Property("folder:FolderId", "FolderId", identity, Folder.identity, default=True),
    Property("folder:ParentFolderId", "ParentFolderId", identity, Folder.parent),
    Property("folder:FolderClass", "FolderClass", plain, Folder.folder_class),
    Property("folder:DisplayName", "DisplayName", text, Folder.display_name, default=True),
    Property("folder:TotalCount", "TotalCount", plain, Folder.total, default=True),
    Property("folder:ChildFolderCount", "ChildFolderCount", plain, Folder.children, default=True),
    Property(properties.EXTENDED, "ExtendedProperty", xml, properties.NONE),
    Property("folder:ManagedFolderInformation", "ManagedFolderInformation", xml, properties.NONE),
    Property("folder:EffectiveRights", "EffectiveRights", rights, properties.reviewer),
    Property("folder:DistinguishedFolderId", "DistinguishedFolderId", plain, lambda folder: folder.name, since=V2013),
    Property("folder:SharingEffectiveRights", "SharingEffectiveRights", plain, properties.NONE, since=V2010),
    Property("folder:PermissionSet", "PermissionSet", xml, properties.NONE),  # for owners only; a delegate sees none
    Property("folder:UnreadCount", "UnreadCount", plain, Folder.unread),
)
BY_URI = {row.uri: row for row in ROWS if row.uri != properties.EXTENDED}


def _system_time(source):
    return lambda folder: None if source(folder) is None else timestamp(source(folder))


def _integer(source):
    return lambda folder: None if source(folder) is None else str(source(folder))


MAPI = {
    (0x670A, "SystemTime"): _system_time(Folder.committed),  # PR_LOCAL_COMMIT_TIME_MAX
    (0x670B, "Integer"): _integer(Folder.deleted),           # PR_DELETED_COUNT_TOTAL
}


def read_shape(element, request, change_marks):
    """The Shape in a FolderShape element; without `change_marks` nobody keeps MAPI's properties."""
    base = element.findtext("t:BaseShape", "", NAMES)
    if base not in ("IdOnly", "Default", "AllProperties"):
        raise schema_violation(f"The 'BaseShape' element is invalid - The value '{base}' is invalid.")
    wanted = {row.uri for row in BY_URI.values() if row.since <= request.schema
              and (row.uri == "folder:FolderId" or base == "AllProperties" or (base == "Default" and row.default))}
    extended = []
    for path in element.findall("t:AdditionalProperties/*", NAMES):
        if local(path.tag) == "ExtendedFieldURI":
            source = change_marks and MAPI.get(shape.extended_key(path)) or properties.NONE
            extended.append(properties.extended(shape.extended_attributes(path), source))
        else:
            wanted.add(_known(path.get("FieldURI", "")))
    rows = []
    for row in ROWS:
        rows.extend(extended if row.uri == properties.EXTENDED else [row] if row.uri in wanted else [])
    return shape.Shape(tuple(rows), False, request, "Best")


def _known(uri):
    if uri not in BY_URI:
        raise Refusal("ErrorInvalidPropertyRequest", field=f'<t:FieldURI FieldURI="{attribute(uri)}"/>')
    return uri


def render(folder, wanted):
    element = "CalendarFolder" if folder.is_calendar else "Folder"
    inner = "".join(row.render(folder, wanted) for row in wanted.rows)
    return f"<t:{element}>{inner}</t:{element}>".encode()


def address_of(element, request):
    """The mailbox a DistinguishedFolderId speaks of; None for the caller's own, which has no calendar here."""
    given = element.findtext("t:Mailbox/t:EmailAddress", None, NAMES)
    return (given or request.impersonated or "").strip() or None


def resolve(element, request, rooms):
    """The Folder a FolderId or DistinguishedFolderId means, or a Refusal that says what Exchange would say."""
    kind, name = local(element.tag), element.get("Id", "")
    if kind == "FolderId":
        found = ids.read_folder_id(name)
        if found is None:
            raise Refusal("ErrorInvalidIdMalformed")
        room, name = rooms.by_number(found[0]), found[1]
    elif kind == "DistinguishedFolderId":
        address = address_of(element, request)
        if address is None:
            raise Refusal("ErrorMissingEmailAddress")
        room = rooms.find(address)
        if room is None:
            raise Refusal("ErrorNonExistentMailbox")
    else:
        raise schema_violation(f"The element '{kind}' is not expected among folder ids.")
    if room is None or not impersonation.may_see(request, room) or name not in ids.FOLDERS:
        raise Refusal("ErrorFolderNotFound")
    return Folder(room, name)


class TooMany(Refusal):
    """One mailbox more than a request may name."""

    def __init__(self):
        super().__init__("ErrorInternalServerError", "Too many concurrent connections opened. Cannot open mailbox.")


class Mailboxes:
    """The mailboxes one request has opened so far.  Seen on real servers: those after the sixteenth cannot be opened."""

    def __init__(self, at_most):
        self._at_most = at_most
        self._opened = set()

    def open(self, room):
        self._opened.add(room)
        if len(self._opened) > self._at_most:
            self._opened.discard(room)
            raise TooMany
