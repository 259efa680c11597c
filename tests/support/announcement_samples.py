"""Announcements for tests: of every kind, with every gap filled or only those that must be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from conversations.announcement_templates import TEMPLATES, AnnouncementKind, Gap, GapKind
from conversations.announcements import Announcement, default_audience
from conversations.languages import LANGUAGES as SHIPPED

PAGE = "https://www.goeppingen.de/integrationsplan/nachricht"
LANGUAGES = tuple(language.code for language in SHIPPED)
SAMPLES = {
    GapKind.LINK: "https://www.goeppingen.de/integrationsplan/{name}",
    GapKind.DATE: "2027-11-18",
    GapKind.NUMBER: "1234",
    GapKind.FIELD: "arbeit",
}


def make_announcement(
    kind: AnnouncementKind, languages: Collection[str] = LANGUAGES, *, short: bool = False
) -> Announcement:
    """Make one that can be sent; `short` leaves out every gap that may stay empty."""

    def has(gap: Gap) -> bool:
        return not (short and gap.optional)

    template = TEMPLATES[kind]
    values = {gap.name: SAMPLES[gap.kind].format(name=gap.name) for gap in template.values if has(gap)}
    words = {
        code: {gap.name: f"{gap.name} in {code}.\nZweite Zeile." for gap in template.words if has(gap)}
        for code in languages
    }
    made = Announcement(
        kind, values=values, words=words, audience=default_audience(kind, values), page_url=PAGE
    )
    if kind is AnnouncementKind.FREE:
        return replace(made, audience=replace(made.audience, topics=frozenset({"results"})))
    return made
