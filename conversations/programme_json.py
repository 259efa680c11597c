"""The programme as JSON, for whoever stores it: forums, council, and what people know about them.

What an older version has written is read; what it did not know has its default. Times are written
with their offset and read into the time zone of the programme.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

from conversations.programme import (
    COUNCIL_TOPIC,
    Cancellation,
    Council,
    Event,
    Forum,
    Meeting,
    Reason,
    Support,
)
from conversations.reminders import Known


def event_to_json(event: Event) -> str:
    """Write a forum or the council. How many come is not part of it."""
    data: dict[str, Any] = {"meeting": _meeting_to_data(event.meeting), "revision": event.revision}
    if isinstance(event, Forum):
        cancelled = event.cancellation
        data |= {
            "cancelled": None
            if cancelled is None
            else {
                "reason": None if cancelled.reason is None else cancelled.reason.value,
                "new_date_wanted": cancelled.new_date_wanted,
            },
            "childcare": event.support.childcare,
            "step_free": event.support.step_free,
            "interpreting": list(event.support.interpreting),
            "seats": event.seats,
            "map_url": event.map_url,
            "report_url": event.report_url,
            "opens": _day_to_data(event.opens),
            "closes": _day_to_data(event.closes),
        }
    else:
        data |= {
            "agenda_url": event.agenda_url,
            "question_time": event.has_question_time,
            "draft_day": _day_to_data(event.draft_day),
            "decided_day": _day_to_data(event.decided_day),
        }
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def event_from_json(topic: str, written: str, zone: dt.tzinfo) -> Event:
    """Read what `event_to_json` wrote."""
    data: dict[str, Any] = json.loads(written)
    meeting = _meeting_from_data(data["meeting"], zone)
    if topic == COUNCIL_TOPIC:
        return Council(
            meeting,
            data["revision"],
            agenda_url=data.get("agenda_url", ""),
            has_question_time=data.get("question_time", False),
            draft_day=_day_from_data(data.get("draft_day")),
            decided_day=_day_from_data(data.get("decided_day")),
        )
    cancelled = data.get("cancelled")
    reason = None if cancelled is None or cancelled["reason"] is None else Reason(cancelled["reason"])
    return Forum(
        meeting,
        data["revision"],
        cancellation=None if cancelled is None else Cancellation(reason, cancelled["new_date_wanted"]),
        support=Support(
            data.get("childcare", False),
            data.get("step_free", False),
            tuple(data.get("interpreting", ())),
        ),
        seats=data.get("seats"),
        map_url=data.get("map_url", ""),
        report_url=data.get("report_url", ""),
        opens=_day_from_data(data.get("opens")),
        closes=_day_from_data(data.get("closes")),
    )


def known_to_json(known: Iterable[Known]) -> str:
    """Write what people may know about a meeting."""
    return json.dumps(
        [_meeting_to_data(each) if isinstance(each, Meeting) else each for each in known], ensure_ascii=False
    )


def known_from_json(written: str, zone: dt.tzinfo) -> tuple[Known, ...]:
    """Read what `known_to_json` wrote."""
    found: list[Known] = []
    for each in json.loads(written):
        if each in ("open", "cancelled"):
            found.append(each)
        elif (meeting := _meeting_from_data(each, zone)) is not None:
            found.append(meeting)
    return tuple(found)


def meetings_to_json(meetings: Iterable[Meeting]) -> str:
    """Write meetings that are no longer valid."""
    return known_to_json(meetings)


def meetings_from_json(written: str, zone: dt.tzinfo) -> tuple[Meeting, ...]:
    """Read what `meetings_to_json` wrote."""
    return tuple(each for each in known_from_json(written, zone) if isinstance(each, Meeting))


def _meeting_to_data(meeting: Meeting | None) -> dict[str, Any] | None:
    if meeting is None:
        return None
    return {
        "starts": meeting.starts.isoformat(),
        "ends": None if meeting.ends is None else meeting.ends.isoformat(),
        "place": meeting.place,
        "address": meeting.address,
    }


def _meeting_from_data(data: dict[str, Any] | None, zone: dt.tzinfo) -> Meeting | None:
    if data is None:
        return None
    ends = data["ends"]
    return Meeting(
        dt.datetime.fromisoformat(data["starts"]).astimezone(zone),
        data["place"],
        None if ends is None else dt.datetime.fromisoformat(ends).astimezone(zone),
        data["address"],
    )


def _day_to_data(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day_from_data(written: str | None) -> dt.date | None:
    return None if written is None else dt.date.fromisoformat(written)
