"""The calendar file of a forum (Fachforum) or of the council: one event that a phone can take over.

Escaping and folding are the library's. Words come from outside, in the language of the person; this
module must not know texts, nor who gets the file. `bot.programme.file_ics` reads such files back.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

from icalendar import Calendar
from icalendar import Event as CalendarEvent

from conversations.programme import COUNCIL_TOPIC, Event, Forum, field_of_topic

_PRODUCT = "-//Mitreden//Mitreden//DE"
_KEPT_CONTROLS = "\n\t"


def write_calendar(
    topic: str, event: Event, *, summary: str, description: str, url: str, host: str, now: dt.datetime
) -> bytes:
    """Write the calendar file of an event. Raises: LookupError when its date is open.

    The UID stays the same for ever and SEQUENCE grows with every change, so that a later file takes
    the place of an earlier one.

    The method is PUBLISH for a cancelled event too, with STATUS:CANCELLED, which RFC 5546 §3.2.1
    allows. Its own way would be CANCEL (§4.1.3), but §3.2.5 defines that as a message from the
    organizer to the attendees of an earlier request. Here nobody was invited: programs that import
    such a file change nothing (nextcloud/calendar #3053) or add a second event (pimutils/khal #1072).
    Many show no status at all, so `summary` has to say that the event is cancelled.

    There is no ORGANIZER, although §3.2.1 asks for one: it would have to be an address, and programs
    then take the file for an invitation to be answered.
    """
    meeting = event.meeting
    if meeting is None:
        raise LookupError(f"{topic} has no date")
    is_cancelled = isinstance(event, Forum) and event.cancellation is not None
    entry = CalendarEvent()
    entry.add("uid", f"{topic}@{host}")
    entry.add("sequence", event.revision - 1)
    entry.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    entry.add("dtstamp", now.astimezone(dt.UTC))
    entry.add("last-modified", now.astimezone(dt.UTC))
    entry.add("dtstart", meeting.starts.astimezone(dt.UTC))
    entry.add("dtend", meeting.over_at.astimezone(dt.UTC))
    entry.add("summary", _plain(summary))
    entry.add("location", _plain(meeting.where))
    entry.add("transp", "OPAQUE")
    if description:
        entry.add("description", _plain(description))
    if url:
        entry.add("url", url)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _PRODUCT)
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    raw: bytes = calendar.to_ical()
    return raw


def calendar_file_name(topic: str) -> str:
    """Name the calendar file of an event. Raises: LookupError for a topic that is no event.

    >>> calendar_file_name("forum_arbeit"), calendar_file_name("council")
    ('fachforum-arbeit.ics', 'gemeinderat.ics')
    """
    if topic == COUNCIL_TOPIC:
        return "gemeinderat.ics"
    if code := field_of_topic(topic):
        return f"fachforum-{code}.ics"
    raise LookupError(f"{topic} is no event")


def _plain(words: str) -> str:
    """Leave out what RFC 5545 §3.1 forbids in a text (control characters) and UTF-8 cannot hold."""
    words = words.replace("\r\n", "\n").replace("\r", "\n")
    words = "".join(sign for sign in words if sign in _KEPT_CONTROLS or unicodedata.category(sign) != "Cc")
    return words.encode("utf-8", "replace").decode("utf-8")
