"""Every screen there is can be shown in every language, within Telegram's limits."""

from __future__ import annotations

import pytest

from bot.buttons import CALLBACK_DATA_MAX_BYTES, decode, encode
from bot.rendering import Renderer
from conversations.every_screen import list_screens, make_participant
from conversations.flow import PROFILE
from conversations.screens import Screen
from conversations.session import SheetName
from conversations.topic_sheets import COMMENT, NEEDS, needs_scope
from tests.support.play import NOW, language_names, shipped, town

#: What a phone shows of a button on a line of its own, roughly (content design: 40 at most).
LABEL_MAX_CHARS = 64


def screens() -> list[tuple[str, Screen]]:
    return list(list_screens(town(), shipped().catalogues.offered, NOW))


def test_the_sweep_finds_every_screen_and_names_each_once() -> None:
    names = [name for name, _ in screens()]
    print(f"\n{len(names)} screens")
    assert len(names) > 200
    assert len(set(names)) == len(names)


def test_every_page_and_every_question_is_among_them() -> None:
    names = [name for name, _ in screens()]
    for sheet in SheetName:
        assert any(name.startswith(f"{sheet.value} ") for name in names), sheet
    for flow in town().fields:
        for step in flow.steps:
            for place in ("Asking (fresh)", "Asking (answered)", "StopAsked (fresh)"):
                assert f"{flow.scope} {step.id} {place}" in names


@pytest.mark.parametrize("language", list(language_names()))
def test_every_screen_can_be_shown_in_every_language(language: str) -> None:
    renderer, count = Renderer(town(), shipped().catalogues), 0
    for name, screen in screens():
        rendered = renderer.render(screen, language)
        count += 1
        assert rendered.text.strip(), name
        assert not rendered.cut, name
        assert "{" not in rendered.text, name
        assert [len(row) for row in rendered.keyboard] == [len(row) for row in screen.rows], name
        for row in rendered.keyboard:
            for button in row:
                assert button.label.strip(), name
                assert len(button.label) <= LABEL_MAX_CHARS, (name, button.label)
                assert len(button.callback_data.encode()) <= CALLBACK_DATA_MAX_BYTES, name
    assert count > 200


def test_every_button_of_every_screen_comes_back_as_itself() -> None:
    presses = [button.press for _, screen in screens() for row in screen.rows for button in row]
    assert len(presses) > 2000
    assert [decode(encode(press)) for press in presses] == presses


def test_no_screen_but_the_farewell_is_a_dead_end() -> None:
    without = {name.split()[0] for name, screen in screens() if not screen.rows}
    assert without == {SheetName.ERASED.value}


def test_no_screen_has_the_same_button_twice() -> None:
    for name, screen in screens():
        presses = [button.press for row in screen.rows for button in row]
        assert len(set(presses)) == len(presses), name


def test_the_participant_has_answered_every_question_of_every_branch() -> None:
    session = make_participant(town(), "de").session
    assert session is not None
    expected = {(flow.scope, step.id) for flow in town().fields for step in flow.steps}
    expected |= {(flow.scope, COMMENT) for flow in town().fields}
    expected |= {(needs_scope(flow.scope), NEEDS) for flow in town().fields}
    shared = [step for step in town().profile.steps if step.enabled and step.id not in (COMMENT, NEEDS)]
    expected |= {(PROFILE, step.id) for step in shared}
    assert set(session.answers) == expected
