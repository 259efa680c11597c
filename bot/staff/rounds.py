"""What the staff get without asking: pages that follow a mailing, and the reminder of every week.

Called by ticks; a second tick changes nothing. Must not know what a page or the reminder says.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from bot.delivery import WriteTransaction
from bot.showing import message_body
from bot.staff.stale_reminder import reminded_from, write_stale_reminders
from bot.staff.watch import ProgressPages
from conversations.content import Content
from storage.keyring import KeyRing
from storage.outbox import OutboxMessage, put_new
from storage.programme import load_programme
from storage.staff_members import Role, find_members_with, mark_reminded
from storage.stale_themes import list_stale
from storage.vocabulary import Lane, OutboxKind
from storage.weeks import iso_week

_log = structlog.get_logger("mitreden.staff")


@dataclass
class StaffRounds:
    """Looks after the staff. `sent_out` is called when something lies in the outbox."""

    write: WriteTransaction
    keys: KeyRing
    clock: Callable[[], dt.datetime]
    content: Content
    pages: ProgressPages
    staff_ids: frozenset[int]
    sent_out: Callable[[], None]

    async def draw_pages(self) -> None:
        """Draw the pages that follow a mailing. Never raises."""
        await self._do(lambda connection: self.pages.draw(connection, self._now()))

    async def remind(self) -> None:
        """Remind authors, once a week, of themes nobody has said anything about. Never raises."""
        await self._do(self._remind)

    async def _do(self, work: Callable[[Connection], int]) -> None:
        try:
            done = await self.write(work)
        except asyncio.CancelledError:
            return  # the bot ends, and nothing is written any more
        except Exception as error:
            _log.error("staff_round_failed", error=type(error).__name__, exc_info=True)
            return
        if done:
            self.sent_out()

    def _remind(self, connection: Connection) -> int:
        now = self._now()
        moment = reminded_from(now)
        if moment is None:
            return 0
        authors = find_members_with(connection, self.keys, Role.AUTHOR, self.staff_ids, today=now.date())
        week = iso_week(now.date())
        members = [member for member in authors if mark_reminded(connection, member.id, week)]
        if not members:
            return 0
        programme = load_programme(connection, self.content.programme)
        stale = list_stale(connection, self.content, programme, moment)
        written = write_stale_reminders(members, stale, self.content, self.pages.renderer)
        messages = [
            OutboxMessage(
                purpose=f"stale:{week}:{member.id}",
                chat_id=member.telegram_id,
                contact_id=None,
                kind=OutboxKind.MESSAGE,
                body=message_body(rendered),
                lane=Lane.BULK,
            )
            for member, rendered in written
        ]
        put_new(connection, self.keys, messages, now)
        return len(messages)

    def _now(self) -> dt.datetime:
        return self.clock().astimezone(ZoneInfo(self.content.programme.timezone))
