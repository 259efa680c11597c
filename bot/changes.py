"""Storing what a turn has changed, event by event, in the transaction of that turn.

Both worlds are written here, each under its own key; nothing that is written links them. Must not
know what is shown.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import Connection

from bot.showing import Chat
from bot.wordings import Wordings
from conversations.events import (
    AnswerRecorded,
    AnswersDropped,
    Change,
    ConsentGiven,
    ContactLost,
    EverythingErased,
    ForumReplied,
    InterpreterNoted,
    LanguageChosen,
    MessagesDeclined,
    Subscribed,
    ThemesFollowed,
    ThemesUnfollowed,
    Unsubscribed,
)
from conversations.person import Person, Purpose
from storage import answers, attendance, contacts, copies, erasure, following, outbox, sessions
from storage.contacts import Contact
from storage.keyring import KeyRing
from storage.weeks import iso_week


@dataclass(frozen=True, slots=True)
class Changes:
    """Stores changes. A voice message is kept for `voice_kept` at most."""

    keys: KeyRing
    wordings: Wordings
    voice_kept: dt.timedelta

    def store(
        self,
        connection: Connection,
        chat: Chat,
        person: Person,
        change: Change,
        today: dt.date,
        inbox_id: int,
        seats_of: Callable[[str], int | None],
    ) -> Contact | None:
        """Store one change and return the contact as it is then.

        `person` is the person after the turn; `inbox_id` is the update at hand, which an erasure
        leaves to the turn; `seats_of` says how many seats the forum of a topic has.
        Raises: NoSeatLeftError.
        """
        match change:
            case LanguageChosen() | ConsentGiven() | Subscribed() | ThemesFollowed():
                return self._choose(connection, chat, person, change, today)
            case AnswerRecorded():
                self._save_answer(connection, chat, change, today)
            case AnswersDropped(gone):
                answers.delete_answers(connection, self.keys, chat.telegram_id, gone)
            case Unsubscribed(topics):
                if chat.contact is not None:
                    contacts.unsubscribe(connection, chat.contact.id, topics)
            case ForumReplied(topic, reply):
                if chat.contact is not None:
                    attendance.save_reply(connection, chat.contact.id, topic, reply, seats_of(topic))
            case InterpreterNoted(topic, wanted):
                if chat.contact is not None:
                    attendance.note_interpreter(connection, chat.contact.id, topic, wanted=wanted)
            case ThemesUnfollowed(themes):
                if chat.contact is not None:
                    following.unfollow(connection, chat.contact.id, themes)
            case MessagesDeclined():
                if chat.contact is not None:
                    _end_messages(connection, chat.contact.id)
            case EverythingErased():
                erasure.erase_person(connection, self.keys, chat.telegram_id, running_id=inbox_id)
                return None
            case ContactLost():
                if chat.contact is not None:
                    forget_contact(connection, chat.contact.id)
                return None
            case _:
                assert_never(change)
        return chat.contact

    def _choose(
        self,
        connection: Connection,
        chat: Chat,
        person: Person,
        change: LanguageChosen | ConsentGiven | Subscribed | ThemesFollowed,
        today: dt.date,
    ) -> Contact:
        """Store a choice that makes somebody a contact."""
        contact = chat.contact or contacts.create_contact(
            connection, self.keys, chat.telegram_id, today=today
        )
        match change:
            case LanguageChosen(language):
                contacts.set_language(connection, contact.id, language)
                copies.reconsider(connection, contact.id)
                if person.session is not None:  # somebody who came back after blocking the bot
                    contacts.mark_consented(connection, contact.id)
                    if chat.contact is None:  # they may have said stop before; nobody can tell
                        contacts.set_stopped(connection, contact.id, stopped=True)
            case ConsentGiven(Purpose.ANSWERS, _, source):
                contacts.mark_consented(connection, contact.id)
                self._consent_to_answers(connection, chat.telegram_id, person, source)
            case ConsentGiven(Purpose.MESSAGES):
                contacts.set_message_consent(connection, contact.id, person.message_consent)
                contacts.set_stopped(connection, contact.id, stopped=False)
            case ConsentGiven(Purpose.FOLLOWING):
                following.set_follow_consent(connection, contact.id, person.follow_consent)
            case ThemesFollowed(themes):
                following.follow(connection, contact.id, themes)
                contacts.set_stopped(connection, contact.id, stopped=False)
            case Subscribed(topic):
                contacts.subscribe(connection, contact.id, topic)
        return contact

    def _save_answer(
        self, connection: Connection, chat: Chat, recorded: AnswerRecorded, today: dt.date
    ) -> None:
        answers.save_answer(
            connection,
            self.keys,
            chat.telegram_id,
            recorded.scope,
            recorded.step,
            recorded.answer,
            language=chat.language,
            wording=self.wordings.hash_of(chat.language, recorded.step),
            week=iso_week(today),
            delete_voice_after=today + self.voice_kept,
        )

    def _consent_to_answers(
        self, connection: Connection, telegram_id: int, person: Person, source: str
    ) -> None:
        if person.session is None or person.answer_consent is None:
            return
        if sessions.has_respondent(connection, self.keys, telegram_id):
            sessions.renew_consent(connection, self.keys, telegram_id, person.answer_consent)
            return
        sessions.create_respondent(
            connection,
            self.keys,
            telegram_id,
            consent=person.answer_consent,
            source=source,
            session=person.session,
        )


def _end_messages(connection: Connection, contact_id: str) -> None:
    """Take back whatever somebody agreed to be written to about, and note that they said stop."""
    contacts.set_message_consent(connection, contact_id, None)
    contacts.set_stopped(connection, contact_id, stopped=True)
    following.end_following(connection, contact_id)
    attendance.forget_attendance(connection, contact_id)


def forget_contact(connection: Connection, contact_id: str) -> None:
    """Unsubscribe and erase somebody whom nothing reaches any more. Their answers stay."""
    contacts.delete_contact(connection, contact_id)
    outbox.drop_for_contact(connection, contact_id)
