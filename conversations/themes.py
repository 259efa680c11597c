"""Themes: the measures (Maßnahmen) and goals (Leitziele) that people choose, and may want to hear of again.

A theme is named by its step and option, such as `arb_measure.recognition_advice`: the options of the
questions about the future and about measures, without those that stand last in every question. Must not
know who follows a theme, nor how it stands (`conversations.stations`).
"""

from __future__ import annotations

from collections.abc import Iterable

from conversations.content import Content
from conversations.environment import Scene
from conversations.flow import Flow, Option, Spine
from conversations.texts import Text, text

#: What the questions are for that ask for measures and goals.
THEME_SPINES = frozenset({Spine.MEASURE, Spine.FUTURE})


def list_themes(content: Content, field_code: str) -> tuple[str, ...]:
    """List the themes of a field of action (Handlungsfeld), in the order of its questions."""
    flow = content.find_field(field_code)
    return () if flow is None else _themes_of(flow)


def list_every_theme(content: Content) -> tuple[str, ...]:
    """List the themes of all fields, in the official order."""
    return tuple(theme for flow in content.fields for theme in _themes_of(flow))


def field_of(content: Content, theme: str) -> str | None:
    """Find the code of the field that a theme belongs to. None: there is no such theme (any more)."""
    return next((flow.scope for flow in content.fields if theme in _themes_of(flow)), None)


def fields_of(content: Content, themes: Iterable[str]) -> tuple[str, ...]:
    """List the codes of the fields that themes belong to, in the official order."""
    wanted = frozenset(themes)
    return tuple(flow.scope for flow in content.fields if wanted.intersection(_themes_of(flow)))


def theme_words(content: Content, theme: str) -> Text:
    """Name a theme in full: the statement of its option, or else the label.

    Raises: LookupError where there is no such theme.
    """
    option = _get_option(content, theme)
    return text(option.statement or option.label)


def theme_label(content: Content, theme: str) -> Text:
    """Name a theme as shortly as a button does. Raises: LookupError where there is no such theme."""
    return text(_get_option(content, theme).label)


def in_order(content: Content, themes: Iterable[str]) -> tuple[str, ...]:
    """Put themes in the order of the questions; those that are gone from the content are left out."""
    wanted = frozenset(themes)
    return tuple(theme for theme in list_every_theme(content) if theme in wanted)


def chosen_themes(scene: Scene, field_code: str) -> tuple[str, ...]:
    """List the themes of a field that the person of this turn chose in their answers."""
    session, flow = scene.person.session, scene.content.find_field(field_code)
    if session is None or flow is None:
        return ()
    chosen = {
        f"{step_id}.{code}"
        for (scope, step_id), answer in session.answers.items()
        if scope == field_code
        for code in answer.codes
    }
    return tuple(theme for theme in _themes_of(flow) if theme in chosen)


def offered_themes(scene: Scene, field_code: str) -> tuple[str, ...]:
    """List the themes of a field that the person chose and does not follow yet."""
    return tuple(theme for theme in chosen_themes(scene, field_code) if theme not in scene.person.followed)


def may_follow(scene: Scene) -> bool:
    """Tell whether the person of this turn follows something, or chose something they could follow."""
    codes = scene.content.field_codes
    return bool(scene.person.followed) or any(chosen_themes(scene, code) for code in codes)


def _themes_of(flow: Flow) -> tuple[str, ...]:
    return tuple(
        f"{step.id}.{option.code}"
        for step in flow.steps
        if step.spine in THEME_SPINES
        for option in step.options
    )


def _get_option(content: Content, theme: str) -> Option:
    step_id, _, code = theme.partition(".")
    step = content.find_step(step_id)
    option = None if step is None else step.find_option(code)
    if option is None:
        raise LookupError(f"no theme {theme!r}")
    return option
