"""Every announcement that can be sent, with all its gaps and with as few as may be: for `every_screen`."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import replace

from conversations.announcement_templates import AnnouncementKind, Gap, GapKind
from conversations.announcements import Announcement, Audience, Mode, announcement_screen, default_audience
from conversations.content import Content
from conversations.screens import Screen

_WORDS = "…"
#: An address that staff may give, about as long as they are.
_URL = "https://www.goeppingen.de/integrationsplan/beschluss?seite=1"


def list_announcements(
    content: Content, languages: tuple[str, ...], day: dt.date
) -> Iterator[tuple[str, Screen]]:
    """Make every kind, as it is sent, as a correction, and as it is changed, each with a name."""
    for kind, short in itertools.product(AnnouncementKind, (False, True)):
        written = Announcement(kind, page_url="" if short else _URL)
        for field_code in content.field_codes if written.template.find_gap("field") else ("",):
            filled = _fill(written, languages, day, field_code, short=short)
            for mode, got in ((Mode.SEND, None), (Mode.SEND, 1), (Mode.EDIT, 1)):
                audience = Audience(got=got) if got else default_audience(kind, filled.values)
                sent = replace(filled, mode=mode, audience=audience)
                name = f"{kind.value} {field_code} ({'short' if short else 'full'}, {mode.value}, {got})"
                yield name, announcement_screen(sent, languages[0], today=day)


def _fill(
    written: Announcement, languages: tuple[str, ...], day: dt.date, field_code: str, *, short: bool
) -> Announcement:
    samples = {
        GapKind.LINK: _URL,
        GapKind.DATE: day.isoformat(),
        GapKind.NUMBER: "1000",
        GapKind.FIELD: field_code,
    }
    values = {gap.name: samples[gap.kind] for gap in _wanted(written.template.values, short=short)}
    words = {gap.name: _WORDS for gap in _wanted(written.template.words, short=short)}
    return replace(written, values=values, words=dict.fromkeys(languages, words))


def _wanted(gaps: tuple[Gap, ...], *, short: bool) -> Iterator[Gap]:
    return (gap for gap in gaps if not (short and gap.optional))
