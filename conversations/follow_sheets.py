"""The pages about followed themes: being asked after the review of a topic, and the list under /reminders."""

from __future__ import annotations

from conversations.environment import Scene
from conversations.incoming import Action, ActionButton
from conversations.screens import Numbered, Screen, ScreenButton, action, menu_row
from conversations.texts import Joined, text
from conversations.themes import in_order, offered_themes, theme_label, theme_words

#: Between the field and the ticked themes in the argument of the page: a sign that no code has.
_SEPARATOR = ","


def follow_screen(scene: Scene, argument: str) -> Screen:
    """Ask of which of the chosen themes somebody wants to hear again (own consent, Einwilligung).

    The marks are said in words too. What a button does is the state it leads to.
    """
    field_code, ticked = read_ticks(argument)
    content, themes = scene.content, offered_themes(scene, field_code)
    marked = tuple(theme_label(content, theme) for theme in themes if theme in ticked)
    state = text("follow.marked", list=Joined(marked)) if marked else text("follow.marked_none")
    listed = tuple(Numbered(number, theme_words(content, theme)) for number, theme in enumerate(themes, 1))
    toggles = tuple(
        (
            ScreenButton(
                theme_label(content, theme),
                ActionButton(Action.FOLLOW_TICK, f"{theme}.{int(theme not in ticked)}"),
                number=number,
                ticked=theme in ticked,
            ),
        )
        for number, theme in enumerate(themes, 1)
    )
    blocks = ((text("follow.ask"),), listed, (state,))
    return Screen(
        tuple(block for block in blocks if block),
        (
            *toggles,
            (action("follow.btn.yes", Action.FOLLOW_YES, field_code),),
            (action("follow.btn.no", Action.FOLLOW_NO, field_code),),
        ),
    )


def followed_screen(scene: Scene) -> Screen:
    """List the followed themes; a tap on one switches it off."""
    themes = in_order(scene.content, scene.person.followed)
    way_back = ((action("menu.reminders", Action.REMINDERS),), menu_row())
    if not scene.person.followed:
        return Screen(((text("follow.list_none"),),), ((action("menu.topics", Action.TOPICS),), *way_back))
    listed = tuple(
        Numbered(number, theme_words(scene.content, theme)) for number, theme in enumerate(themes, 1)
    )
    rows = tuple(
        (
            ScreenButton(
                theme_label(scene.content, theme), ActionButton(Action.UNFOLLOW, theme), number=number
            ),
        )
        for number, theme in enumerate(themes, 1)
    )
    blocks = ((text("follow.list"),), listed, (text("follow.list_hint"),))
    everything_off = (action("follow.btn.none", Action.UNFOLLOW_ALL),)
    return Screen(tuple(block for block in blocks if block), (*rows, everything_off, *way_back))


def read_ticks(argument: str) -> tuple[str, frozenset[str]]:
    """Take apart what the page holds: the code of the field, and the themes that are ticked.

    >>> read_ticks("arbeit,arb_measure.job_mentors")
    ('arbeit', frozenset({'arb_measure.job_mentors'}))
    """
    field_code, *ticked = argument.split(_SEPARATOR)
    return field_code, frozenset(ticked)


def write_ticks(field_code: str, ticked: frozenset[str]) -> str:
    """Put together what `read_ticks` takes apart."""
    return _SEPARATOR.join((field_code, *sorted(ticked)))
