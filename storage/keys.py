"""The key file: made once for an installation, read at start, never beside the data.

A backup of the data folder must be useless without this file, so the file is refused inside
that folder, and refused when others may read it. What the keys do is `storage.keyring`.

    KeyFileError
        every reason why a key file cannot be used, as one sentence for the operator
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from storage.keyring import KEY_BYTES, KeyDestroyedError, KeyRing, SealBrokenError, ring_from_keys

__all__ = [
    "KeyDestroyedError",
    "KeyFileError",
    "KeyRing",
    "SealBrokenError",
    "check_key_place",
    "create_key_file",
    "destroy_respondent_key",
    "load_key_file",
]

#: A key file is a few hundred bytes; anything longer is another file.
MAXIMUM_FILE_BYTES = 10_000
#: Read and write for the owner, nothing for anybody else.
PRIVATE = 0o600

_TEXT = """\
# The keys of Mitreden. Keep a copy of this file apart from the backups of the data, for example
# printed in an envelope in a safe: without it nothing stored can be read, and whoever has both
# this file and the data can read everything. Never send it by mail.

# Finds and reaches people in Telegram.
contact = {contact}

# Free texts and voice messages. Destroy this line when the answers are deleted.
words = {words}

# Whose answers are whose. Remove this line at the freeze date, here and from every copy of this
# file, and start the bot again. Afterwards nobody can find the answers of one person.
{respondent}
"""
_DESTROYED = "# respondent = (destroyed)"


class KeyFileError(Exception):
    """The key file cannot be used; the message is one sentence for the operator."""


def check_key_place(path: Path, data_dir: Path) -> None:
    """Make sure that the keys do not lie with the data, links followed. Raises: KeyFileError."""
    if path.resolve().is_relative_to(data_dir.resolve()):
        raise KeyFileError(
            f"The key file {path} lies inside the data folder {data_dir}, so every backup would hold both;"
            " choose another place with MITREDEN_KEY_FILE."
        )


def create_key_file(path: Path) -> KeyRing:
    """Make new keys and write them, readable for the owner only.

    Never replaces a file. Raises: KeyFileError.
    """
    contact, words, respondent = (secrets.token_bytes(KEY_BYTES) for _ in range(3))
    text = _render(contact, words, f"respondent = {_encode(respondent)}")
    try:
        _write_new(path, text)
    except FileExistsError:
        raise KeyFileError(f"There is already a key file at {path}; it is never replaced.") from None
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be written: {_reason(error)}.") from None
    return ring_from_keys(contact=contact, words=words, respondent=respondent)


def load_key_file(path: Path) -> KeyRing:
    """Read the keys. Raises: KeyFileError, also where others than the owner may read the file."""
    found = _read_keys(path)
    for name in ("contact", "words"):
        if name not in found:
            raise KeyFileError(f"The key file {path} has no line '{name} = …'.")
    try:
        return ring_from_keys(
            contact=found["contact"], words=found["words"], respondent=found.get("respondent")
        )
    except ValueError as error:
        raise KeyFileError(f"The key file {path} cannot be used: {error}.") from None


def destroy_respondent_key(path: Path) -> None:
    """Take the respondent key out of the file for good; a second time changes nothing.

    The old file is overwritten before it goes. Copies elsewhere are the operator's.
    Raises: KeyFileError.
    """
    load_key_file(path)
    found = _read_keys(path)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        _write_new(fresh, _render(found["contact"], found["words"], _DESTROYED))
        with path.open("r+b") as old:
            old.write(b"\0" * path.stat().st_size)
            old.flush()
            os.fsync(old.fileno())
            fresh.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be rewritten: {_reason(error)}.") from None


def _render(contact: bytes, words: bytes, respondent: str) -> str:
    return _TEXT.format(contact=_encode(contact), words=_encode(words), respondent=respondent)


def _encode(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _write_new(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_keys(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        name, separator, value = (part.strip() for part in line.partition("="))
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not separator or name not in ("contact", "words", "respondent") or name in found:
            raise KeyFileError(f"Line {number} of the key file {path} is not understood.")
        try:
            found[name] = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise KeyFileError(f"Line {number} of the key file {path} is not a key in base64.") from None
    return found


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if not stat.S_ISREG(state.st_mode) or state.st_size > MAXIMUM_FILE_BYTES:
                raise KeyFileError(f"{path} is not a key file.")
            if state.st_mode & 0o077:
                raise KeyFileError(
                    f"Others than its owner may use the key file {path}; run: chmod 600 {path}"
                )
            return file.read().decode("utf-8")
    except FileNotFoundError:
        raise KeyFileError(f"There is no key file at {path}.") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{path} is not a key file.") from None
    except OSError as error:
        raise KeyFileError(f"The key file {path} cannot be read: {_reason(error)}.") from None


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
