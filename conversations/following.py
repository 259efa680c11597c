"""What people do about themes of which they want to hear again: tick, agree, decline, switch off.

The ticks stand in the session of the person; only with their yes do the themes go to the contact.
"""

from __future__ import annotations

from dataclasses import replace

from conversations.environment import Scene
from conversations.events import (
    Change,
    ConsentGiven,
    Placement,
    PoppedUp,
    ThemesFollowed,
    ThemesUnfollowed,
)
from conversations.follow_sheets import read_ticks, write_ticks
from conversations.person import Consent, Purpose
from conversations.session import Session, Sheet, SheetName
from conversations.texts import Text, text
from conversations.themes import offered_themes
from conversations.turn import Turn, show, show_again


def open_follow(scene: Scene, field_code: str, placement: Placement) -> Turn:
    """Ask of which chosen themes of a field somebody wants to hear again. Nothing is ticked."""
    session = scene.person.session
    if session is None or not offered_themes(scene, field_code):
        return show_again(scene, placement)
    asked = session.follow_asked
    if field_code not in asked:
        session = replace(session, follow_asked=(*asked, field_code))
    scene = replace(scene, person=replace(scene.person, session=session))
    return show(scene, Sheet(SheetName.FOLLOW, field_code), placement)


def is_follow_open(scene: Scene, field_code: str) -> bool:
    """Tell whether somebody is being asked about the themes of a field."""
    opened = _find_opened(scene)
    return opened is not None and opened[0] == field_code


def tick_theme(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Tick a theme or take the tick away; twice changes nothing."""
    theme, _, switched_on = argument.rpartition(".")
    opened = _find_opened(scene)
    if opened is None or switched_on not in ("0", "1"):
        return show_again(scene, placement)
    field_code, ticked = opened
    if theme not in offered_themes(scene, field_code):
        return show_again(scene, placement)
    ticked = ticked | {theme} if switched_on == "1" else ticked - {theme}
    return show(scene, Sheet(SheetName.FOLLOW, write_ticks(field_code, ticked)), placement)


def agree_following(scene: Scene, field_code: str, placement: Placement) -> Turn:
    """Record the consent (Einwilligung) to be told of the ticked themes, and go on with the topic."""
    person, session, opened = scene.person, scene.person.session, _find_opened(scene)
    if session is None or opened is None or opened[0] != field_code:
        return show_again(scene, placement)
    wanted = opened[1].intersection(offered_themes(scene, field_code))
    if not wanted:
        turn = show_again(scene, placement)
        return replace(turn, events=(*turn.events, PoppedUp(text("follow.marked_none"))))
    changes: list[Change] = []
    if person.follow_consent is None:
        version = scene.content.town.notice_version
        consent = Consent(version, person.language or "", scene.environment.today)
        person = replace(person, follow_consent=consent)
        changes.append(ConsentGiven(Purpose.FOLLOWING, version))
    changes.append(ThemesFollowed(wanted))
    person = replace(person, followed=person.followed | wanted, has_stopped=False)
    scene = replace(scene, person=person)
    return _go_on(scene, session, field_code, placement, tuple(changes), text("follow.saved"))


def decline_following(scene: Scene, field_code: str, placement: Placement) -> Turn:
    """Accept that somebody wants to hear of nothing; what they follow already stays."""
    session = scene.person.session
    if session is None or not is_follow_open(scene, field_code):
        return show_again(scene, placement)
    return _go_on(scene, session, field_code, placement)


def unfollow(scene: Scene, theme: str, placement: Placement) -> Turn:
    """Switch one theme off; twice changes nothing. The last one takes the consent with it."""
    return _unfollow(scene, frozenset({theme}) & scene.person.followed, placement)


def unfollow_all(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Switch every theme off, and take the consent back. Subscriptions stay."""
    return _unfollow(scene, scene.person.followed, placement)


def _unfollow(scene: Scene, gone: frozenset[str], placement: Placement) -> Turn:
    person = scene.person
    left = person.followed - gone
    consent = person.follow_consent if left else None
    scene = replace(scene, person=replace(person, followed=left, follow_consent=consent))
    changes = (ThemesUnfollowed(gone),) if gone else ()
    return show(scene, Sheet(SheetName.FOLLOWED), placement, changes=changes)


def _go_on(
    scene: Scene,
    session: Session,
    field_code: str,
    placement: Placement,
    changes: tuple[Change, ...] = (),
    notice: Text | None = None,
) -> Turn:
    """Go to the end of the topic, or back to the review of one that is not finished."""
    name = SheetName.THANKS if field_code in session.finished else SheetName.REVIEW
    return show(scene, Sheet(name, field_code), placement, changes=changes, notice=notice)


def _find_opened(scene: Scene) -> tuple[str, frozenset[str]] | None:
    """Find the field and the ticks of the page that is open, if it is this one."""
    session = scene.person.session
    place = None if session is None else session.place
    if not isinstance(place, Sheet) or place.name is not SheetName.FOLLOW:
        return None
    return read_ticks(place.argument)
