"""A person who is easy to recognise uses everything: no trace in the logs, none in the files.

Each search is first shown to find something where it should (style.md §3.3).
"""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import IntegrityError

import storage.answers
from bot.logs import SILENCED, set_up_logs
from bot.preview.people import Person
from bot.preview.player import Player
from tests.support.chat import PATIENCE_SECONDS, Chat, Town
from tests.support.world import START, TOKEN

CANARY = Person(6_789_123_456_789, "Kanarigund", "kanari_gund_5517", "de")
PHONE = "+49 7161 5550199"
WRITTEN = "Zwitscherwort: im Käfig ist es zu eng."
COMMENT = "Flatterwort: mehr Bäume vor dem Rathaus."
EDITED = "Flatterwort: viel mehr Bäume vor dem Rathaus."
PAYLOAD = "sprache-käfig"


@contextmanager
def captured_logs() -> Iterator[io.StringIO]:
    """Collect what the process would log at DEBUG, and put logging back afterwards."""
    root, raising = logging.getLogger(), logging.raiseExceptions
    before = root.level, root.handlers[:]
    silenced = {
        name: (logger.level, logger.propagate, logger.handlers[:])
        for name in [*SILENCED, *logging.Logger.manager.loggerDict]
        if name.startswith(SILENCED)
        for logger in [logging.getLogger(name)]
    }
    stream = io.StringIO()
    set_up_logs(lambda: START, level=logging.DEBUG, stream=stream)
    try:
        yield stream
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        logging.raiseExceptions = raising
        root.level, root.handlers[:] = before
        for name, (level, propagate, handlers) in silenced.items():
            logger = logging.getLogger(name)
            logger.setLevel(level)
            logger.propagate, logger.handlers[:] = propagate, handlers


async def meet_canary(town: Town) -> Chat:
    town.world.api.world.add_person(CANARY)
    return await town.chat(CANARY.first_name)


async def use_everything(town: Town, chat: Chat) -> None:
    """Answer, write, speak, edit, send what is refused, subscribe, look at everything."""
    await chat.takes_part("de", "sprache")
    await chat.sends(lambda player: player.sends_contact(PHONE))
    await chat.sends(lambda player: player.sends_photo(b"\xff\xd8 Kanarigund", f"{WRITTEN} {PHONE}"))
    await chat.sends(Player.sends_location)
    await chat.finishes(until="own")
    await chat.chooses("own")
    await chat.says(WRITTEN)
    await chat.chooses("own")
    await chat.speaks(2)
    await chat.finishes(until="invite")
    await chat.chooses("invite")
    await chat.chooses("msgyes:forum_sprache.sprache")
    await chat.chooses("comment:sprache")
    said = await chat.says(COMMENT)
    await chat.edits(said, EDITED)
    await chat.says("/mydata")
    assert EDITED in chat.sees
    await chat.chooses("datafile")
    await chat.says(f"/unbekannt {PHONE}")
    await chat.presses(f"q:{CANARY.username}:1:spr_now:s1")


def plain_words() -> dict[str, str]:
    """What would name the person or repeat their words."""
    return {
        "first name": CANARY.first_name,
        "username": str(CANARY.username),
        "phone": PHONE,
        "phone without spaces": PHONE.replace(" ", ""),
        "text": "Zwitscherwort",
        "comment": "Flatterwort",
        "id": str(CANARY.id),
    }


def plain_traces() -> dict[str, bytes]:
    """The same as it would lie in a file."""
    encoded = plain_words()
    traces = {name: words.encode() for name, words in encoded.items()}
    traces |= {f"{name} in UTF-16": words.encode("utf-16-le") for name, words in encoded.items()}
    for length in (6, 8):  # as SQLite and as others write an integer
        traces[f"id in {length} bytes"] = CANARY.id.to_bytes(length, "big")
        traces[f"id in {length} bytes, turned"] = CANARY.id.to_bytes(length, "little")
    return traces


def sealed_traces(town: Town, chat: Chat) -> dict[str, bytes]:
    """Every sealed value, keyed hash and random id under which the person is stored now."""
    mac, pseudonym = town.keys.person_mac(chat.id), town.keys.pseudonym(chat.id)
    traces = {"person_mac": mac, "pseudonym": pseudonym, "chat mark": mac.hex()[:24].encode()}
    for table in ("contact", "respondent", "answer", "voice"):
        for number, row in enumerate(town.rows(table)):
            for name, value in row.items():
                if isinstance(value, bytes) and name not in ("person_mac", "pseudonym"):
                    traces[f"{table}.{name} {number}"] = value[:48]
                if isinstance(value, str) and name in ("id", "message_mark"):
                    traces[f"{table}.{name} {number}"] = value.encode()
    return traces


def find_traces(folder: Path, traces: dict[str, bytes]) -> dict[str, list[str]]:
    """Search every file of a folder, -wal and -shm included."""
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    assert files
    return {
        name: found
        for name, trace in traces.items()
        if (found := [file for file, content in files.items() if trace in content])
    }


async def test_no_log_line_at_debug_names_the_person_or_repeats_a_word(sqlite_town: Town) -> None:
    town = sqlite_town
    with captured_logs() as stream:
        chat = await meet_canary(town)
        logging.getLogger("some.library").warning("seen: %s", CANARY.first_name)
        await town.restart()
        await use_everything(town, chat)
        await chat.says("/delete")
        await chat.chooses("erase")
        lines = stream.getvalue()
    forbidden = plain_words() | {"token": TOKEN, "end of the token": TOKEN.partition(":")[2]}
    forbidden["mac"] = town.keys.person_mac(CANARY.id).hex()[:16]
    forbidden["pseudonym"] = town.keys.pseudonym(CANARY.id).hex()[:16]
    assert {name for name, trace in forbidden.items() if trace in lines} == set()
    assert "library_log" in lines, "what the library logged has left a line, without its words"
    assert '"ready"' not in lines
    print(f"{lines.count(chr(10))} log lines at DEBUG searched for {len(forbidden)} traces")


async def test_no_log_line_repeats_a_word_when_turns_and_requests_fail(
    sqlite_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = sqlite_town
    faults = town.world.api.faults
    with captured_logs() as stream:
        chat = await meet_canary(town)
        await chat.takes_part("de", "sprache")
        await chat.finishes(until="own")
        await chat.chooses("own")

        def fail(*given: Any, **named: Any) -> None:
            raise IntegrityError(f"INSERT {WRITTEN}", {"words": WRITTEN}, ValueError(f"{given} {named}"))

        monkeypatch.setattr(storage.answers, "save_answer", fail)
        await chat.says(WRITTEN)
        for _ in range(3):
            town.clock.forward(seconds=20)
            await town.rest()
        monkeypatch.undo()
        assert town.words("err.tech_lost") in chat.messages[-1].text
        reasons = [row["reason"] for row in town.rows("inbox") if row["state"] == "quarantined"]
        assert reasons == ["turn failed"]
        for order in (faults.apply_then_garbage, faults.apply_then_500, faults.apply_then_reset):
            order("sendMessage", "editMessageText", "answerCallbackQuery", times=2)
            await chat.says(WRITTEN)
            town.clock.forward(minutes=10)
            await town.rest()
        town.clock.forward(minutes=10)
        await town.rest()
        lines = stream.getvalue()
    forbidden = (CANARY.first_name, str(CANARY.username), str(CANARY.id), "Zwitscherwort", "INSERT", TOKEN)
    assert [trace for trace in forbidden if trace in lines] == []
    failures = [line for line in lines.splitlines() if "turn_failed" in line]
    assert len(failures) == 3, "tried three times"
    assert "IntegrityError" in failures[0]
    assert "worker.py" in failures[0], "the place in the code is there"
    print(f"{len(lines.splitlines())} log lines of a bad day")


async def test_the_files_name_nobody_and_after_delete_hold_nothing_of_the_person(sqlite_town: Town) -> None:
    town, folder = sqlite_town, sqlite_town.world.data_dir
    chat = await meet_canary(town)
    await use_everything(town, chat)

    assert find_traces(folder, plain_traces()) == {}
    sealed = sealed_traces(town, chat)
    found = find_traces(folder, sealed)
    assert found.keys() == sealed.keys(), "the search finds what is there"
    (contact,) = town.rows("contact")
    (voice,) = town.rows("voice")
    assert voice["data_sealed"]
    (words, *_) = [row["words_sealed"] for row in town.rows("answer") if row["words_sealed"]]
    assert find_traces(folder, {"whole": words}), "a sealed text lies in one piece"

    await chat.says("/delete")
    await chat.chooses("erase")
    assert chat.sees == town.words("consent.withdrawn", backup_days=30)
    await until_log_is_empty(town)
    assert find_traces(folder, sealed | plain_traces()) == {}
    assert sorted(path.name for path in folder.iterdir()) == [
        "mitreden.sqlite", "mitreden.sqlite-shm", "mitreden.sqlite-wal"
    ]  # fmt: skip
    print(f"{len(sealed)} sealed and {len(plain_traces())} plain traces searched, gone: {contact['id']!r}")

    await town.stop()
    assert find_traces(folder, sealed | plain_traces()) == {}
    await town.start()


async def test_erased_files_stay_clean_while_somebody_else_is_busy(sqlite_town: Town) -> None:
    town = sqlite_town
    chat, other = await meet_canary(town), await town.chat("Grace")
    await use_everything(town, chat)
    sealed = sealed_traces(town, chat)
    await other.takes_part("en", "werte")
    await chat.says("/delete")
    chat.player.taps("Ja, alles löschen")
    await other.finishes()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while find_traces(town.world.data_dir, sealed | plain_traces()):
            await town.rest()
    assert town.answers(other)


async def until_log_is_empty(town: Town) -> None:
    """Wait until the bot has emptied SQLite's log after the farewell."""
    log = town.world.data_dir / "mitreden.sqlite-wal"
    async with asyncio.timeout(PATIENCE_SECONDS):
        while log.stat().st_size:
            await town.rest()
