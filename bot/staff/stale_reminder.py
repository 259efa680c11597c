"""The weekly reminder to the staff: what many people chose, and of which nobody has said what became of it.

On Monday at nine, or as soon as the bot runs after that. Must not know how it is sent, nor who of the staff
got it already (`staff_member.reminded_week`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from bot.rendering import Rendered, Renderer
from bot.staff.words import staff_language
from conversations.content import Content
from conversations.incoming import Action
from conversations.reminders import is_quiet
from conversations.screens import Block, Screen, action
from conversations.texts import text
from conversations.themes import field_of, theme_words
from storage.staff_members import Member

#: From when on a week counts as begun.
_REMINDED_AT = dt.time(9)
#: So many themes stand in one message, those that most people chose.
_MOST_LISTED = 20


def reminded_from(now: dt.datetime) -> dt.datetime | None:
    """Find the moment of this week from which the staff are reminded. None: not yet, or it is night.

    `now` is in the time zone of the programme. What has become due since then waits for the next week.
    """
    monday = now.date() - dt.timedelta(days=now.weekday())
    moment = dt.datetime.combine(monday, _REMINDED_AT, now.tzinfo)
    return None if now < moment or is_quiet(now) else moment


def write_stale_reminders(
    members: Iterable[Member], stale: Sequence[tuple[str, int]], content: Content, renderer: Renderer
) -> list[tuple[Member, Rendered]]:
    """Write the message to each member, with its button, in their language.

    `renderer` has the words of the staff. Without a stale theme there is nothing to say.
    """
    if not stale:
        return []
    screen = stale_screen(stale, content)
    return [(member, renderer.render(screen, staff_language(member.language))) for member in members]


def stale_screen(stale: Sequence[tuple[str, int]], content: Content) -> Screen:
    """Name the themes with the number of people who chose them, and the way to say what became of them."""
    blocks: list[Block] = [(text("staff.sta.stale"),)]
    for theme, people in stale[:_MOST_LISTED]:
        field_code = field_of(content, theme)
        if field_code is not None:
            words = theme_words(content, theme)
            name = text(f"field.{field_code}")
            blocks.append((text("staff.sta.stale_line", field_name=name, theme=words, n=people),))
    if len(stale) > _MOST_LISTED:
        blocks.append((text("staff.sta.stale_more", n=len(stale) - _MOST_LISTED),))
    blocks.append((text("staff.sta.stale_hint"),))
    return Screen(tuple(blocks), ((action("staff.btn.sta", Action.STAFF, "sta"),),))
