"""One announcement as a member of the staff sees it: plain facts, read before a page is drawn.

Must not know the database, nor how a page looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.announcement_texts import find_long, seal_words
from bot.rendering import Renderer
from conversations.announcement_templates import Gap
from conversations.announcements import (
    AUDIENCE_PLACE,
    Announcement,
    Fault,
    FaultCode,
    Mode,
    find_faults,
)
from conversations.languages import Language
from storage.announcements import Draft, join_digest
from storage.mailings import Progress
from storage.vocabulary import MailingState

_OVER = frozenset({MailingState.DONE, MailingState.STOPPED})


@dataclass(frozen=True, slots=True)
class Rules:
    """What the town has decided: whether one person is enough, and whether a public page must exist."""

    alone_allowed: bool
    needs_page: bool


@dataclass(frozen=True)
class View:
    """An announcement before the eyes of a member. `counts` says how many would get it, by language.

    `approvals` are hashes by language. `seen` are the languages this member has looked at. `renderer`
    is that of the people. `young` were sent so lately that Telegram lets them be taken away.
    """

    draft: Draft
    offered: tuple[Language, ...]
    fields: tuple[str, ...]
    rules: Rules
    renderer: Renderer
    now: dt.datetime
    member_id: str
    is_author: bool
    is_approver: bool
    counts: Mapping[str, int]
    approvals: Mapping[str, str]
    progress: Progress
    seen: tuple[str, ...] = ()
    young: int = 0

    @property
    def written(self) -> Announcement:
        """What it says."""
        return self.draft.announcement

    @property
    def begins_at(self) -> dt.datetime:
        """When it can begin."""
        planned = self.draft.begins_at
        return self.now if planned is None else max(self.now, planned.astimezone(self.now.tzinfo))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the languages on offer."""
        return tuple(language.code for language in self.offered)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that keeps it from being sent."""
        found = [*self._faults_of(self.written)]
        if self.can_be_shown:
            found += find_long(self.written, self.renderer, self.codes)
        is_to_come = not (self.draft.has_begun or self.written.audience.is_empty)
        if is_to_come and not set(self.counts) - self.written.held_back:
            found.append(Fault(AUDIENCE_PLACE, FaultCode.NOBODY))
        return tuple(found)

    @property
    def can_be_shown(self) -> bool:
        """Whether it has a message whose words are all there: not that of a field of before."""
        is_known = all(fault.code is not FaultCode.UNKNOWN_FIELD for fault in self._faults_of(self.written))
        return is_known and self.written.mode is not Mode.WITHDRAW

    @property
    def open_languages(self) -> tuple[str, ...]:
        """The languages whose people are meant and whose text is not held back."""
        return tuple(
            code for code in self.codes if self.written.addresses(code) and code not in self.written.held_back
        )

    @property
    def unapproved(self) -> tuple[str, ...]:
        """The languages that still need an approval."""
        return tuple(
            code
            for code in self.open_languages
            if self.approvals.get(code) != join_digest(self.written, code, self.seal_of(code))
        )

    def seal_of(self, code: str) -> str:
        """Hash the words that readers of a language see."""
        return seal_words(self.written, code, self.renderer) if self.can_be_shown else ""

    @property
    def unseen(self) -> tuple[str, ...]:
        """The languages to be approved that this member has not looked at."""
        return tuple(code for code in self.unapproved if code not in self.seen)

    @property
    def is_over(self) -> bool:
        """Whether it has ended, so that it can be mended."""
        return self.draft.state in _OVER

    @property
    def is_alone(self) -> bool:
        """Whether an approval by this member would be that of whoever wrote it."""
        return self.member_id == self.draft.author or self.member_id in self.draft.editors

    @property
    def may_approve(self) -> bool:
        """Whether this member may approve: somebody else who approves, or anybody where one is enough."""
        if self.rules.alone_allowed:
            return self.is_approver or self.is_author
        return self.is_approver and not self.is_alone

    def faults_in(self, code: str) -> tuple[Fault, ...]:
        """Find what is wrong in one language, also where it is held back."""
        free = replace(self.written, held_back=self.written.held_back - {code})
        found = [fault for fault in self._faults_of(free) if fault.place == code]
        if self.can_be_shown:
            found += find_long(free, self.renderer, (code,))
        return tuple(found)

    def lacks_words(self, code: str) -> bool:
        """Tell whether words are missing in a language."""
        return any(fault.code is FaultCode.WORDS_MISSING for fault in self.faults_in(code))

    def words(self) -> tuple[Gap, ...]:
        """The gaps that are written in each language."""
        return () if self.written.mode is Mode.WITHDRAW else self.written.template.words

    def _faults_of(self, written: Announcement) -> tuple[Fault, ...]:
        return find_faults(written, self.codes, needs_page=self.rules.needs_page, fields=self.fields)
