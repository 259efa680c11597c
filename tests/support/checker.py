"""What must hold once everything is quiet: the checker of reliability.md §3.0, C1 to C8.

Compares what people did with what is stored, read through storage with the keys, and counts what the
ledger of the Bot API shows: repeated messages, refusals, unanswered presses.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from bot.preview.faults import Entry, Ledger
from bot.preview.server import LocalBotApi
from storage import inbox, outbox, sessions, voices
from storage.database import Database
from storage.keyring import KeyRing
from storage.tables import answer, respondent
from storage.tables import inbox as inbox_table
from storage.tables import voice as voice_table
from storage.vocabulary import VoiceState
from tests.support.crowd import Given, Visitor

_SENDING = ("sendMessage", "sendDocument")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is stored against what was pressed, written and spoken."""

    given: int
    stored: int
    lost: tuple[str, ...]
    altered: tuple[str, ...]
    stray: tuple[str, ...]
    rows: int
    people: int

    @property
    def is_exact(self) -> bool:
        """Whether everything given is stored once, as it was given, and nothing else."""
        return not (self.lost or self.altered or self.stray) and self.rows == self.given


def compare(database: Database, keys: KeyRing, visitors: Iterable[Visitor]) -> Comparison:
    """Read every person's answers and hold them against their own note (C1, C2, C3)."""
    lost, altered, stray = [], [], []
    given = stored = 0
    with database.transaction() as connection:
        for visitor in visitors:
            who = visitor.player.id
            found = sessions.find_respondent(connection, keys, who)
            kept = {} if found is None else dict(found[1].answers)
            given += len(visitor.given)
            stored += len(kept)
            for place, expected in visitor.given.items():
                there = kept.pop(place, None)
                if there is None:
                    lost.append(f"{who} {place}")
                    continue
                sound = voices.find_voice_data(connection, keys, keys.pseudonym(who), *place)
                actual = Given(there.codes, there.words, sound if there.has_voice else None)
                waits = expected.sound is not None and there.has_voice and sound is None
                if actual != expected and not (waits and (actual.codes, actual.words) == _plain(expected)):
                    altered.append(f"{who} {place}: {expected} became {actual}")
            stray += [f"{who} {place}" for place in kept]
        rows = connection.execute(select(func.count()).select_from(answer)).scalar_one()
        people = connection.execute(select(func.count()).select_from(respondent)).scalar_one()
    return Comparison(given, stored, tuple(lost), tuple(altered), tuple(stray), rows, people)


def count_left_over(database: Database) -> dict[str, int]:
    """Count what is still to be received, worked on, sent or fetched (C4, C5)."""
    with database.reading() as connection:
        lanes = outbox.count_waiting(connection)
        waiting = inbox.count_waiting_updates(connection)
        states = connection.execute(
            select(voice_table.c.state, func.count()).group_by(voice_table.c.state)
        ).all()
        quarantined = connection.execute(
            select(func.count()).select_from(inbox_table).where(inbox_table.c.state == "quarantined")
        ).scalar_one()
    spoken = {str(state): int(count) for state, count in states}
    return {
        "inbox": waiting,
        "quarantined": int(quarantined),
        "outbox": sum(lanes.values()),
        "voices waiting": spoken.get(VoiceState.WAITING.value, 0),
        "voices failed": spoken.get(VoiceState.FAILED.value, 0),
    }


def find_damage(file: Path) -> list[str]:
    """Ask SQLite itself whether the file is sound (C8). Empty means yes."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"foreign key: {row}" for row in connection.execute("PRAGMA foreign_key_check")]


def repeated_messages(ledger: Ledger) -> Counter[str]:
    """Count the copies too many of each message that reached a chat (C6)."""
    copies = Counter(_message_key(entry) for entry in ledger.applied(*_SENDING))
    return Counter({key: count - 1 for key, count in copies.items() if count > 1})


def ambiguous_sendings(ledger: Ledger) -> int:
    """Count the new messages that arrived although the bot was told otherwise."""
    return sum(entry.outcome != "ok" for entry in ledger.applied(*_SENDING))


def absorbed_repeats(ledger: Ledger) -> int:
    """Count the edits that were made a second time and that nobody could see."""
    return sum("not modified" in entry.outcome for entry in ledger.entries)


def refusals(ledger: Ledger) -> Counter[str]:
    """Count what the strict Bot API refused, but for repeats and for faults that a test ordered."""
    return Counter(
        f"{entry.method}: {entry.outcome}"
        for entry in ledger.entries
        if entry.outcome[:3].isdigit() and "not modified" not in entry.outcome
    )


def unanswered_presses(api: LocalBotApi) -> int:
    """Count the button presses whose spinner was never ended."""
    return sum(press.answer is None for press in api.world.presses.values())


def _message_key(entry: Entry) -> str:
    params = entry.params
    content = params.get("text") or params.get("caption")
    return json.dumps([params["chat_id"], entry.method, content, params.get("reply_markup")], sort_keys=True)


def _plain(expected: Given) -> tuple[tuple[str, ...], str | None]:
    return expected.codes, expected.words
