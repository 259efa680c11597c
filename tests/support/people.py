"""People with a full life in the database, for tests that look at everything at once."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, insert, select, update

from conversations.incoming import Voice
from conversations.person import Consent
from conversations.programme import Reply
from conversations.session import Answer, OfferedOwn, Session
from conversations.session import Asking as AskingStep
from storage import (
    attendance,
    contacts,
    contexts,
    following,
    inbox,
    outbox,
    sending,
    staff,
    station_news,
    tables,
    voices,
)
from storage.answers import Wording, save_answer, save_wordings
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage
from storage.sessions import create_respondent
from storage.staff_deputies import set_deputy
from storage.staff_invites import create_invite
from storage.staff_members import Role, join_from_settings
from storage.tables import answer
from storage.vocabulary import CopyState, Lane, OutboxKind
from tests.support.databases import NOW, TODAY

LEASE = dt.timedelta(seconds=60)


def live(
    connection: Connection, keys: KeyRing, telegram_id: int, number: int = 0, mark: str = "canary"
) -> str:
    """Give a person a row in every table, `mark` in every text, and return the contact's id.

    Call it for each person in a transaction of its own: it claims what waits.
    """
    today = TODAY - dt.timedelta(days=number)
    contact_id = contacts.create_contact(connection, keys, telegram_id, today=today).id
    contacts.set_language(connection, contact_id, "uk")
    contacts.mark_consented(connection, contact_id)
    contacts.set_message_consent(connection, contact_id, Consent("m1", "uk", today))
    contacts.set_screen_message(connection, contact_id, 70_000 + number)
    contacts.subscribe(connection, contact_id, f"{mark}-topic")
    following.set_follow_consent(connection, contact_id, Consent("f1", "uk", today))
    following.follow(connection, contact_id, [f"{mark}-theme"])
    station_news.mark_told(connection, [contact_id], 90_000 + number, today)
    connection.execute(
        insert(tables.announcement_copy),
        {
            "announcement_id": 95_000 + number,
            "contact_id": contact_id,
            "state": CopyState.SENT.value,
            "language": "uk",
            "message_id": 80_000 + number,
            "sent_at": NOW + dt.timedelta(seconds=number),
        },
    )
    attendance.save_reply(connection, contact_id, f"{mark}-forum", Reply.COMING, seats=None)
    attendance.note_interpreter(connection, contact_id, f"{mark}-forum", wanted=True)
    staff.save_state(connection, keys, telegram_id, f'{{"place": "{mark} desk"}}', NOW)
    _work(connection, keys, telegram_id, mark)
    _answer(connection, keys, telegram_id, number, mark)
    _exchange(connection, keys, telegram_id, number, contact_id, mark)
    return contact_id


def _work(connection: Connection, keys: KeyRing, telegram_id: int, mark: str) -> None:
    """Let the person belong to the staff, stand in for somebody and have invited somebody."""
    member = join_from_settings(connection, keys, telegram_id, language="uk", now=NOW)
    set_deputy(connection, member.id, f"{mark}-colleague", TODAY + dt.timedelta(days=30))
    create_invite(connection, frozenset({Role.AUTHOR}), member.id, NOW, f"{mark}-token-{telegram_id}")


def _answer(connection: Connection, keys: KeyRing, telegram_id: int, number: int, mark: str) -> None:
    question = AskingStep("arbeit", "arb_future")
    place = OfferedOwn(question, f"{mark} offered", None, keys.message_mark(telegram_id, 1))
    session = Session(tag=f"{mark}-tag", seed="s", place=place)
    consent = Consent("a1", "uk", TODAY)
    source = f"{mark}-source"
    create_respondent(connection, keys, telegram_id, consent=consent, source=source, session=session)
    shown = Wording("arb_future", "uk", "Яка робота?")
    save_wordings(connection, [shown])
    given = {
        "arb_now": Answer((f"{mark}-code", "b")),
        "arb_future": Answer(("text",), words=f"{mark} words", message=keys.message_mark(telegram_id, 2)),
        "arb_voice": Answer(("voice",), voice=Voice(f"{mark}-file-0", 7, 900, "audio/ogg")),
        "arb_later": Answer(("voice",), voice=Voice(f"{mark}-file-1", 8, 901, "audio/ogg")),
    }
    for step, value in given.items():
        save_answer(
            connection, keys, telegram_id, "arbeit", step, value,
            language="uk", wording=shown.hash, week="2027-W33",
            delete_voice_after=TODAY + dt.timedelta(days=14),
        )  # fmt: skip
    pseudonym = keys.pseudonym(telegram_id)
    released = contexts.released(pseudonym, "arbeit", "arb_future")
    connection.execute(
        update(answer)
        .where(answer.c.pseudonym == pseudonym, answer.c.step == "arb_future")
        .values(
            review="released", released_sealed=keys.seal_respondent(f"{mark} released".encode(), released)
        )
    )
    first, second = voices.claim_voices(connection, keys, now=NOW, lease=LEASE, limit=2)
    voices.mark_fetched(connection, keys, first, f"{mark} sound".encode())
    voices.retry_voice(connection, second, NOW + dt.timedelta(minutes=3))


def _exchange(
    connection: Connection, keys: KeyRing, telegram_id: int, number: int, contact_id: str, mark: str
) -> None:
    at = NOW + dt.timedelta(seconds=number)
    first = 1_000 + 10 * number
    received = [
        inbox.ReceivedUpdate(first + extra, telegram_id, f"{mark} update {extra}".encode(), reason)
        for extra, reason in enumerate((None, "too deep", None))
    ]
    inbox.store_batch(connection, keys, received, at)
    row = connection.execute(select(tables.inbox).where(tables.inbox.c.update_id == first)).one()
    assert inbox.finish_update(connection, inbox.WaitingUpdate(row.id, first, b"", 0, at))
    for lane in Lane:
        message = OutboxMessage(
            f"{lane.value}:{contact_id}",
            telegram_id,
            contact_id,
            OutboxKind.MESSAGE,
            {"text": f"{mark} message"},
            lane,
            reminder_id=9_000 + number,
        )
        outbox.put(connection, keys, message, at)
    sending.claim_due(connection, keys, lane=Lane.REPLY, now=at, lease=LEASE, limit=1)
