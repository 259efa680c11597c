"""Drafts: files that appear whole under their name, or not at all.

Where the system allows it (Linux), a draft has no name while it is being written, so that even
a killed export leaves nothing behind. Elsewhere it has a hidden name until it is done.
This module must not know what is written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

#: Read and write for the owner, nothing for anybody else.
PRIVATE = 0o600
#: The encoding that tells spreadsheets what it is: UTF-8 with a byte order mark.
ENCODING = "utf-8-sig"

_OPEN_FILES = Path("/proc/self/fd")
#: How a kernel or a file system says that it knows no files without a name (open(2), O_TMPFILE).
_NOT_SUPPORTED = (errno.EISDIR, errno.EOPNOTSUPP, errno.ENOENT, errno.EINVAL)


class Draft:
    """One file on its way into a folder. Raises OSError where it cannot be written."""

    def __init__(self, folder: Path, name: str) -> None:
        self._target = folder / name
        self._hidden = folder / f".{name}.{secrets.token_hex(4)}"
        handle = _open_nameless(folder)
        self._has_name = handle is None
        if handle is None:
            handle = os.open(self._hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        self.file: TextIO = os.fdopen(handle, "w", encoding=ENCODING, newline="")

    def settle(self) -> None:
        """Bring everything written to the disk, and give the file a hidden name."""
        self.file.flush()
        os.fsync(self.file.fileno())
        if not self._has_name:
            _name(self.file.fileno(), self._hidden)
            self._has_name = True

    def publish(self) -> None:
        """Put a settled draft in the place of the file of its name."""
        self.file.close()
        self._hidden.replace(self._target)
        self._has_name = False

    def discard(self) -> None:
        """Give the draft up. A published one stays."""
        # Closing writes what is left, which may fail for the reason the draft is given up.
        with contextlib.suppress(OSError):
            self.file.close()
        if self._has_name:
            self._hidden.unlink(missing_ok=True)


def publish_all(folder: Path, drafts: Sequence[Draft]) -> None:
    """Put all drafts in place, once every one of them is safe on the disk. Raises: OSError."""
    for draft in drafts:
        draft.settle()
    for draft in drafts:
        draft.publish()
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open_nameless(folder: Path) -> int | None:
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not _OPEN_FILES.is_dir():
        return None
    try:
        return os.open(folder, flag | os.O_WRONLY, PRIVATE)
    except OSError as error:
        if error.errno in _NOT_SUPPORTED:
            return None
        raise


def _name(handle: int, path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        # Only with a folder given does Python follow the link to the open file (linkat(2)).
        os.link(_OPEN_FILES / str(handle), path, src_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)
