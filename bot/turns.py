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
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from bot.calendar_file import calendar_file_name, write_calendar
from bot.catalogues import Catalogues
from bot.changes import Changes
from bot.flood import FloodGate, Verdict
from bot.recordings import NOTHING_RECORDED, Recordings, mark_of
from bot.rendering import Rendered, Renderer
from bot.showing import Chat, show_document, show_message, show_recording, show_screen
from bot.staff.door import Passage, StaffDoor, without_invite
from bot.updates import GroupWrote, Kind, Projection, to_incoming
from bot.wordings import Wordings
from conversations.content import Content
from conversations.engine import draw_again, fold_word, take_turn
from conversations.environment import Environment
from conversations.event_sheets import event_name
from conversations.events import (
    AnswerRecorded,
    CalendarFileRequested,
    DataFileRequested,
    EverythingErased,
    LanguagesHeard,
    Placement,
    PoppedUp,
    RecordingsWanted,
    ScreenShown,
)
from conversations.incoming import (
    Action,
    ActionButton,
    BlockedBot,
    Commanded,
    Incoming,
    Pressed,
    Reworded,
    Said,
    Spoke,
    WroteTooFast,
)
from conversations.language_sheets import CHOOSE_LANGUAGE, language_button
from conversations.languages import presort
from conversations.person import Person
from conversations.programme import Programme
from conversations.screens import Screen
from conversations.session import Session, Sheet, SheetName
from conversations.texts import text
from storage import access, contacts, sessions
from storage.contacts import Contact
from storage.keyring import KeyRing
from storage.programme import load_programme
from storage.stations import load_newest

_log = structlog.get_logger("mitreden.turns")


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
    programme_changed: bool = False


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
    staff: StaffDoor
    recordings: Recordings = NOTHING_RECORDED
    _stop_words: frozenset[str] = field(init=False)
    _timezone: ZoneInfo = field(init=False)
    _flood: FloodGate = field(default_factory=FloodGate, init=False)
    _changes: Changes = field(init=False)

    def __post_init__(self) -> None:
        self._timezone = ZoneInfo(self.content.programme.timezone)
        self._changes = Changes(self.keys, self.wordings, dt.timedelta(days=self.content.town.voice_days))
        self._stop_words = frozenset(
            fold_word(word)
            for language in self.catalogues.offered
            for word in self.catalogues.get(language.code).find("stop.words").split(",")
            if fold_word(word)
        )

    def take(self, connection: Connection, body: bytes, inbox_id: int) -> Outcome:
        """Take the turn of one update, given as the projection that lay in the inbox.

        Raises whatever goes wrong: the caller undoes the transaction and keeps the update.
        """
        projection = Projection.from_bytes(body)
        incoming = to_incoming(projection, self._mark)
        if isinstance(incoming, GroupWrote):
            self._answer_group(connection, projection, incoming)
            return Outcome()
        if incoming is None or projection.sender_id is None:
            return Outcome(press=_press_answer(projection))
        now = self.clock().astimezone(self._timezone)
        incoming = self._judge(projection.sender_id, incoming, now)
        return self._take(connection, projection, incoming, now, inbox_id)

    def apologise(self, connection: Connection, body: bytes) -> Outcome:
        """Tell the person that what they did last was not saved, in the language they chose."""
        projection = Projection.from_bytes(body)
        telegram_id = projection.sender_id
        if telegram_id is None or projection.chat_id != telegram_id:
            return Outcome(_press_answer(projection))
        contact = contacts.load_contact(connection, self.keys, telegram_id)
        if contact is not None and contact.language is not None:
            incoming = to_incoming(projection, self._mark)
            was_answer = isinstance(incoming, Said | Spoke | Reworded | Pressed)
            said = self.renderer.say(text("err.tech_lost" if was_answer else "err.tech"), contact.language)
            chat = Chat(telegram_id, self._chat_mark(telegram_id), contact, contact.language)
            show_message(connection, self.keys, chat, said, self.clock())
        return Outcome(_press_answer(projection))

    def _take(
        self,
        connection: Connection,
        projection: Projection,
        incoming: Incoming,
        now: dt.datetime,
        inbox_id: int,
    ) -> Outcome:
        telegram_id = projection.sender_id or 0
        contact = contacts.load_contact(connection, self.keys, telegram_id)
        programme = load_programme(connection, self.content.programme)
        environment = Environment(
            now=now,
            languages=presort(projection.language or None, self.catalogues.offered),
            stop_words=self._stop_words,
            fresh_tag=self.new_token()[:8],
            fresh_seed=self.new_token(),
            are_answers_linked=self.keys.can_find_respondents,
            programme=programme,
            heard_languages=self.recordings.languages_of(CHOOSE_LANGUAGE),
        )
        before = self._load_person(connection, telegram_id, contact, environment)
        if _looks_at_results(incoming, before):
            environment = replace(environment, stations=load_newest(connection))
        pressed_id = projection.message_id if isinstance(incoming, Pressed) else None
        language = before.language or environment.languages[0].code
        chat = Chat(telegram_id, self._chat_mark(telegram_id), contact, language)
        passage = Passage.OUTSIDE
        if not self._is_stop_word(incoming):  # whoever wants to end something is always heard
            passage = self.staff.take(connection, chat, incoming, pressed_id, now)
        if passage in (Passage.INSIDE, Passage.CHANGED):
            changed = passage is Passage.CHANGED
            return Outcome(_press_answer(projection), programme_changed=changed)
        incoming = Pressed(ActionButton(Action.MENU)) if passage is Passage.LEFT else without_invite(incoming)
        turn = take_turn(self.content, before, incoming, environment)
        if isinstance(incoming, Pressed) and not turn.events and _is_newest(projection, contact):
            # A repeated press changes nothing. Yet it may come from a second copy of the screen, left
            # by a crash, and on that one nothing would ever happen: so it shows the current state.
            turn = draw_again(self.content, turn.person, environment, Placement.IN_PLACE)
        language = turn.person.language or language
        chat = replace(chat, language=language)
        notice = ""
        for event in turn.events:
            match event:
                case ScreenShown(screen, placement):
                    rendered = self.renderer.render(screen, language)
                    show_screen(connection, self.keys, chat, rendered, placement, pressed_id, now)
                case PoppedUp(said):
                    notice = self.renderer.say(said, language) if before.language else ""
                case DataFileRequested():
                    self._send_data(connection, chat, now)
                case CalendarFileRequested(topic):
                    self._send_calendar(connection, chat, topic, programme, now)
                case RecordingsWanted(marks):
                    sent = [self._send_recording(connection, chat, mark, now) for mark in marks]
                    notice = "" if any(sent) else self.renderer.say(text("ui.listen.gone"), language)
                    if any(sent) and _is_current(contact, turn.person, pressed_id):
                        # The buttons go below what is heard, so that nobody has to look for them.
                        again = draw_again(self.content, turn.person, environment, Placement.BELOW)
                        for shown in again.events:
                            if isinstance(shown, ScreenShown):
                                rendered = self.renderer.render(shown.screen, language)
                                show_screen(connection, self.keys, chat, rendered, shown.placement, None, now)
                case LanguagesHeard(codes, entry):
                    self._send_languages(connection, chat, codes, entry, now)
                case _:
                    if isinstance(event, EverythingErased):
                        self.staff.note_erasure(connection, telegram_id, now)
                    stored = self._changes.store(
                        connection, chat, turn.person, event, now.date(), inbox_id, programme.seats_of
                    )
                    chat = replace(chat, contact=stored)
        session = turn.person.session
        if session is not None and session != before.session:
            sessions.save_session(connection, self.keys, telegram_id, session)
        if chat.contact is not None:
            contacts.mark_seen(connection, chat.contact.id, now.date())
        return Outcome(
            _press_answer(projection, notice),
            erased=any(isinstance(event, EverythingErased) for event in turn.events),
            has_voice=any(isinstance(event, AnswerRecorded) and event.answer.voice for event in turn.events),
        )

    def _load_person(
        self, connection: Connection, telegram_id: int, contact: Contact | None, environment: Environment
    ) -> Person:
        """Join both worlds for this turn. After the freeze the answers of nobody can be found."""
        consent, session = None, None
        if self.keys.can_find_respondents:
            try:
                found = sessions.find_respondent(connection, self.keys, telegram_id)
            except sessions.SessionUnreadableError as error:
                _log.error("session_unreadable", error=type(error).__name__)
                fresh = Session(environment.fresh_tag, environment.fresh_seed, Sheet(SheetName.MENU))
                found = sessions.find_without_session(connection, self.keys, telegram_id, fresh)
            consent, session = found or (None, None)
        offered = {language.code for language in self.catalogues.offered}
        language = contact.language if contact is not None and contact.language in offered else None
        return Person(
            language=language,
            message_consent=None if contact is None else contact.message_consent,
            subscriptions=frozenset() if contact is None else contact.subscriptions,
            answer_consent=consent,
            session=session,
            attendance={} if contact is None else contact.attendance,
            follow_consent=None if contact is None else contact.follow_consent,
            followed=frozenset() if contact is None else contact.followed,
            has_stopped=contact is not None and contact.has_stopped,
        )

    def _send_data(self, connection: Connection, chat: Chat, now: dt.datetime) -> None:
        data = access.load_everything(connection, self.keys, chat.telegram_id)
        written = json.dumps(data, ensure_ascii=False, indent=2).encode()
        caption = self.renderer.say(text("mydata.file"), chat.language)
        show_document(connection, self.keys, chat, "mitreden.json", written, caption, now)

    def _send_recording(self, connection: Connection, chat: Chat, mark: str, now: dt.datetime) -> bool:
        if self.recordings.find(chat.language, mark) is None:
            return False
        self._flood.judge(chat.telegram_id, now)  # a sound costs as much as a press
        show_recording(connection, self.keys, chat, (chat.language, mark), Rendered(""), now)
        return True

    def _send_languages(
        self, connection: Connection, chat: Chat, codes: tuple[str, ...], entry: str, now: dt.datetime
    ) -> None:
        """Send what each language is called, spoken in it, with the button that chooses it below."""
        mark = mark_of(CHOOSE_LANGUAGE)
        for language in self.catalogues.offered:
            if language.code in codes and self.recordings.find(language.code, mark) is not None:
                self._flood.judge(chat.telegram_id, now)  # a sound costs as much as a press
                button = Screen((), ((language_button(language, entry),),))
                rendered = self.renderer.render(button, language.code)
                show_recording(connection, self.keys, chat, (language.code, mark), rendered, now)

    def _send_calendar(
        self, connection: Connection, chat: Chat, topic: str, programme: Programme, now: dt.datetime
    ) -> None:
        facts, event = self.content.town.facts, programme.events[topic]
        summary = self.renderer.say(event_name(topic), chat.language)
        if event.date is None:  # many calendars show no state, so the title says it
            summary = f"{self.renderer.say(text('events.cancelled'), chat.language)} {summary}"
        written = write_calendar(
            topic,
            event,
            summary=summary,
            description=f"{facts['org']}\n{facts['official_url']}",
            url=facts["official_url"],
            host=urlsplit(facts["official_url"]).hostname or "mitreden",
            now=now,
        )
        key = "rem.calendar_gone" if event.date is None else "rem.calendar_file"
        caption = self.renderer.say(text(key), chat.language)
        show_document(connection, self.keys, chat, calendar_file_name(topic), written, caption, now)

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
        """Let nobody flood the bot. Whoever wants to end something is always heard."""
        match incoming:
            case BlockedBot() | Commanded("stop" | "delete") | Pressed(ActionButton(Action.ERASE)):
                return incoming
            case _ if self._is_stop_word(incoming):
                return incoming
        match self._flood.judge(telegram_id, now):
            case Verdict.WITHIN:
                return incoming
            case Verdict.TOO_FAST:
                return WroteTooFast(notice=True)
            case Verdict.TOO_FAST_AND_TOLD:
                return WroteTooFast(notice=False)

    def _is_stop_word(self, incoming: Incoming) -> bool:
        return isinstance(incoming, Said) and fold_word(incoming.words) in self._stop_words

    def _chat_mark(self, chat_id: int) -> str:
        """Name a chat in the outbox, where nothing may hold its id."""
        return self.keys.person_mac(chat_id).hex()[:24]

    def _mark(self, chat_id: int, message_id: int) -> str:
        return self.keys.message_mark(chat_id, message_id) if self.keys.can_find_respondents else ""


def _looks_at_results(incoming: Incoming, person: Person) -> bool:
    """Tell whether a page with stations may be shown in a turn: asked for, or shown again."""
    place = None if person.session is None else person.session.place
    match incoming:
        case Commanded("results") | Pressed(ActionButton(Action.RESULTS | Action.RESULTS_FIELD)):
            return True
        case _:
            return isinstance(place, Sheet) and place.name in (SheetName.RESULTS, SheetName.RESULTS_FIELD)


def _is_newest(projection: Projection, contact: Contact | None) -> bool:
    """Tell whether the pressed message stands where the current screen is, or below it."""
    current_id = None if contact is None else contact.screen_message_id
    pressed_id = projection.message_id
    return pressed_id is not None and current_id is not None and pressed_id >= current_id


def _is_current(contact: Contact | None, person: Person, pressed_id: int | None) -> bool:
    """Tell whether the current screen was pressed, and can be drawn again.

    Without a session nobody knows which page it was, such as the one with the consent.
    """
    if contact is None or person.session is None:
        return False
    return pressed_id is not None and pressed_id == contact.screen_message_id


def _press_answer(projection: Projection, notice: str = "") -> PressAnswer | None:
    if projection.kind is not Kind.PRESS:
        return None
    return PressAnswer(projection.callback_id, notice)
