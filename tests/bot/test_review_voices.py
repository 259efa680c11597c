"""Staff listen to voice messages: files that name nobody, for their owner only."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.review_voices import write_voices
from bot.settings import StartError
from tests.support.chat import Town, make_sound


async def test_a_voice_message_can_be_listened_to(sqlite_town: Town, tmp_path: Path) -> None:
    chat = await sqlite_town.chat("Sabine")
    await chat.takes_part("de", "sprache")
    await chat.finishes(until="own")
    await chat.chooses("own")
    await chat.speaks(4)
    folder = tmp_path / "voices"
    (path,) = write_voices(sqlite_town.database, sqlite_town.keys, folder)
    assert path.name == "001-sprache-spr_obstacle-de.ogg"
    assert path.read_bytes() == make_sound(4)
    assert (folder.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)


async def test_without_voice_messages_nothing_is_written(sqlite_town: Town, tmp_path: Path) -> None:
    assert write_voices(sqlite_town.database, sqlite_town.keys, tmp_path / "voices") == ()


async def test_a_folder_that_cannot_be_made_is_told_in_one_sentence(
    sqlite_town: Town, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"^The voice messages cannot be written to .*: not a directory\.$"):
        write_voices(sqlite_town.database, sqlite_town.keys, tmp_path / "file" / "voices")
