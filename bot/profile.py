"""The bot's own profile: its name, its descriptions and its commands, in each language Telegram knows.

Telegram limits how often these may be set, so each is read first and set only where it differs.
A failure waits and is tried again; it never stops the bot. Must not know where the texts come from.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from telegram import Bot
from telegram.error import TelegramError

from bot.transport import Outcome, classify, hold_time

#: '' stands for everybody else. Telegram refuses any other form (telegram.md §1.2).
_CODE = re.compile(r"(?:[a-z]{2})?")
FIRST_PAUSE_SECONDS = 30.0
MAX_PAUSE_SECONDS = 3600.0

_log = structlog.get_logger("mitreden.profile")


@dataclass(frozen=True, slots=True)
class ProfileTexts:
    """What the bot says about itself in one language. `commands` are pairs of name and description."""

    name: str
    description: str
    short_description: str
    commands: tuple[tuple[str, str], ...]


@dataclass
class Profile:
    """Brings the bot's profile to what it should be. `wanted` maps a two-letter code, or '', to texts."""

    bot: Bot
    wanted: Mapping[str, ProfileTexts]
    rng: random.Random
    sleep: Callable[[float], Coroutine[Any, Any, None]] = asyncio.sleep

    async def run(self) -> None:
        """Bring everything up to date, with pauses after failures, and return once it is."""
        codes = [code for code in self.wanted if _CODE.fullmatch(code)]
        if len(codes) < len(self.wanted):
            _log.error("profile_code_refused", count=len(self.wanted) - len(codes))
        pause = FIRST_PAUSE_SECONDS
        while codes:
            codes, least = await self._update_all(codes)
            if codes:
                await self.sleep(max(least, pause * self.rng.uniform(0.5, 1.0)))
                pause = min(2 * pause, MAX_PAUSE_SECONDS)

    async def _update_all(self, codes: list[str]) -> tuple[list[str], float]:
        """Try each language once; return those still to do, and for how long Telegram wants silence."""
        for position, code in enumerate(codes):
            try:
                changed = await self._update(code, self.wanted[code])
                if changed:
                    _log.info("profile_changed", language=code, count=changed)
            except TelegramError as error:
                _log.warning("profile_failed", language=code, error=type(error).__name__)
                if classify(error) is Outcome.HELD:
                    return codes[position:], hold_time(error).total_seconds()
                if classify(error) is not Outcome.REFUSED:
                    return codes[position:], 0.0
        return [], 0.0

    async def _update(self, code: str, texts: ProfileTexts) -> int:
        """Set what differs in one language; return how much did."""
        language = code or None
        changed = 0
        if (await self.bot.get_my_name(language)).name != texts.name:
            await self.bot.set_my_name(texts.name, language)
            changed += 1
        if (await self.bot.get_my_description(language)).description != texts.description:
            await self.bot.set_my_description(texts.description, language)
            changed += 1
        short = await self.bot.get_my_short_description(language)
        if short.short_description != texts.short_description:
            await self.bot.set_my_short_description(texts.short_description, language)
            changed += 1
        commands = await self.bot.get_my_commands(language_code=language)
        if tuple((command.command, command.description) for command in commands) != texts.commands:
            await self.bot.set_my_commands(texts.commands, language_code=language)
            changed += 1
        return changed
