"""What the files of the content must hold together: flows, texts and town file side by side.

Each file has been read on its own before. This module must not read files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from conversations.condition import STEP_ALIASES
from conversations.flow import PROFILE, problems
from conversations.flow_files import FlowFile
from conversations.mistakes import ContentMistake, suggest
from conversations.programme import Programme, forum_topic
from conversations.texts import SourceText, find_gaps
from conversations.town_file import TOWN_GAPS

#: Gaps that the program fills in any question, beside the town's own facts.
QUESTION_GAPS = frozenset({"forum_when"})
#: Steps of the profile that are asked before every field.
_ASKED_BEFORE = frozenset(STEP_ALIASES.values())


def check_together(
    files: Sequence[FlowFile],
    shipped: Mapping[str, SourceText],
    own: Mapping[str, SourceText],
    programme: Programme,
    forum_mistake: Callable[[str, str], ContentMistake],
) -> list[ContentMistake]:
    """List what does not fit together. `own` are the texts that the town has put over the shipped.

    `forum_mistake` makes a mistake in the town file out of the code of a forum and a sentence.
    """
    texts = {**shipped, **own}
    found = [*_check_scopes(files), *_check_ids(files), *_check_flows(files, texts)]
    found += _check_own_texts(files, shipped, own)
    found += _check_flow_texts(files, shipped, own)
    codes = [file.flow.scope for file in files if file.flow.scope != PROFILE]
    for code in programme.forums:
        if code not in codes:
            message = f"There is no field “{code}”.{suggest(code, codes)}"
            found.append(forum_mistake(code, message))
    return found


def _check_scopes(files: Sequence[FlowFile]) -> Iterator[ContentMistake]:
    seen: dict[str, FlowFile] = {}
    for file in files:
        flow = file.flow
        for what, value in (("field", flow.scope), ("letter", flow.letter)):
            other = None if value is None else seen.setdefault(f"{what} {value}", file)
            if other is not None and other is not file:
                message = f"The {what} “{value}” is taken by {other.file} already."
                yield ContentMistake(file.file, 1, message)
    if not any(file.flow.scope == PROFILE for file in files):
        yield ContentMistake("fields", 1, f"There is no file with “field: {PROFILE}”.")


def _check_ids(files: Sequence[FlowFile]) -> Iterator[ContentMistake]:
    seen: dict[str, FlowFile] = {}
    for file in files:
        for step in file.flow.steps:
            other = seen.setdefault(step.id, file)
            if other is not file:
                message = f"The id “{step.id}” is taken by a step in {other.file}."
                yield ContentMistake(file.file, file.lines[step.id], message)


def _check_flows(files: Sequence[FlowFile], texts: Mapping[str, SourceText]) -> Iterator[ContentMistake]:
    known = {*texts, *(key for file in files for key in file.texts)}
    asked_before = [
        step
        for file in files
        if file.flow.scope == PROFILE
        for step in file.flow.steps
        if step.id in _ASKED_BEFORE
    ]
    for file in files:
        flow = file.flow
        before = [] if flow.scope == PROFILE else asked_before
        for problem in problems(flow, known, before):
            yield ContentMistake(file.file, file.lines.get(problem.step, 1), problem.message)
        if flow.scope != PROFILE:
            for key in (f"forum.name.{flow.scope}", f"sub.{forum_topic(flow.scope)}"):
                if key not in known:
                    yield ContentMistake(file.file, 1, f"There is no text “{key}”.")


def _check_own_texts(
    files: Sequence[FlowFile], shipped: Mapping[str, SourceText], own: Mapping[str, SourceText]
) -> Iterator[ContentMistake]:
    shown = _list_shown(files)
    for key, source in own.items():
        before = shipped.get(key)
        if before is None and key not in shown:
            message = f"Nothing shows the text “{key}”.{suggest(key, shipped)}"
            yield ContentMistake(source.file, source.line, message)
            continue
        if before is not None and before.kind is not source.kind:
            message = f"The kind of “{key}” must stay {before.kind.value}."
            yield ContentMistake(source.file, source.line, message)
        allowed = TOWN_GAPS | (QUESTION_GAPS if before is None else _all_gaps(before))
        yield from _check_gaps(source, allowed)


def _check_flow_texts(
    files: Sequence[FlowFile], shipped: Mapping[str, SourceText], own: Mapping[str, SourceText]
) -> Iterator[ContentMistake]:
    for file in files:
        for key, source in file.texts.items():
            yield from _check_gaps(source, TOWN_GAPS | QUESTION_GAPS)
            for other in (shipped.get(key), own.get(key)):
                if other is not None:
                    message = f"“{key}” belongs into {source.file}, where it stands too. Delete it here."
                    yield ContentMistake(other.file, other.line, message)


def _check_gaps(source: SourceText, allowed: frozenset[str]) -> Iterator[ContentMistake]:
    for name in sorted(_all_gaps(source) - allowed):
        hint = suggest(name, allowed) or f" Possible are: {', '.join(sorted(allowed))}."
        message = f"“{source.key}” has the gap {{{name}}}, which nothing fills.{hint}"
        yield ContentMistake(source.file, source.line, message)


def _all_gaps(source: SourceText) -> frozenset[str]:
    return frozenset[str]().union(*map(find_gaps, source.german.values()))


def _list_shown(files: Sequence[FlowFile]) -> set[str]:
    shown: set[str] = set()
    for file in files:
        flow = file.flow
        shown |= {f"forum.name.{flow.scope}", f"sub.{forum_topic(flow.scope)}"}
        for step in flow.steps:
            shown |= {step.question, *([step.hint] if step.hint else [])}
            shown |= {option.label for option in step.all_options}
    return shown
