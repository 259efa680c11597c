"""Files that people and the bot have sent, by file id.

Keeps bytes in memory; knows nothing of messages. Names and ids come from the injected random source.
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from typing import Any

_ALPHABET = string.ascii_letters + string.digits + "-_"
_PREFIXES = {"voice": "AwACAgIAAxk", "document": "BQACAgIAAxk", "photo": "AgACAgIAAxk"}
_FOLDERS = {"voice": "voice", "document": "documents", "photo": "photos"}
_OPUS_RATE_HZ = 48_000

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    """One file: its bytes and the three names Telegram gives it."""

    file_id: str
    file_unique_id: str
    file_path: str
    kind: str
    content: bytes
    file_name: str | None
    mime_type: str

    def facts(self) -> dict[str, Any]:
        """Return the fields every Bot API file object has."""
        return {
            "file_id": self.file_id,
            "file_unique_id": self.file_unique_id,
            "file_size": len(self.content),
        }


class FileStore:
    """Every file of the preview, by file id and by path."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._count = 0

    def add(self, kind: str, content: bytes, mime_type: str, file_name: str | None = None) -> StoredFile:
        """Keep a file and return it with its new ids."""
        extension = {"voice": "oga", "photo": "jpg"}.get(kind) or (file_name or "file.bin").rpartition(".")[2]
        path = f"{_FOLDERS[kind]}/file_{self._count}.{extension}"
        self._count += 1
        stored = StoredFile(
            _PREFIXES[kind] + self._token(60), self._token(15), path, kind, content, file_name, mime_type
        )
        self._by_id[stored.file_id] = stored
        self._by_path[path] = stored
        return stored

    def find(self, file_id: str) -> StoredFile | None:
        """Return the file with this id, if any."""
        return self._by_id.get(file_id)

    def find_path(self, path: str) -> StoredFile | None:
        """Return the file at this download path, if any."""
        return self._by_path.get(path)

    def forget(self, file_id: str) -> None:
        """Drop a file, so that its id is no longer valid."""
        if stored := self._by_id.pop(file_id, None):
            self._by_path.pop(stored.file_path, None)

    def _token(self, length: int) -> str:
        return "".join(self._rng.choice(_ALPHABET) for _ in range(length))


def is_ogg_opus(content: bytes) -> bool:
    """Tell whether these bytes start as an Ogg stream with Opus inside."""
    return content.startswith(b"OggS") and b"OpusHead" in content[:512]


def ogg_seconds(content: bytes) -> int:
    """Return the length of an Ogg/Opus stream, rounded, from its last page; 0 if unknown."""
    at = content.rfind(b"OggS")
    if at < 0 or len(content) < at + 14:
        return 0
    granule = int.from_bytes(content[at + 6 : at + 14], "little", signed=True)
    return max(0, round(granule / _OPUS_RATE_HZ))
