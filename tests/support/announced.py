"""Announcements for tests, from the draft to the outbox, straight in the database.

town = Announcing(database, keys)
number = town.approved()
town.run()          # begins, lists, puts out
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from conversations.announcement_templates import AnnouncementKind
from conversations.announcements import Announcement, Audience, Mode
from storage import announcements, copies, mailings, sending
from storage.announcements import Draft
from storage.database import Database
from storage.keyring import KeyRing
from storage.sending import ClaimedMessage
from storage.vocabulary import CopyState, Lane, MailingState, Policy
from tests.support.databases import NOW

ANNE, BERND = "anne", "brnd"
MEMBERS = (ANNE, BERND)
PAGE_URL = "https://www.goeppingen.de/integrationsplan/beschluss"
LANGUAGES = ("de", "de_LS", "en", "tr", "ar")
_MINUTE = dt.timedelta(minutes=1)


def adopted(
    *topics: str,
    mode: Mode = Mode.SEND,
    held_back: frozenset[str] = frozenset(),
    audience: Audience | None = None,
    values: Mapping[str, str] | None = None,
) -> Announcement:
    """Write that the council has adopted the plan."""
    return Announcement(
        AnnouncementKind.ADOPTED,
        mode,
        values or {"date": "2027-11-18", "plan_url": "https://www.goeppingen.de/plan"},
        {},
        held_back,
        audience or Audience(frozenset(topics or ("council", "plan_draft"))),
        PAGE_URL,
    )


@dataclass
class Announcing:
    """The staff at work: Anne writes, Bernd approves. `now` goes on by itself where time must pass."""

    database: Database
    keys: KeyRing
    now: dt.datetime = field(default=NOW)

    def draft(
        self,
        written: Announcement | None = None,
        policy: Policy = Policy.NEVER_MISSED,
        corrects: int | None = None,
    ) -> int:
        """Write a draft."""
        with self.database.transaction() as connection:
            return announcements.create(connection, written or adopted(), policy, ANNE, self.now, corrects)

    def approved(
        self,
        written: Announcement | None = None,
        policy: Policy = Policy.NEVER_MISSED,
        corrects: int | None = None,
    ) -> int:
        """Write an announcement, ask for approval, and give it; a minute passes."""
        number = self.draft(written, policy, corrects)
        with self.database.transaction() as connection:
            draft = announcements.request(connection, announcements.get(connection, number), ANNE, self.now)
            open_languages = set(LANGUAGES) - draft.announcement.held_back
            announcements.approve(
                connection,
                draft,
                BERND,
                self.now,
                languages=open_languages,
                members=MEMBERS,
                alone_allowed=False,
            )
        self.now += _MINUTE
        return number

    def get(self, number: int) -> Draft:
        """Load an announcement."""
        with self.database.reading() as connection:
            return announcements.get(connection, number)

    def run(self, *, page: int = 2, most: int = 100) -> int:
        """Do what the tick does, and say how many copies are new in the outbox."""
        put = 0
        with self.database.transaction() as connection:
            active = mailings.list_active(connection, self.now)
        for draft in active:
            if draft.state is MailingState.APPROVED:
                with self.database.transaction() as connection:
                    mailings.begin(connection, draft, self.now)
            while True:
                with self.database.transaction() as connection:
                    if not mailings.list_page(connection, draft, page):
                        break
            with self.database.transaction() as connection:
                put += mailings.feed(connection, self.keys, draft, self.now, most=most)
        return put

    def claim(self, limit: int = 100) -> tuple[ClaimedMessage, ...]:
        """Claim what lies in the outbox."""
        with self.database.transaction() as connection:
            return sending.claim_due(
                connection, self.keys, lane=Lane.BULK, now=self.now, lease=_MINUTE, limit=limit
            )

    def settle(self, row: ClaimedMessage, state: CopyState = CopyState.SENT, message_id: int = 7) -> None:
        """Finish a row as the delivery does."""
        with self.database.transaction() as connection:
            sending.finish(connection, row)
            copies.settle(connection, row, state, language="de", message_id=message_id, now=self.now)

    def send_all(self) -> list[str]:
        """Send everything there is to send, and list who got it."""
        got = []
        while self.run():
            for row in self.claim():
                self.settle(row)
                got.append(row.contact_id or "")
        self.run()
        return got

    def progress(self, number: int) -> mailings.Progress:
        """Load how far a mailing is."""
        with self.database.reading() as connection:
            return mailings.load_progress(connection, number)
