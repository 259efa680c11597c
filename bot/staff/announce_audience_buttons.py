"""The toggles with which the readers of an announcement are chosen: what each of them changes.

Buttons are untrusted: a topic or language that does not exist changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.staff import announce_deeds as deeds
from bot.staff.announce_audience_screens import (
    audience_forum_screen,
    audience_languages_screen,
    audience_screen,
    with_coming,
    with_everyone,
    with_language,
    with_topic,
)
from bot.staff.announce_desk import Desk, show
from bot.staff.announce_view import View
from bot.staff.area import AreaTurn
from conversations.announcements import Audience
from conversations.programme import GENERAL_TOPICS, forum_topic
from conversations.screens import Screen
from storage.announcements import Draft


def choose_topic(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    """Add the subscribers of a topic, or leave them out."""
    topic, _, on = more.partition(".")
    if topic not in _topics(desk):
        return desk.page(draft)
    audience = with_topic(draft.announcement.audience, topic, is_on=on == "1")
    return _choose(desk, draft, audience, audience_screen)


def choose_everyone(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    """Mean everybody, or nobody yet."""
    audience = with_everyone(draft.announcement.audience, is_on=more == "1")
    return _choose(desk, draft, audience, audience_screen)


def choose_language(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    """Mean the people of some languages only."""
    code, _, on = more.partition(".")
    offered = desk.visit.catalogues.offered
    audience = with_language(draft.announcement.audience, code, offered, is_on=on == "1")
    if audience is None:
        return desk.page(draft)
    return _choose(desk, draft, audience, audience_languages_screen)


def choose_forum(desk: Desk, draft: Draft, more: str) -> AreaTurn:
    """Mean those who come to a forum."""
    topic, _, on = more.partition(".")
    if topic not in _topics(desk) or topic in GENERAL_TOPICS:
        return desk.page(draft)
    audience = with_coming(draft.announcement.audience, topic, is_on=on == "1")
    return _choose(desk, draft, audience, audience_forum_screen)


def _choose(desk: Desk, draft: Draft, audience: Audience, draw: Callable[[View], Screen]) -> AreaTurn:
    if draft.announcement.audience.got is not None:
        return desk.page(draft)
    changed = deeds.change(desk, draft, replace(draft.announcement, audience=audience))
    notice = None if changed.state is draft.state else deeds.say_changed(draft, changed)
    return show(draw(desk.view(changed)), notice=notice)


def _topics(desk: Desk) -> tuple[str, ...]:
    return (*GENERAL_TOPICS, *(forum_topic(code) for code in desk.visit.content.field_codes))
