"""Reads what the options of `mitreden announce` say. Raises StartError throughout."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from bot.settings import StartError
from conversations.announcement_templates import TEMPLATES, AnnouncementKind, Gap, GapKind
from conversations.announcements import Announcement, Audience, default_audience, tidy_value
from conversations.mistakes import suggest
from conversations.moments import parse_moment
from conversations.programme import GENERAL_TOPICS, forum_topic

#: Longer than any message, also as UTF-8.
_FILE_MAX_BYTES = 100_000


def read_kind(words: str) -> AnnouncementKind:
    """Read the kind of an announcement."""
    try:
        return AnnouncementKind(words)
    except ValueError:
        hint = suggest(words, AnnouncementKind) or f" Known are: {', '.join(AnnouncementKind)}."
        raise StartError(f"There is no kind “{words}”.{hint}") from None


def read_values(kind: AnnouncementKind, pairs: Iterable[str], fields: Collection[str]) -> dict[str, str]:
    """Read gaps that are the same in every language, such as `plan_url=https://…`."""
    values: dict[str, str] = {}
    for gap, written in _split(kind, pairs):
        if gap.kind is GapKind.WORDS:
            raise StartError(
                f"“{gap.name}” is written in each language: mitreden announce text ID LANGUAGE"
                f" --set {gap.name}=…"
            )
        values[gap.name] = tidy_value(gap, written)
        if gap.kind is GapKind.FIELD and written:
            _check_field(written, fields)
    return values


def read_words(kind: AnnouncementKind, pairs: Iterable[str], files: Iterable[str]) -> dict[str, str]:
    """Read words of one language: `gap=words`, and files as `gap=path`, or a path where there is one gap."""
    words: dict[str, str] = {}
    for gap, written in [*_split(kind, pairs), *((_gap_of_file(kind, file)) for file in files)]:
        if gap.kind is not GapKind.WORDS:
            raise StartError(f"“{gap.name}” is the same in every language: mitreden announce change ID --set")
        if gap.name in words:
            raise StartError(f"“{gap.name}” is given twice.")
        words[gap.name] = written
    if not words:
        raise StartError("Say what is written: --set GAP=WORDS or --file FILE.")
    return words


def _split(kind: AnnouncementKind, pairs: Iterable[str]) -> list[tuple[Gap, str]]:
    found = []
    for pair in pairs:
        name, is_pair, written = pair.partition("=")
        if not is_pair:
            raise StartError(f"“{pair}” must be written as GAP=VALUE.")
        found.append((_find_gap(kind, name.strip()), _readable(written)))
    return found


def _find_gap(kind: AnnouncementKind, name: str) -> Gap:
    gap = TEMPLATES[kind].find_gap(name)
    if gap is None:
        known = [gap.name for gap in TEMPLATES[kind].gaps]
        hint = suggest(name, known) or f" Known are: {', '.join(known)}."
        raise StartError(f"There is no gap “{name}” in {kind.value}.{hint}")
    return gap


def _gap_of_file(kind: AnnouncementKind, written: str) -> tuple[Gap, str]:
    name, is_named, path = written.partition("=")
    of_words = TEMPLATES[kind].words
    if is_named and TEMPLATES[kind].find_gap(name) is not None:
        return _find_gap(kind, name), read_text(Path(path))
    if len(of_words) != 1:
        names = ", ".join(gap.name for gap in of_words) or "none"
        raise StartError(f"Say which gap the file is for: --file GAP=FILE. This kind has: {names}.")
    return of_words[0], read_text(Path(written))


def read_text(path: Path) -> str:
    """Read a file with words."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StartError(f"{path} cannot be read: {error.strerror}.") from None
    if len(raw) > _FILE_MAX_BYTES:
        raise StartError(f"{path} is too large for a message.")
    try:
        return "\n".join(raw.decode("utf-8-sig").splitlines()).strip()
    except UnicodeDecodeError:
        raise StartError(f"{path} is no text in UTF-8. Save it as “UTF-8” or “Unicode (UTF-8)”.") from None


def read_page(written: str | None) -> str:
    """Read the link of the town's page."""
    return _readable(written or "")


def _readable(written: str) -> str:
    try:
        written.encode()
    except UnicodeEncodeError:
        raise StartError("There are letters that cannot be read. Is the terminal set to UTF-8?") from None
    return written.strip()


def read_audience(
    before: Audience,
    topics: Collection[str] | None,
    languages: Collection[str] | None,
    coming_to: str | None,
    fields: Collection[str],
) -> Audience:
    """Say who gets it: what is named takes the place of what was there before; “” takes it away."""
    audience = before
    if topics or coming_to is not None:
        wanted = {topic for topic in topics or () if topic}
        known = (*map(forum_topic, fields), *GENERAL_TOPICS)
        for topic in sorted(wanted.difference(known)):
            hint = suggest(topic, known) or f" Known are: {', '.join(known)}."
            raise StartError(f"There is nothing to subscribe to that is called “{topic}”.{hint}")
        if coming_to:
            _check_field(coming_to, fields)
        audience = replace(
            audience,
            topics=frozenset(wanted) if topics or coming_to else audience.topics,
            coming_to=forum_topic(coming_to) if coming_to else "",
            everyone=False,
        )
    if languages:
        audience = replace(audience, languages=frozenset(code for code in languages if code))
    return audience


def _check_field(code: str, fields: Collection[str]) -> None:
    if code not in fields:
        raise StartError(f"There is no field “{code}”. Known are: {', '.join(fields)}.")


def with_values(announcement: Announcement, values: Mapping[str, str]) -> Announcement:
    """Fill gaps; empty ones are taken away. Who gets it follows the field, unless that was said."""
    merged = {name: value for name, value in {**announcement.values, **values}.items() if value}
    before = default_audience(announcement.kind, announcement.values)
    audience = announcement.audience
    if replace(audience, languages=frozenset()) == before:
        audience = replace(default_audience(announcement.kind, merged), languages=audience.languages)
    return replace(announcement, values=merged, audience=audience)


def with_words(announcement: Announcement, language: str, words: Mapping[str, str]) -> Announcement:
    """Write the words of a language; empty ones are taken away."""
    merged = {**announcement.words.get(language, {}), **words}
    kept = {name: written for name, written in merged.items() if written}
    others = {code: each for code, each in announcement.words.items() if code != language}
    return replace(announcement, words={**others, **({language: kept} if kept else {})})


def read_beginning(words: str, now: dt.datetime) -> dt.datetime:
    """Read when something is to go out. Raises: MomentError too."""
    if now.tzinfo is None:
        raise ValueError("now has no time zone")
    begins = parse_moment(words, now.tzinfo)
    if begins <= now:
        raise StartError(
            f"{begins:%d.%m.%Y %H:%M} is past. Without --at it goes out as soon as it is approved."
        )
    return begins
