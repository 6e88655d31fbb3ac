# SPDX-License-Identifier: MIT
"""FindItem with a CalendarView: the window's edges, the two-year limit, the count limit, and an order that means nothing."""
import folders
import shape
from messages import Refusal, success
from soap import NAMES, Fault, invalid_request, schema_violation
from xmltext import parse_timestamp, timestamp

# EWSFindCountLimit: it is a budget of the account, and cannot be asked for.
COUNT_LIMIT = 1000


class CalendarView:
    def __init__(self, element):
        if element is None:
            raise Refusal("ErrorInvalidOperation", "The stand-in answers FindItem with a CalendarView only.")
        self.start = self._moment(element, "StartDate")
        self.end = self._moment(element, "EndDate")
        self.at_most = self._at_most(element)

    @staticmethod
    def _moment(element, name):
        value = element.get(name)
        if value is None:
            raise schema_violation(f"The required attribute '{name}' is missing.")
        try:
            return parse_timestamp(value)
        except ValueError:
            raise invalid_request() from None

    @staticmethod
    def _at_most(element):
        value = element.get("MaxEntriesReturned")
        if value is None:
            return None
        if not value.isdigit() or int(value) < 1:
            raise schema_violation(f"The 'MaxEntriesReturned' attribute is invalid - The value '{value}' is invalid.")
        return int(value)

    def check(self):
        if self.end < self.start:
            raise Refusal("ErrorCalendarEndDateIsEarlierThanStartDate")
        if self.end > _two_years_after(self.start):
            raise Refusal("ErrorCalendarViewRangeTooBig")


def _two_years_after(moment):
    try:
        return moment.replace(year=moment.year + 2)
    except ValueError:  # 29 February
        return moment.replace(year=moment.year + 2, month=3, day=1)


def find_item(call):
    request = call.request
    _check_view_alone(request.element)
    elements = request.element.findall("m:ParentFolderIds/*", NAMES)
    try:
        view = CalendarView(request.element.find("m:CalendarView", NAMES))
        wanted = shape.read(request.element.find("m:ItemShape", NAMES), request, True, call.world.settings.organizer_address)
    except Refusal as refusal:
        return [call.refused(refusal) for _ in elements]
    mailboxes = folders.Mailboxes(call.world.settings.folders_max)
    done = []
    for element in elements:
        try:
            folder = folders.resolve(element, request, call.world.rooms)
            mailboxes.open(folder.room)
            done.append(success("FindItem", _one_folder(call, folder.room, view, wanted)))
        except Refusal as refusal:
            done.append(call.refused(refusal))
    return done


def _check_view_alone(element):
    """A CalendarView goes with neither Restriction nor SortOrder."""
    if element.find("m:CalendarView", NAMES) is not None:
        if element.find("m:Restriction", NAMES) is not None or element.find("m:SortOrder", NAMES) is not None:
            raise Fault("ErrorInvalidRequest", "Restrictions and sort order may not be specified for a CalendarView.")


def _one_folder(call, room, view, wanted):
    call.counters.window(room, timestamp(view.start), timestamp(view.end))
    call.check_room(room)
    view.check()
    found = call.world.rooms.view(room).between(view.start, view.end)
    left = call.find_budget(COUNT_LIMIT)
    if view.at_most is None and len(found) > left:
        raise Refusal("ErrorExceededFindCountLimit", values={"PolicyLimit": COUNT_LIMIT})
    shown = found if view.at_most is None else found[:min(view.at_most, left)]
    call.spend(len(shown))
    return root_folder([wanted.render(occurrence) for occurrence in sorted(shown, key=_no_order)],
                       len(shown) == len(found))


def _no_order(occurrence):
    """Exchange promises no order, so clients must sort: items come deterministically mixed (by multiplicative hashing)."""
    planned = 0 if occurrence.planned is None else int(occurrence.planned.timestamp()) // 60
    return (occurrence.entry.number * 2654435761 + planned * 40503) & 0xFFFFFFFF, occurrence.start


def root_folder(items, is_complete):
    flag = "true" if is_complete else "false"
    return b"".join((f'<m:RootFolder TotalItemsInView="{len(items)}" IncludesLastItemInRange="{flag}"><t:Items>'.encode(),
                     *items, b"</t:Items></m:RootFolder>"))
