"""Who can play in the preview: invented people, each with the language of their app.

Plain values; knows nothing of chats, messages or the bot.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """A Telegram account; `language_code` is the language its app is set to."""

    id: int
    first_name: str
    username: str | None
    language_code: str
    note: str = ""

    def to_user(self) -> dict[str, object]:
        """Return the account as a Bot API `User`."""
        user: dict[str, object] = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            user["username"] = self.username
        if self.language_code:
            user["language_code"] = self.language_code
        return user


#: Who works in the town's administration (Verwaltung); the rest are residents.
STAFF = Person(6_900_000_007, "Ute", "ute_preview", "de", note="Verwaltung")
#: Two of them, because what goes to everybody needs a second person.
STAFF_MEMBERS = (STAFF, Person(6_900_000_018, "Jan", "jan_preview", "de", note="Verwaltung"))


def default_people() -> list[Person]:
    """Return the people the preview starts with."""
    return [
        Person(6_120_480_311, "Ayşe", "ayse_preview", "tr"),
        Person(5_804_117_926, "Omar", "omar_preview", "ar"),
        Person(7_015_662_048, "Sabine", "sabine_preview", "de"),
        Person(6_493_275_570, "Grace", "grace_preview", "en"),
        Person(5_377_901_264, "Lena", "lena_preview", "de", note="Einfaches Deutsch"),
        Person(6_707_318_845, "Farida", "farida_preview", "fa"),
        Person(7_241_990_163, "Selam", "selam_preview", "en", note="Tigrinya"),
        Person(5_918_446_702, "Zmarak", "zmarak_preview", "en", note="Pashto"),
        *STAFF_MEMBERS,
    ]
