"""Mailings go on: what is approved begins when its time has come, readers are listed, copies put out.

Called by a tick; the truth is in the tables, so a missed tick is made up for and a second one changes
nothing. Between two pages answers have their turn. Must not know what an announcement says.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Connection

from bot.clock_check import ClockCheck
from bot.delivery import WriteTransaction
from storage import mailings
from storage.announcements import Draft, WrongStateError
from storage.keyring import KeyRing
from storage.vocabulary import MailingState

#: How often mailings are looked at: stopping one does not wait for it.
EVERY_SECONDS = 2
#: How many readers one transaction lists; a thousand take some milliseconds.
LISTED_AT_ONCE = 1000
#: How many copies lie in the outbox at most: what a few ticks can send.
MOST_QUEUED = 150

_log = structlog.get_logger("mitreden.mailings")


@dataclass
class MailingRun:
    """Keeps mailings going. `sent_out` is called when something lies in the outbox."""

    write: WriteTransaction
    keys: KeyRing
    clock: Callable[[], dt.datetime]
    clock_check: ClockCheck
    sent_out: Callable[[], None]

    async def go_on(self) -> None:
        """Do what is due for every mailing. Never raises."""
        try:
            active = await self.write(lambda connection: mailings.list_active(connection, self.clock()))
        except asyncio.CancelledError:
            return  # the bot ends, and nothing is written any more
        except Exception as error:
            _log.error("mailings_failed", error=type(error).__name__)
            return
        for draft in active:
            try:
                await self._go_on_with(draft)
            except asyncio.CancelledError:
                return
            except WrongStateError:
                continue  # somebody paused or stopped it meanwhile
            except Exception as error:
                _log.error("mailing_failed", error=type(error).__name__, exc_info=True)

    async def _go_on_with(self, draft: Draft) -> None:
        if draft.state is MailingState.APPROVED:
            if not await self.clock_check.is_right():
                return
            draft = await self.write(lambda connection: mailings.begin(connection, draft, self.clock()))
            _log.info("mailing_begun")
        if draft.state is MailingState.LISTING:
            while await self.write(partial(mailings.list_page, draft=draft, limit=LISTED_AT_ONCE)):
                pass
        if await self.write(partial(self._feed, draft)):
            self.sent_out()

    def _feed(self, draft: Draft, connection: Connection) -> int:
        return mailings.feed(connection, self.keys, draft, self.clock(), most=MOST_QUEUED)
