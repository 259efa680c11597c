"""An announcement as JSON, for whoever stores it.

What an older version has written is read; what it did not know has its default.
"""

from __future__ import annotations

import json
from typing import Any

from conversations.announcement_templates import AnnouncementKind
from conversations.announcements import Announcement, Audience, Mode


def announcement_to_json(announcement: Announcement) -> str:
    """Write an announcement; the same one is always written in the same way."""
    audience = announcement.audience
    data: dict[str, Any] = {
        "kind": announcement.kind.value,
        "mode": announcement.mode.value,
        "values": dict(announcement.values),
        "words": {language: dict(words) for language, words in announcement.words.items()},
        "held_back": sorted(announcement.held_back),
        "audience": {
            "topics": sorted(audience.topics),
            "languages": sorted(audience.languages),
            "coming_to": audience.coming_to,
            "everyone": audience.everyone,
            "got": audience.got,
        },
        "page_url": announcement.page_url,
    }
    return json.dumps(data, ensure_ascii=False, sort_keys=True)


def announcement_from_json(written: str) -> Announcement:
    """Read what `announcement_to_json` wrote."""
    data: dict[str, Any] = json.loads(written)
    audience: dict[str, Any] = data.get("audience", {})
    return Announcement(
        AnnouncementKind(data["kind"]),
        Mode(data.get("mode", Mode.SEND.value)),
        values=data.get("values", {}),
        words=data.get("words", {}),
        held_back=frozenset(data.get("held_back", ())),
        audience=Audience(
            frozenset(audience.get("topics", ())),
            frozenset(audience.get("languages", ())),
            audience.get("coming_to", ""),
            audience.get("everyone", False),
            audience.get("got"),
        ),
        page_url=data.get("page_url", ""),
    )
