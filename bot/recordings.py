"""Recordings of texts, for people who would rather listen than read.

The town puts them into its content folder as `audio/<language>/<key>.ogg`, where the key is that of a
text and the sound is Opus in Ogg, which is what Telegram plays as a voice message. A button cannot
carry many keys, so each has a short mark. Must not know screens, nor how a voice message is sent.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from bot.sound import NotASoundError, check_sound
from conversations.languages import find_language

AUDIO, SUFFIX = "audio", ".ogg"
#: Larger ones take long on a weak network; a minute of clear speech in Opus is about 200 kB.
LARGE_BYTES = 1_000_000
#: Larger ones may not go out in the time that a row of the outbox has (`bot.delivery`).
MAX_BYTES = 5_000_000
#: The privacy notice read aloud takes about ten minutes.
MAX_SECONDS = 1800
_MARK_LETTERS, _HEAD_BYTES = 6, 64


@dataclass(frozen=True, slots=True)
class Recordings:
    """What has been recorded: a file for each language and key."""

    paths: Mapping[tuple[str, str], Path] = field(default_factory=lambda: MappingProxyType({}))

    def has(self, language: str, key: str) -> bool:
        """Tell whether a text can be listened to in a language."""
        return (language, key) in self.paths

    def find(self, language: str, mark: str) -> Path | None:
        """Find the file that a mark stands for; None where there is none, or none any more."""
        for (code, key), path in self.paths.items():
            if code == language and mark_of(key) == mark:
                with suppress(OSError):  # a folder that cannot be read for a while, a share that is gone
                    return path if path.is_file() else None
        return None

    def languages_of(self, key: str) -> frozenset[str]:
        """List the languages in which a text can be listened to."""
        return frozenset(code for code, recorded in self.paths if recorded == key)


NOTHING_RECORDED = Recordings()


@functools.lru_cache(maxsize=4096)
def mark_of(key: str) -> str:
    """Shorten a key to what a button can carry; a test makes sure that no two are the same."""
    digest = hashlib.sha256(key.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:_MARK_LETTERS]


def load_recordings(folder: Path | None, keys: Collection[str]) -> Recordings:
    """Find the recordings of a content folder. What nobody could hear is left out (`find_misfits`)."""
    found = [] if folder is None else _list_files(folder)
    return Recordings(
        {
            (path.parent.name, path.stem): path
            for path in found
            if path.suffix == SUFFIX
            and path.stem in keys
            and find_language(path.parent.name) is not None
            and _looks_like_sound(path)
        }
    )


def find_misfits(
    folder: Path | None, keys: Collection[str], spoken: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """Name the files that nobody will hear as they are, each with a sentence that says why.

    `spoken` are the texts that a screen lets people listen to (`bot.texts.script`).
    """
    for path in [] if folder is None else _list_files(folder):
        if path.parent.name == AUDIO:
            yield path, f"This file is not used: it belongs into a folder such as {AUDIO}/ti."
        elif find_language(path.parent.name) is None:
            yield path, f"There is no language “{path.parent.name}”; this recording is not used."
        elif path.suffix != SUFFIX:
            yield path, f"This file is not used: its name must be the key of a text and “{SUFFIX}”."
        elif path.stem not in keys:
            yield path, f"There is no text “{path.stem}”; this recording is not used."
        elif path.stem not in spoken:
            yield path, f"“{path.stem}” is read aloud with the text above it; this recording is not used."
        else:
            yield from ((path, message) for message in _check_file(path))


def _looks_like_sound(path: Path) -> bool:
    """Look at size and head only: thousands of files are looked at whenever the bot starts."""
    with suppress(OSError):
        if path.stat().st_size <= MAX_BYTES:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES)
            return head.startswith(b"OggS") and b"OpusHead" in head
    return False


def _check_file(path: Path) -> Iterator[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        yield f"This recording cannot be read: {error.strerror}."
        return
    if len(content) > MAX_BYTES:
        yield f"This recording has {len(content) // 1000} kB and is not used: at most {MAX_BYTES // 1000} kB."
        return
    try:
        check_sound(content, MAX_SECONDS)
    except NotASoundError:
        yield "Telegram cannot play this as a voice message: save it as Opus in Ogg, one voice, one stream."
    if len(content) > LARGE_BYTES:
        yield f"This recording has {len(content) // 1000} kB: on a weak network it takes long to arrive."


def _list_files(folder: Path) -> list[Path]:
    root = folder / AUDIO
    with suppress(OSError):
        found = [*root.glob("*"), *root.glob("*/*")]
        return sorted(path for path in found if path.is_file() and not path.name.startswith("."))
    return []
