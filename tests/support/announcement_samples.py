"""Announcements for tests: of every kind, with every gap filled or only those that must be."""

from __future__ import annotations

import functools
from collections.abc import Collection
from dataclasses import replace

from bot.content import LoadedContent
from conversations.announcement_templates import TEMPLATES, AnnouncementKind, Gap, GapKind
from conversations.announcements import Announcement, default_audience
from tests.support.chat import shipped_content

PAGE = "https://www.goeppingen.de/integrationsplan/nachricht"
#: The languages of these stories: a few, so that every one of them can be written out.
LANGUAGES = ("de", "de_LS", "en", "tr", "ar")
SAMPLES = {
    GapKind.LINK: "https://www.goeppingen.de/integrationsplan/{name}",
    GapKind.DATE: "2027-11-18",
    GapKind.NUMBER: "1234",
    GapKind.FIELD: "arbeit",
}


@functools.cache
def in_five_languages() -> LoadedContent:
    """Return the shipped content of a town that offers the languages of these stories only."""
    loaded = shipped_content()
    offered = tuple(each for each in loaded.catalogues.offered if each.code in LANGUAGES)
    return replace(loaded, catalogues=replace(loaded.catalogues, offered=offered))


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
