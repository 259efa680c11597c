"""The content part of `mitreden check`: may this content be shown to people?

Everything is read, put through the gate and rendered in every language, and each finding says
where to look. Functions return values; printing is the business of the command line.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.catalogue_gate import Severity
from bot.catalogues import Catalogues, MissingTextError
from bot.content import LoadedContent, load_content, name_of, town_path
from bot.recordings import find_misfits
from bot.rendering import MissingGapError, Rendered, Renderer, key_of
from bot.texts.signatures import load_signatures
from conversations.content import Content
from conversations.flow import Step
from conversations.incoming import AnswerButton
from conversations.language_sheets import CHOOSE_LANGUAGE
from conversations.languages import GERMAN, Language
from conversations.mistakes import ContentError
from conversations.screens import Block, Numbered, Screen, ScreenButton
from conversations.texts import GAP, Text, text
from conversations.town_file import find_lines

#: Buttons that Telegram takes under one message. Not in its documentation: what is commonly reported.
KEYBOARD_MAX_BUTTONS = 100

#: Every screen to try, with a name for findings about it.
#: The version of the privacy notice before which there was none, so that nothing is new in it.
FIRST_NOTICE_VERSION = "1"

ListScreens = Callable[[Content], Iterable[tuple[str, Screen]]]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something to look at, and where."""

    file: str
    line: int
    message: str
    severity: Severity = Severity.BLOCKS

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the check found, the gravest first, and one line that sums it up."""

    findings: tuple[Finding, ...]
    summary: str

    @property
    def passed(self) -> bool:
        """Whether nothing that blocks was found."""
        return not any(finding.severity is Severity.BLOCKS for finding in self.findings)


def check_content(folder: Path | None = None, list_screens: ListScreens = lambda _: ()) -> CheckReport:
    """Check the shipped content, with a folder of the town's in front of it."""
    try:
        loaded = load_content(folder)
    except ContentError as error:
        mistakes = tuple(Finding(each.file, each.line, each.message) for each in error.mistakes)
        return CheckReport(mistakes, f"The content cannot be used: {say_count(len(mistakes), 'mistake')}.")
    screens = [*list_step_screens(loaded.content), *list_screens(loaded.content)]
    findings = [
        *_list_gate_problems(loaded),
        *_list_outdated(loaded.catalogues),
        *_list_open_facts(loaded.content, folder),
        *_list_silent_recordings(loaded, folder, screens),
        *_check_signatures(folder),
        *_check_screens(loaded, screens),
    ]
    findings.sort(key=lambda finding: (finding.severity is not Severity.BLOCKS, finding))
    return CheckReport(tuple(findings), _summarise(loaded, findings))


def list_step_screens(content: Content) -> Iterator[tuple[str, Screen]]:
    """Make a plain screen of each step, with every option, whether or not the step is asked."""
    for flow in (*content.fields, content.profile):
        for step in flow.steps:
            yield step.id, _step_screen(step)


def check_rendered(rendered: Rendered) -> Iterator[str]:
    """Say which of Telegram's limits a message breaks; yields the ends of sentences."""
    if not rendered.text.strip():
        yield "has no text."
    if rendered.cut:
        yield "is longer than the 4096 characters that Telegram takes."
    if leftover := GAP.search(rendered.text):
        yield f"shows the gap {leftover[0]}."
    buttons = [button for row in rendered.keyboard for button in row]
    if len(buttons) > KEYBOARD_MAX_BUTTONS:
        yield f"has {len(buttons)} buttons; Telegram takes {KEYBOARD_MAX_BUTTONS}."
    if any(not button.label.strip() for button in buttons):
        yield "has a button without a label."
    if len({button.callback_data for button in buttons}) < len(buttons):
        yield "has two buttons that do the same."
    if len({button.label.casefold() for button in buttons}) < len(buttons):
        yield "has two buttons that read the same."


def _step_screen(step: Step) -> Screen:
    forum_when = text("q.forum_when_open")
    statements: Block = tuple(
        Numbered(number, Text(option.statement))
        for number, option in enumerate(step.options, start=1)
        if option.statement is not None
    )
    rows = tuple(
        (
            ScreenButton(
                Text(option.label), AnswerButton("sessions", 999999, step.id, option.code, switched_on=True)
            ),
        )
        for option in step.all_options
    )
    hint: Block = () if step.hint is None else (Text(step.hint),)
    return Screen(((text(step.question, forum_when=forum_when),), hint, statements), rows)


def _check_screens(loaded: LoadedContent, screens: Iterable[tuple[str, Screen]]) -> Iterator[Finding]:
    """Render every screen in German, and each look of them in every other language."""
    renderer = Renderer(loaded.content, loaded.catalogues)
    seen: set[object] = set()
    for name, screen in screens:
        look = (screen.blocks, tuple(tuple(button.label for button in row) for row in screen.rows))
        languages = [GERMAN] if look in seen else loaded.catalogues.offered
        seen.add(look)
        for language in languages:
            for message in _try(renderer, screen, language):
                file, line = _place_of(name, loaded)
                yield Finding(file, line, f"The screen “{name}” in {language.latin_name} {message}")


def _try(renderer: Renderer, screen: Screen, language: Language) -> list[str]:
    try:
        return list(check_rendered(renderer.render(screen, language.code)))
    except (MissingTextError, MissingGapError, ValueError) as error:
        return [f"cannot be shown: {error}."]


def _place_of(name: str, loaded: LoadedContent) -> tuple[str, int]:
    step = loaded.content.find_step(name)
    source = loaded.content.texts.get(name if step is None else step.question)
    return ("(program)", 1) if source is None else (source.file, source.line)


def _list_silent_recordings(
    loaded: LoadedContent, folder: Path | None, screens: Iterable[tuple[str, Screen]]
) -> Iterator[Finding]:
    lines = itertools.chain.from_iterable(block for _, screen in screens for block in screen.blocks)
    spoken = {CHOOSE_LANGUAGE, *(key for line in lines if (key := key_of(line)))}
    for path, message in find_misfits(folder, loaded.content.texts, spoken):
        yield Finding(str(path), 1, message, Severity.WARNS)


def _check_signatures(folder: Path | None) -> Iterator[Finding]:
    try:
        load_signatures(folder)
    except ContentError as error:
        yield from (Finding(each.file, each.line, each.message) for each in error.mistakes)


def _list_gate_problems(loaded: LoadedContent) -> Iterator[Finding]:
    for problem in loaded.gate_problems:
        about = f"“{problem.key}” {problem.message}" if problem.key else problem.message
        yield Finding(problem.file, problem.line, f"{problem.language}: {about}", problem.severity)


def _list_outdated(catalogues: Catalogues) -> Iterator[Finding]:
    for catalogue in catalogues.by_code.values():
        for key in catalogue.list_outdated():
            entry = catalogue.entries[key]
            message = f"{catalogue.language.code}: “{key}” was translated from an earlier German wording."
            yield Finding(entry.file, entry.line, message, Severity.WARNS)


def _list_open_facts(content: Content, folder: Path | None) -> Iterator[Finding]:
    path = town_path(folder)
    lines = find_lines(path.read_text(encoding="utf-8-sig"))
    for name in content.town.open_facts:
        line = next((number for key, number in lines.items() if key.endswith(f".{name}")), 1)
        yield Finding(name_of(path), line, f"“{name}” is still to be filled in.", Severity.WARNS)
    if content.town.notice_version != FIRST_NOTICE_VERSION and not content.town.facts.get("change_line"):
        line = next((number for key, number in lines.items() if key.endswith("change_line")), 1)
        message = "“change_line” must say what is new in the privacy notice since the version before."
        yield Finding(name_of(path), line, message, Severity.WARNS)


def _summarise(loaded: LoadedContent, findings: list[Finding]) -> str:
    content = loaded.content
    steps = sum(len(flow.steps) for flow in (*content.fields, content.profile))
    blocking = sum(finding.severity is Severity.BLOCKS for finding in findings)
    offered = ", ".join(language.code for language in loaded.catalogues.offered)
    return (
        f"{say_count(len(content.fields), 'field')}, {say_count(steps, 'question')}, "
        f"{say_count(len(content.texts), 'text')}; languages: {offered}; "
        f"{say_count(blocking, 'mistake')}, {say_count(len(findings) - blocking, 'warning')}."
    )


def say_count(number: int, noun: str) -> str:
    """Say a number with its noun.

    >>> say_count(1, "text"), say_count(2, "text")
    ('1 text', '2 texts')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
