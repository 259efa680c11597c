"""The desk of `mitreden announce`: drafts are written, checked, handed over, steered and corrected.

What an announcement may say is `conversations.announcements`, what becomes of it `storage.announcements`
and `storage.mailings`. Must not know the names of options.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.announce.options import with_words
from bot.announce.words import STATE_WORDS, say_fault
from bot.announcement_files import SheetError, read_sheet, write_sheet
from bot.announcement_texts import Preview, find_long, preview_announcement
from bot.app import system_clock
from bot.catalogues import Catalogues
from bot.content import load_content
from bot.opening import open_data
from bot.programme.desk import plain_moments
from bot.rendering import Renderer
from bot.settings import Settings, StartError
from conversations.announcements import (
    AUDIENCE_PLACE,
    Announcement,
    Audience,
    Fault,
    FaultCode,
    Mode,
    find_faults,
)
from conversations.content import Content
from conversations.mailing_pace import estimate_duration
from conversations.mistakes import suggest
from storage import announcements, mailings, readers
from storage.announcements import (
    ChangedMeanwhileError,
    Draft,
    NoSuchAnnouncementError,
    WrongStateError,
    is_running,
)
from storage.database import Database
from storage.mailings import Progress
from storage.staff_log import COMMAND_LINE, Deed, log
from storage.vocabulary import MailingState, Policy

#: What may still be open while something is being written; it is needed before it can be handed over.
_MAY_BE_OPEN = frozenset(
    {
        FaultCode.MISSING,
        FaultCode.WORDS_MISSING,
        FaultCode.ALL_HELD_BACK,
        FaultCode.NO_AUDIENCE,
        FaultCode.NOTHING_TO_CORRECT,
    }
)
#: So long Telegram lets a bot take a message back (Bot API, deleteMessage).
WITHDRAWN_WITHIN = dt.timedelta(hours=48)


@dataclass(frozen=True)
class Verdict:
    """What came of a check: what is wrong, and how many people would get it, by language."""

    faults: tuple[Fault, ...]
    people: Mapping[str, int]
    duration: dt.timedelta

    @property
    def count(self) -> int:
        """How many people would get it."""
        return sum(self.people.values())


@dataclass(frozen=True)
class Desk:
    """The announcements as they stand, and the way to change them."""

    database: Database
    content: Content
    catalogues: Catalogues
    renderer: Renderer
    needs_page: bool
    clock: Callable[[], dt.datetime]

    @property
    def zone(self) -> dt.tzinfo:
        """The time zone of the programme."""
        return ZoneInfo(self.content.programme.timezone)

    @property
    def now(self) -> dt.datetime:
        """The time, in the time zone of the programme."""
        return self.clock().astimezone(self.zone)

    @property
    def languages(self) -> tuple[str, ...]:
        """The codes of the languages on offer."""
        return tuple(language.code for language in self.catalogues.offered)

    def get(self, number: int) -> Draft:
        """Load an announcement. Raises: NoSuchAnnouncementError."""
        with self.database.reading() as connection:
            return announcements.get(connection, number)

    def list_all(self) -> tuple[Draft, ...]:
        """List every announcement, the newest first."""
        with self.database.reading() as connection:
            return announcements.list_all(connection)

    def get_language(self, code: str) -> str:
        """Return the code of a language on offer. Raises: StartError."""
        if code not in self.languages:
            hint = suggest(code, self.languages) or f" Possible are: {', '.join(self.languages)}."
            raise StartError(f"“{code}” is no language on offer.{hint}")
        return code

    def create(self, written: Announcement, policy: Policy, corrects: int | None = None) -> Draft:
        """Put down a draft. What is still open may be open; what is wrong is refused."""
        self._refuse_wrong(None, written)
        with self.database.transaction() as connection:
            number = announcements.create(connection, written, policy, COMMAND_LINE, self.now, corrects)
            if corrects is not None:
                log(connection, COMMAND_LINE, Deed.CORRECTED, str(corrects), now=self.now)
            return announcements.get(connection, number)

    def change(self, draft: Draft, written: Announcement) -> Draft:
        """Change what an announcement says; what is wrong is refused."""
        self._refuse_wrong(draft.announcement, written)
        if written == draft.announcement:
            raise StartError("That is how it is already; nothing was changed.")
        with self.database.transaction() as connection:
            return announcements.change(connection, draft, written, COMMAND_LINE, self.now)

    def hold(self, draft: Draft, codes: Iterable[str], *, back: bool) -> Draft:
        """Hold languages back, or let them go out with the others."""
        named = frozenset(map(self.get_language, codes))
        before = draft.announcement.held_back
        written = replace(draft.announcement, held_back=before | named if back else before - named)
        after = self.change(draft, written)
        with self.database.transaction() as connection:
            for code in sorted(before ^ written.held_back):
                deed = Deed.HELD_BACK if back else Deed.RELEASED
                log(connection, COMMAND_LINE, deed, f"{draft.id}:{code}", now=self.now)
        return after

    def write_texts(self, draft: Draft, path: Path) -> tuple[Path, ...]:
        """Write the file for translators."""
        return write_sheet(draft.announcement, self.languages, path)

    def read_texts(self, draft: Draft, path: Path) -> dict[str, int]:
        """Take what the translators filled in, and count it by language. All of it, or nothing."""
        found = read_sheet(draft.announcement, self.languages, path)
        if not found:
            raise StartError(f"Nothing is filled in in {path.name}; nothing was changed.")
        written = draft.announcement
        for code, words in found.items():
            written = with_words(written, code, words)
        self.change(draft, written)
        return {code: len(words) for code, words in found.items()}

    def preview(self, draft: Draft, codes: Iterable[str]) -> list[Preview]:
        """Show the message in some languages."""
        if draft.announcement.mode is Mode.WITHDRAW:
            raise StartError("This one takes a message back; there is nothing to read.")
        today = self.now.date()
        return [preview_announcement(draft.announcement, code, self.renderer, today) for code in codes]

    def list_faults(self, announcement: Announcement) -> tuple[Fault, ...]:
        """List what keeps an announcement from being sent, but for who would get it."""
        faults = find_faults(
            announcement, self.languages, needs_page=self.needs_page, fields=self.content.field_codes
        )
        if any(fault.code is FaultCode.UNKNOWN_FIELD for fault in faults):
            return faults
        return (*faults, *find_long(announcement, self.renderer, self.languages))

    def check(self, draft: Draft, begins: dt.datetime | None = None) -> Verdict:
        """Find everything that keeps a draft from being sent, and count who would get it."""
        announcement = draft.announcement
        faults = list(self.list_faults(announcement))
        with self.database.reading() as connection:
            people = readers.count_by_language(connection, announcement.audience, announcement.mode)
        count = sum(people.values())
        if count == 0 and not announcement.audience.is_empty:
            faults.append(Fault(AUDIENCE_PLACE, FaultCode.NOBODY))
        elif count and not set(people) - announcement.held_back:
            faults.append(Fault(AUDIENCE_PLACE, FaultCode.NOBODY, ", ".join(sorted(people))))
        duration = estimate_duration(count, self.now if begins is None else begins)
        return Verdict(tuple(faults), people, duration)

    def note_check(self, draft: Draft) -> None:
        """Note in the trail that somebody checked."""
        with self.database.transaction() as connection:
            log(connection, COMMAND_LINE, Deed.CHECK, str(draft.id), now=self.now)

    def hand_over(self, draft: Draft, begins: dt.datetime | None) -> Verdict:
        """Hand a draft over to be approved in the chat. Raises: StartError with everything that is wrong."""
        verdict = self.check(draft, begins)
        if verdict.faults:
            raise StartError("\n".join(map(say_fault, verdict.faults)))
        with self.database.transaction() as connection:
            announcements.request(connection, draft, COMMAND_LINE, self.now, begins)
        return verdict

    def steer(self, number: int, to: MailingState) -> Draft:
        """Pause, go on, stop for good, or take back what has not begun."""
        deeds: Mapping[MailingState, Callable[..., Draft]] = {
            MailingState.PAUSED: mailings.pause,
            MailingState.SENDING: mailings.resume,
            MailingState.STOPPED: mailings.stop,
            MailingState.DRAFT: announcements.cancel,
        }
        with self.database.transaction() as connection:
            announcements.get(connection, number)
            return deeds[to](connection, number, COMMAND_LINE, self.now)

    def load_progress(self, number: int) -> tuple[Progress, dt.timedelta | None]:
        """Load how far an announcement is, and how long the rest will take, if it is on its way."""
        with self.database.reading() as connection:
            announcements.get(connection, number)
            progress = mailings.load_progress(connection, number)
        if not is_running(progress.state):
            return progress, None
        return progress, estimate_duration(progress.waiting, self.now)

    def correct(self, number: int, mode: Mode) -> Draft:
        """Put down the draft of a correction, for those who got an announcement."""
        wrong = self.get(number)
        if not wrong.has_begun:
            raise StartError(f"Announcement {number} has gone to nobody yet. Change it instead.")
        if wrong.ended_at is None:
            raise StartError(f"Announcement {number} has not ended yet. Stop it first.")
        if wrong.announcement.mode is Mode.WITHDRAW:
            raise StartError(f"Announcement {number} took messages back; there is nothing left to correct.")
        if mode is Mode.WITHDRAW and self.now - wrong.ended_at > WITHDRAWN_WITHIN:
            raise StartError(
                "Telegram takes messages back for 48 hours only."
                " Change their text, or send a correction: --edit, --new."
            )
        written = replace(wrong.announcement, mode=mode, audience=Audience(got=number))
        return self.create(written, wrong.policy, number)

    def _refuse_wrong(self, before: Announcement | None, after: Announcement) -> None:
        """Refuse what is wrong and was not so before."""
        known = set() if before is None else set(self.list_faults(before))
        wrong = [
            fault
            for fault in self.list_faults(after)
            if fault.code not in _MAY_BE_OPEN and fault not in known
        ]
        if wrong:
            raise StartError("\n".join(map(say_fault, wrong)))


@contextlib.contextmanager
def open_desk(settings: Settings) -> Iterator[Desk]:
    """Open the announcements of a bot that has run at least once.

    Raises: StartError, KeyFileError, DatabaseUnreachableError, ContentError.
    """
    loaded = load_content(settings.content)
    with open_data(settings) as (database, _):
        yield Desk(
            database,
            loaded.content,
            loaded.catalogues,
            Renderer(loaded.content, loaded.catalogues),
            not settings.announce_without_page,
            system_clock,
        )


@contextlib.contextmanager
def plain_announcements() -> Iterator[None]:
    """Say in one sentence why something cannot be done. Raises: StartError."""
    try:
        with plain_moments():
            yield
    except NoSuchAnnouncementError as error:
        raise StartError(f"There is no announcement {error}. To see them: mitreden announce list") from None
    except ChangedMeanwhileError:
        raise StartError(
            "Somebody else has changed it in the meantime. Nothing was changed; please look again."
        ) from None
    except WrongStateError as error:
        raise StartError(
            f"This cannot be done now: the announcement is in the state “{STATE_WORDS[error.state]}”."
        ) from None
    except SheetError as error:
        raise StartError(str(error)) from None
