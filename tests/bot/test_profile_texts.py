"""The bot's profile: complete in each language that Telegram knows, within its limits."""

from __future__ import annotations

import re

from bot.profile_texts import COMMANDS, profile_texts
from conversations.actions import COMMANDS as UNDERSTOOD
from tests.support.chat import shipped_content

# Bot API 10.0: setMyName, setMyDescription, setMyShortDescription, BotCommand.
NAME_MAX, DESCRIPTION_MAX, SHORT_MAX, COMMAND_MAX = 64, 512, 120, 256


def test_each_language_that_telegram_knows_has_a_profile_within_the_limits() -> None:
    catalogues = shipped_content().catalogues
    texts = profile_texts(catalogues)
    known = {language.command_code for language in catalogues.offered if language.command_code}
    assert texts.keys() == known | {""}
    assert " ".join(sorted(known)) == "ar bg bs de el en fa fr hr hu it ku pl ps ro ru sq sr ti tr uk"
    for code, profile in texts.items():
        assert 0 < len(profile.name) <= NAME_MAX, code
        assert 0 < len(profile.description) <= DESCRIPTION_MAX, code
        assert 0 < len(profile.short_description) <= SHORT_MAX, code
        assert [name for name, _ in profile.commands] == list(COMMANDS)
        for name, description in profile.commands:
            assert re.fullmatch("[a-z0-9_]{1,32}", name)
            assert 0 < len(description) <= COMMAND_MAX
            assert "{" not in description
    assert texts[""] == texts["de"]


def test_every_command_that_is_listed_is_understood() -> None:
    assert set(COMMANDS) == set(UNDERSTOOD) | {"start", "stop"}
