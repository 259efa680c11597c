"""The bot's profile in Telegram, from the catalogues: what it is called and what it says it does."""

from __future__ import annotations

from bot.catalogues import Catalogue, Catalogues
from bot.profile import ProfileTexts
from conversations.languages import GERMAN

#: The commands in the order of the list that Telegram shows.
COMMANDS = (
    "start",
    "topics",
    "events",
    "reminders",
    "results",
    "about",
    "language",
    "privacy",
    "mydata",
    "delete",
    "stop",
    "help",
)


def profile_texts(catalogues: Catalogues) -> dict[str, ProfileTexts]:
    """Collect the profile for each language code that Telegram knows; '' is everybody else: German."""
    texts = {"": _collect(catalogues.get(GERMAN.code))}
    for language in catalogues.offered:
        if language.command_code:
            texts[language.command_code] = _collect(catalogues.get(language.code))
    return texts


def _collect(catalogue: Catalogue) -> ProfileTexts:
    return ProfileTexts(
        name=catalogue.find("bot.name"),
        description=catalogue.find("bot.description"),
        short_description=catalogue.find("bot.short"),
        commands=tuple((name, catalogue.find(f"cmd.{name}")) for name in COMMANDS),
    )
