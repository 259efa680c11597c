"""The languages Mitreden knows, and which of them to put first for a phone.

Our own list, because Babel and Telegram each know only some of them: Babel reads `de_LS` as
`de`, Telegram has no code for it. A new language is one entry here and a catalogue in
`locales/`. Facts and sources: content/languages.md §3 and §4. This module must not know
texts; whether a language may be offered is decided by `bot.catalogues`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """The direction of writing."""

    LTR = "ltr"
    RTL = "rtl"


class Script(StrEnum):
    """The script of a language, by its ISO 15924 code."""

    LATIN = "Latn"
    ARABIC = "Arab"


@dataclass(frozen=True, slots=True)
class Language:
    """A language. `code` is ours, and stands in buttons, folders and the database.

    `latin_name` is for readers who cannot read the own name. `babel_locale` gives dates and
    plural rules. `plural_categories` stand in the order of the forms in a catalogue,
    `plural_forms` is the gettext header that says the same. `command_code` is what
    setMyCommands takes (two letters), empty where Telegram has none.
    """

    code: str
    own_name: str
    latin_name: str
    babel_locale: str
    direction: Direction = Direction.LTR
    script: Script = Script.LATIN
    telegram_codes: tuple[str, ...] = ()
    command_code: str = ""
    plural_categories: tuple[str, ...] = ("one", "other")
    plural_forms: str = "nplurals=2; plural=(n != 1);"
    rare_script: bool = False

    @property
    def menu_name(self) -> str:
        """The own name, with the Latin one where a phone may lack the letters."""
        return f"{self.own_name} ({self.latin_name})" if self.rare_script else self.own_name

    @property
    def rtl(self) -> bool:
        """Whether the language is written from right to left."""
        return self.direction is Direction.RTL


GERMAN = Language(
    "de", "Deutsch", "Deutsch", "de", telegram_codes=("de", "gsw", "bar", "lb"), command_code="de"
)
EASY_GERMAN = Language("de_LS", "Einfaches Deutsch", "Einfaches Deutsch", "de")

#: Every language, in the fixed order of the menu.
LANGUAGES = (
    GERMAN,
    EASY_GERMAN,
    Language("en", "English", "English", "en_GB", telegram_codes=("en",), command_code="en"),
    Language("tr", "Türkçe", "Türkçe", "tr", telegram_codes=("tr",), command_code="tr"),
    Language(
        "ar",
        "العربية",
        "Arabic",
        "ar_SY",
        direction=Direction.RTL,
        script=Script.ARABIC,
        telegram_codes=("ar", "arz", "apc", "ary"),
        command_code="ar",
        plural_categories=("zero", "one", "two", "few", "many", "other"),
        plural_forms=(
            "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 "
            ": n%100>=11 ? 4 : 5);"
        ),
    ),
)

#: For a tag that Telegram may send: the languages to offer first, nearest first. Codes of
#: languages that are not shipped yet are skipped; they are kept here for the day they are.
_NEAR: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("de", "gsw", "bar", "lb"), ("de", "de_LS", "tr", "ar")),
    "en": ("en", "de_LS", "ar", "fr", "ti", "so"),
    "tr": ("tr", "ku", "de"),
    **dict.fromkeys(("ku", "kmr", "ku-latn", "ku-tr"), ("ku", "tr", "ar")),
    **dict.fromkeys(("ckb", "ku-arab", "ku-iq", "sdh"), ("ckb", "ar", "ku")),
    **dict.fromkeys(("ar", "arz", "apc", "ary"), ("ar", "ku", "ti", "so")),
    **dict.fromkeys(("fa", "prs", "haz"), ("fa", "ps", "ku")),
    **dict.fromkeys(("ps", "pus", "pbt"), ("ps", "fa")),
    **dict.fromkeys(("ur", "pa"), ("ur", "en")),
    "it": ("it",),
    **dict.fromkeys(("ru", "be", "kk", "ky"), ("ru", "uk")),
    "uk": ("uk", "ru"),
    "hr": ("hr", "bs", "sr_Latn"),
    "bs": ("bs", "hr", "sr_Latn"),
    **dict.fromkeys(("sr", "cnr", "sh"), ("sr_Latn", "bs", "hr")),
    "mk": ("mk", "sq", "sr_Latn"),
    **dict.fromkeys(("sq", "aln", "als"), ("sq",)),
    **dict.fromkeys(("ro", "mo"), ("ro", "ru", "hu")),
    "hu": ("hu", "ro"),
    "el": ("el", "tr"),
    "bg": ("bg", "tr"),
    "pl": ("pl",),
    "fr": ("fr", "ar", "en"),
    **dict.fromkeys(("es", "ca", "gl"), ("es",)),
    "pt": ("pt",),
    **dict.fromkeys(("ti", "tir"), ("ti", "ar", "en")),
    "am": ("am", "en", "ti"),
    "so": ("so", "ar", "en"),
}
#: Telegram's own suffix for language packs that volunteers made.
_VOLUNTEER_SUFFIX = "-raw"


def find_language(code: str) -> Language | None:
    """Find a language by our own code."""
    return next((language for language in LANGUAGES if language.code == code), None)


def presort(language_code: str | None, offered: Iterable[Language]) -> tuple[Language, ...]:
    """Order the languages on offer for a phone with this setting; the person still chooses.

    German and Einfaches Deutsch stand on top or directly below the nearest language.

    >>> [language.code for language in presort("ku-TR", LANGUAGES)]
    ['tr', 'de', 'de_LS', 'ar', 'en']
    """
    left = list(offered)
    near = [language for code in _find_near(language_code) for language in left if language.code == code]
    german = [language for language in (GERMAN, EASY_GERMAN) if language in left]
    return tuple(dict.fromkeys([*near[:1], *german, *near[1:], *left]))


def _find_near(language_code: str | None) -> tuple[str, ...]:
    tag = (language_code or "").strip().lower().replace("_", "-").removesuffix(_VOLUNTEER_SUFFIX)
    while tag:
        if tag in _NEAR:
            return _NEAR[tag]
        tag = tag.rpartition("-")[0]
    return ()
