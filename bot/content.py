"""Reads the content: the shipped one, with the town's own folder in front of it.

A file of the town's in `fields/` takes the place of the shipped file of the same name. Texts
and translations go key by key, so that a text that a later version adds is there at once.
The town file is taken whole. Whatever is wrong is raised together, with file and line.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import conversations
import locales
from bot.catalogue_gate import GateProblem, check_entry, check_labels, gate
from bot.catalogues import Catalogue, Catalogues, PoFile, german_entries, parse_po
from bot.content_checks import check_together
from bot.recordings import Recordings, load_recordings
from conversations.content import Content
from conversations.flow import PROFILE
from conversations.flow_files import FlowFile, parse_flow
from conversations.languages import GERMAN, LANGUAGES, Language
from conversations.mistakes import ContentError, ContentMistake
from conversations.programme import Forum, Programme, Town
from conversations.text_files import parse_texts
from conversations.texts import SourceText
from conversations.town_file import find_lines, parse_town

SHIPPED_CONTENT = Path(conversations.__file__).parent
SHIPPED_LOCALES = Path(locales.__file__).parent
FIELDS, TEXTS, TOWN_FILE, LOCALES = "fields", "texts", "town.toml", "locales"

_Parsed = TypeVar("_Parsed")
_shipped: dict[tuple[Path, int], PoFile] = {}


class ContentFolderError(FileExistsError):
    """A folder that already holds content, which is never overwritten."""


@dataclass(frozen=True, slots=True)
class LoadedContent:
    """The content in force, its catalogues and recordings, and what the gate found in the translations."""

    content: Content
    catalogues: Catalogues
    gate_problems: tuple[GateProblem, ...]
    recordings: Recordings = field(default_factory=Recordings)


def load_content(folder: Path | None = None) -> LoadedContent:
    """Read the shipped content, overridden by a folder of the town's.

    Raises: ContentError with every mistake in every file.
    """
    reading = _Reading(folder)
    content = reading.content()
    german = german_entries(content.texts)
    flows = (*content.fields, content.profile)
    served = {GERMAN.code: Catalogue(GERMAN, german, german)}
    offered, gate_problems = [GERMAN], []
    for language in LANGUAGES:
        po = None if language is GERMAN else reading.catalogue(language)
        if po is None:
            continue
        found = gate(language, po, content.texts, flows)
        broken = {problem.key for problem in found if problem.blocks}
        entries = {key: entry for key, entry in po.entries.items() if key not in broken}
        served[language.code] = Catalogue(language, entries, german)
        offered += [] if broken else [language]
        gate_problems += found
    reading.raise_any()
    recordings = load_recordings(folder, content.texts)
    return LoadedContent(content, Catalogues(served, tuple(offered)), tuple(gate_problems), recordings)


def read_catalogue(language: Language, folder: Path | None = None) -> PoFile | None:
    """Read the catalogue of a language, the town's own entries in front; None when there is none.

    Raises: ContentError where a file cannot be read.
    """
    reading = _Reading(folder)
    po = reading.catalogue(language)
    reading.raise_any()
    return po


def own_catalogue_path(folder: Path, language: Language) -> Path:
    """Say where the town's own translations of a language stand."""
    return folder / LOCALES / language.code / "LC_MESSAGES" / "messages.po"


def town_path(folder: Path | None) -> Path:
    """Say which town file is in force."""
    own = None if folder is None else folder / TOWN_FILE
    return own if own is not None and own.is_file() else SHIPPED_CONTENT / TOWN_FILE


def init_content(folder: Path) -> tuple[Path, ...]:
    """Copy the shipped fields, texts and town file to a folder of the town's; return what was written.

    Raises: ContentFolderError, before anything is written, when one of them is there already.
    """
    sources = [*_yaml_files(SHIPPED_CONTENT / FIELDS), *_yaml_files(SHIPPED_CONTENT / TEXTS)]
    sources.append(SHIPPED_CONTENT / TOWN_FILE)
    targets = [folder / source.relative_to(SHIPPED_CONTENT) for source in sources]
    taken = [str(target) for target in targets if target.exists()]
    if taken:
        raise ContentFolderError(f"Nothing was copied, because these files exist already: {', '.join(taken)}")
    for source, target in zip(sources, targets, strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return tuple(targets)


class _Reading:
    """One reading of all files; keeps the mistakes until everything has been looked at."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._mistakes: list[ContentMistake] = []
        if folder is not None and not folder.is_dir():
            raise ContentError([ContentMistake(str(folder), 1, "There is no such folder.")])

    def content(self) -> Content:
        files = self._flow_files()
        shipped = self._texts(SHIPPED_CONTENT)
        own = {} if self._folder is None else self._texts(self._folder)
        town, programme = self._town()
        self.raise_any()
        self._mistakes += check_together(files, shipped, own, programme, self._forum_mistake)
        self.raise_any()
        flows = [file.flow for file in files]
        texts = {**shipped, **own, **{key: text for file in files for key, text in file.texts.items()}}
        fields = sorted((flow for flow in flows if flow.scope != PROFILE), key=lambda flow: flow.letter or "")
        profile = next(flow for flow in flows if flow.scope == PROFILE)
        forums = {flow.scope: programme.forums.get(flow.scope, Forum()) for flow in fields}
        programme = dataclasses.replace(programme, forums=forums)
        self._mistakes += _check_german(texts, files)
        self.raise_any()
        return Content(tuple(fields), profile, texts, town, programme)

    def catalogue(self, language: Language) -> PoFile | None:
        """Read the catalogue of a language; None when there is none, or none that can be read."""
        found: list[PoFile] = []
        for root in (SHIPPED_LOCALES, *([] if self._folder is None else [self._folder / LOCALES])):
            path = root / language.code / "LC_MESSAGES" / "messages.po"
            if path.is_file():
                read = self._read_shipped if root is SHIPPED_LOCALES else self._read_own
                po = read(path, language)
                found += [] if po is None else [po]
        if not found:
            return None
        return found[0] if len(found) == 1 else found[0].overridden_by(found[1])

    def _read_own(self, path: Path, language: Language) -> PoFile | None:
        return self._read(path, lambda text, name: parse_po(text, name, language))

    def _read_shipped(self, path: Path, language: Language) -> PoFile | None:
        """Read a catalogue of the program. It stays the same while the program runs, so once is enough."""
        place = (path, path.stat().st_mtime_ns)
        if place not in _shipped:
            po = self._read_own(path, language)
            if po is None:
                return None
            _shipped[place] = po
        return _shipped[place]

    def raise_any(self) -> None:
        if self._mistakes:
            raise ContentError(self._mistakes)

    def _flow_files(self) -> list[FlowFile]:
        paths = {path.name: path for path in _yaml_files(SHIPPED_CONTENT / FIELDS)}
        if self._folder is not None:
            paths |= {path.name: path for path in self._own_yaml_files(self._folder / FIELDS)}
        files = [self._read(path, parse_flow) for path in paths.values()]
        return [file for file in files if file is not None]

    def _texts(self, root: Path) -> dict[str, SourceText]:
        found: dict[str, SourceText] = {}
        own = root is self._folder
        for path in self._own_yaml_files(root / TEXTS) if own else _yaml_files(root / TEXTS):
            for key, source in (self._read(path, parse_texts) or {}).items():
                if key in found:
                    message = f"“{key}” stands in {found[key].file} already. Keep one of the two."
                    self._mistakes.append(ContentMistake(source.file, source.line, message))
                found.setdefault(key, source)
        return found

    def _forum_mistake(self, code: str, message: str) -> ContentMistake:
        path = town_path(self._folder)
        lines = find_lines(path.read_text(encoding="utf-8-sig"))
        return ContentMistake(name_of(path), lines.get(f"forums.{code}", 1), message)

    def _town(self) -> tuple[Town, Programme]:
        read = self._read(town_path(self._folder), parse_town)
        if read is None:
            self.raise_any()
        assert read is not None, "a town file is missing only where a mistake was noted"  # noqa: S101  tells mypy what holds
        return read

    def _own_yaml_files(self, folder: Path) -> list[Path]:
        if folder.is_dir():
            for path in sorted(folder.iterdir()):
                if path.suffix != ".yaml" and not path.name.startswith("."):
                    message = "This file is not read: its name must end in “.yaml”."
                    self._mistakes.append(ContentMistake(str(path), 1, message))
        return _yaml_files(folder)

    def _read(self, path: Path, parse: Callable[[str, str], _Parsed]) -> _Parsed | None:
        name = name_of(path)
        raw = path.read_bytes()
        try:
            return parse(raw.decode("utf-8-sig").replace("\r\n", "\n"), name)
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            message = "This file has letters in another encoding. Save it as “UTF-8”."
            self._mistakes.append(ContentMistake(name, line, message))
        except ContentError as error:
            self._mistakes += error.mistakes
        return None


def _check_german(texts: Mapping[str, SourceText], files: list[FlowFile]) -> Iterator[ContentMistake]:
    entries = german_entries(texts)
    for key, source in texts.items():
        for _, message in check_entry(GERMAN, source, entries[key]):
            yield ContentMistake(source.file, source.line, f"“{key}” {message}")
    for problem in check_labels(GERMAN, entries, [file.flow for file in files]):
        yield ContentMistake(problem.file, problem.line, f"“{problem.key}” {problem.message}")


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.yaml") if not path.name.startswith("."))


def name_of(path: Path) -> str:
    """Name a file as staff find it: the shipped ones from the folder of the program."""
    for shipped in (SHIPPED_CONTENT, SHIPPED_LOCALES):
        if path.is_relative_to(shipped):
            return str(path.relative_to(shipped.parent))
    return str(path)
