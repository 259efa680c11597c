"""A turn: one stored update becomes what it changes and what is shown, in one transaction.

The transaction takes the update from the inbox, loads the person from both worlds, asks the
engine, stores what happened, puts what is to be shown into the outbox and empties the update's
body. Nothing is sent here. A turn that fails is undone as a whole, and the update stays.
Must not know Telegram's types.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.catalogues import Catalogues
from bot.flood import FloodGate, Verdict
from bot.rendering import Renderer
from bot.showing import Chat, show_document, show_message, show_screen
from bot.updates import GroupWrote, Kind, Projection, to_incoming
from bot.wordings import Wordings
from conversations.content import Content
from conversations.engine import fold_word, take_turn
from conversations.environment import Environment
from conversations.events import (
    AnswerRecorded,
    AnswersDropped,
    Change,
    ConsentGiven,
    ContactLost,
    DataFileRequested,
    EverythingErased,
    LanguageChosen,
    PoppedUp,
    ScreenShown,
    Subscribed,
    Unsubscribed,
)
from conversations.incoming import Incoming, Pressed, Said, Spoke, WroteTooFast
from conversations.languages import presort
from conversations.person import Person, Purpose
from conversations.texts import text
from conversations.turn import Turn
from storage import access, answers, contacts, erasure, sessions
from storage.contacts import Contact
from storage.keyring import KeyRing
from storage.weeks import iso_week


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """How to answer a pressed button: with a notice, or silently. Sent after the commit, best effort."""

    callback_id: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is left to do after the transaction of a turn."""

    press: PressAnswer | None = None
    erased: bool = False
    has_voice: bool = False


@dataclass
class Turns:
    """Takes turns. Belongs to the writer thread; `now` and fresh marks come from `bot.app`."""

    content: Content
    catalogues: Catalogues
    renderer: Renderer
    wordings: Wordings
    keys: KeyRing
    clock: Callable[[], dt.datetime]
    new_token: Callable[[], str]
    group_link: str
    _stop_words: frozenset[str] = field(init=False)
    _timezone: ZoneInfo = field(init=False)
    _flood: FloodGate = field(default_factory=FloodGate, init=False)
    _inbox_id: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._timezone = ZoneInfo(self.content.programme.timezone)
        self._stop_words = frozenset(
            fold_word(word)
            for language in self.catalogues.offered
            for word in self.catalogues.get(language.code).find("stop.words").split(",")
        )

    def take(self, connection: Connection, body: bytes, inbox_id: int) -> Outcome:
        """Take the turn of one update, given as the projection that lay in the inbox.

        Raises whatever goes wrong: the caller undoes the transaction and keeps the update.
        """
        self._inbox_id = inbox_id
        projection = Projection.from_bytes(body)
        incoming = to_incoming(projection, self._mark)
        if isinstance(incoming, GroupWrote):
            self._answer_group(connection, projection, incoming)
            return Outcome()
        if incoming is None or projection.sender_id is None:
            return Outcome(press=_press_answer(projection))
        now = self.clock().astimezone(self._timezone)
        incoming = self._judge(projection.sender_id, incoming, now)
        return self._take(connection, projection, incoming, now)

    def apologise(self, connection: Connection, body: bytes) -> Outcome:
        """Tell the person that what they did last was not saved, in the language they chose."""
        projection = Projection.from_bytes(body)
        telegram_id = projection.sender_id
        if telegram_id is None or projection.chat_id != telegram_id:
            return Outcome(_press_answer(projection))
        contact = contacts.load_contact(connection, self.keys, telegram_id)
        if contact is not None and contact.language is not None:
            said = self.renderer.say(text("err.tech_lost"), contact.language)
            chat = Chat(telegram_id, self._chat_mark(telegram_id), contact, contact.language)
            show_message(connection, self.keys, chat, said, self.clock())
        return Outcome(_press_answer(projection))

    def _take(
        self, connection: Connection, projection: Projection, incoming: Incoming, now: dt.datetime
    ) -> Outcome:
        telegram_id = projection.sender_id or 0
        contact = contacts.load_contact(connection, self.keys, telegram_id)
        before = self._load_person(connection, telegram_id, contact)
        environment = Environment(
            now=now,
            languages=presort(projection.language or None, self.catalogues.offered),
            stop_words=self._stop_words,
            fresh_tag=self.new_token()[:8],
            fresh_seed=self.new_token(),
        )
        turn = take_turn(self.content, before, incoming, environment)
        language = turn.person.language or before.language or environment.languages[0].code
        chat = Chat(telegram_id, self._chat_mark(telegram_id), contact, language)
        pressed_id = projection.message_id if isinstance(incoming, Pressed) else None
        notice, erased = "", False
        for event in turn.events:
            match event:
                case ScreenShown(screen, placement):
                    rendered = self.renderer.render(screen, language)
                    show_screen(connection, self.keys, chat, rendered, placement, pressed_id, now)
                case PoppedUp(said):
                    notice = self.renderer.say(said, language) if before.language else ""
                case DataFileRequested():
                    self._send_data(connection, chat, now)
                case _:
                    chat = replace(chat, contact=self._apply(connection, chat, turn, event, now))
                    erased = erased or isinstance(event, EverythingErased)
        self._save(connection, telegram_id, chat.contact, before, turn, now)
        has_voice = isinstance(incoming, Spoke | Pressed)
        return Outcome(_press_answer(projection, notice), erased, has_voice)

    def _load_person(
        self, connection: Connection, telegram_id: int, contact: Contact | None
    ) -> Person:
        """Join both worlds for this turn. After the freeze the answers of nobody can be found."""
        respondent = (
            sessions.find_respondent(connection, self.keys, telegram_id)
            if self.keys.can_find_respondents
            else None
        )
        consent, session = respondent or (None, None)
        offered = {language.code for language in self.catalogues.offered}
        language = contact.language if contact is not None and contact.language in offered else None
        return Person(
            language=language,
            message_consent=None if contact is None else contact.message_consent,
            subscriptions=frozenset() if contact is None else contact.subscriptions,
            answer_consent=consent,
            session=session,
        )

    def _apply(
        self, connection: Connection, chat: Chat, turn: Turn, event: Change, now: dt.datetime
    ) -> Contact | None:
        """Store one change and return the contact as it is then."""
        telegram_id, today = chat.telegram_id, now.date()
        match event:
            case LanguageChosen(language):
                contact = self._get_contact(connection, chat, today)
                contacts.set_language(connection, contact.id, language)
                return contact
            case ConsentGiven(Purpose.ANSWERS, _, source):
                contact = self._get_contact(connection, chat, today)
                contacts.mark_consented(connection, contact.id)
                self._consent_to_answers(connection, telegram_id, turn.person, source)
                return contact
            case ConsentGiven(Purpose.MESSAGES):
                contact = self._get_contact(connection, chat, today)
                contacts.set_message_consent(connection, contact.id, turn.person.message_consent)
                return contact
            case AnswerRecorded(scope, step, answer):
                answers.save_answer(
                    connection,
                    self.keys,
                    telegram_id,
                    scope,
                    step,
                    answer,
                    language=chat.language,
                    wording=self.wordings.hash_of(chat.language, step),
                    week=iso_week(today),
                    delete_voice_after=today + dt.timedelta(days=self.content.town.voice_days),
                )
            case AnswersDropped(keys):
                answers.delete_answers(connection, self.keys, telegram_id, keys)
            case Subscribed(topic):
                contact = self._get_contact(connection, chat, today)
                contacts.subscribe(connection, contact.id, topic)
                return contact
            case Unsubscribed(topics) if chat.contact is not None:
                contacts.unsubscribe(connection, chat.contact.id, topics)
            case EverythingErased():
                erasure.erase_person(connection, self.keys, telegram_id, running_id=self._inbox_id)
                return None
            case ContactLost():
                if chat.contact is not None:
                    contacts.delete_contact(connection, chat.contact.id)
                return None
        return chat.contact

    def _consent_to_answers(
        self, connection: Connection, telegram_id: int, person: Person, source: str
    ) -> None:
        if person.session is None or person.answer_consent is None:
            return
        if sessions.find_respondent(connection, self.keys, telegram_id) is not None:
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

    def _save(
        self,
        connection: Connection,
        telegram_id: int,
        contact: Contact | None,
        before: Person,
        turn: Turn,
        now: dt.datetime,
    ) -> None:
        session = turn.person.session
        if session is not None and session != before.session:
            sessions.save_session(connection, self.keys, telegram_id, session)
        if contact is not None:
            contacts.mark_seen(connection, contact.id, now.date())

    def _get_contact(self, connection: Connection, chat: Chat, today: dt.date) -> Contact:
        return chat.contact or contacts.create_contact(
            connection, self.keys, chat.telegram_id, today=today
        )

    def _send_data(self, connection: Connection, chat: Chat, now: dt.datetime) -> None:
        data = access.load_everything(connection, self.keys, chat.telegram_id)
        written = json.dumps(data, ensure_ascii=False, indent=2).encode()
        caption = self.renderer.say(text("mydata.file"), chat.language)
        show_document(connection, self.keys, chat, "mitreden.json", written, caption, now)

    def _answer_group(self, connection: Connection, projection: Projection, wrote: GroupWrote) -> None:
        """Answer in a group with a link, at most as often as anybody may write."""
        now = self.clock()
        if self._flood.judge(wrote.chat_id, now) is not Verdict.WITHIN:
            return
        offered = presort(projection.language or None, self.catalogues.offered)
        said = self.renderer.say(text("err.group", bot_link=self.group_link), offered[0].code)
        chat = Chat(wrote.chat_id, self._chat_mark(wrote.chat_id), None, offered[0].code)
        show_message(connection, self.keys, chat, said, now)

    def _judge(self, telegram_id: int, incoming: Incoming, now: dt.datetime) -> Incoming:
        if not isinstance(incoming, Pressed | Said | Spoke):
            return incoming
        match self._flood.judge(telegram_id, now):
            case Verdict.WITHIN:
                return incoming
            case Verdict.TOO_FAST:
                return WroteTooFast(notice=True)
            case Verdict.TOO_FAST_AND_TOLD:
                return WroteTooFast(notice=False)

    def _chat_mark(self, chat_id: int) -> str:
        """Name a chat in the outbox, where nothing may hold its id."""
        return self.keys.person_mac(chat_id).hex()[:24]

    def _mark(self, chat_id: int, message_id: int) -> str:
        return self.keys.message_mark(chat_id, message_id) if self.keys.can_find_respondents else ""


def _press_answer(projection: Projection, notice: str = "") -> PressAnswer | None:
    if projection.kind is not Kind.PRESS:
        return None
    return PressAnswer(projection.callback_id, notice)
