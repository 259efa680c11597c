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
    CYRILLIC = "Cyrl"
    GREEK = "Grek"
    ETHIOPIC = "Ethi"


@dataclass(frozen=True, slots=True)
class Language:
    """A language. `code` is ours, and stands in buttons, folders and the database.

    `latin_name` is for readers who cannot read the own name. `babel_locale` gives dates and
    plural rules. `plural_categories` stand in the order of the forms in a catalogue,
    `plural_forms` is the gettext header that says the same. `command_code` is what
    setMyCommands takes (two letters), empty where Telegram has none. With `numeric_dates`, a date stands in
    numbers too, because the names of its months are also those of another calendar.
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
    numeric_dates: bool = False

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

#: The plural rules that several languages share (content/languages.md §3).
_ZERO_IS_ONE = "nplurals=2; plural=(n > 1);"
_SLAVIC = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
)
_EAST_SLAVIC = ("one", "few", "many")
_SOUTH_SLAVIC = ("one", "few", "other")

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
    Language("it", "Italiano", "Italiano", "it", telegram_codes=("it",), command_code="it"),
    Language(
        "fa",
        "فارسی / دری",
        "Farsi / Dari",
        "fa",
        direction=Direction.RTL,
        script=Script.ARABIC,
        telegram_codes=("fa", "prs", "haz"),
        command_code="fa",
        plural_forms=_ZERO_IS_ONE,
    ),
    Language(
        "ru",
        "Русский",
        "Russian",
        "ru",
        script=Script.CYRILLIC,
        telegram_codes=("ru", "be", "kk", "ky"),
        command_code="ru",
        plural_categories=_EAST_SLAVIC,
        plural_forms=_SLAVIC,
    ),
    Language(
        "hr",
        "Hrvatski",
        "Hrvatski",
        "hr",
        telegram_codes=("hr",),
        command_code="hr",
        plural_categories=_SOUTH_SLAVIC,
        plural_forms=_SLAVIC,
    ),
    Language(
        "bs",
        "Bosanski",
        "Bosanski",
        "bs_Latn",
        telegram_codes=("bs",),
        command_code="bs",
        plural_categories=_SOUTH_SLAVIC,
        plural_forms=_SLAVIC,
    ),
    Language(
        "sr_Latn",
        "Srpski",
        "Srpski",
        "sr_Latn",
        telegram_codes=("sr", "cnr", "sh"),
        command_code="sr",
        plural_categories=_SOUTH_SLAVIC,
        plural_forms=_SLAVIC,
    ),
    Language(
        "ro",
        "Română",
        "Română",
        "ro",
        telegram_codes=("ro", "mo"),
        command_code="ro",
        plural_categories=("one", "few", "other"),
        plural_forms="nplurals=3; plural=(n==1 ? 0 : n==0 || (n%100>=1 && n%100<=19) ? 1 : 2);",
    ),
    Language("sq", "Shqip", "Shqip", "sq", telegram_codes=("sq", "aln", "als"), command_code="sq"),
    Language("el", "Ελληνικά", "Greek", "el", script=Script.GREEK, telegram_codes=("el",), command_code="el"),
    Language(
        "uk",
        "Українська",
        "Ukrainian",
        "uk",
        script=Script.CYRILLIC,
        telegram_codes=("uk",),
        command_code="uk",
        plural_categories=_EAST_SLAVIC,
        plural_forms=_SLAVIC,
    ),
    Language(
        "ku",
        "Kurdî (Kurmancî)",
        "Kurdî (Kurmancî)",
        "ku",
        telegram_codes=("ku", "kmr"),
        command_code="ku",
    ),
    Language(
        "fr",
        "Français",
        "Français",
        "fr",
        telegram_codes=("fr",),
        command_code="fr",
        plural_forms=_ZERO_IS_ONE,
    ),
    Language(
        "pl",
        "Polski",
        "Polski",
        "pl",
        telegram_codes=("pl",),
        command_code="pl",
        plural_categories=("one", "few", "many"),
        plural_forms=(
            "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"
        ),
    ),
    Language("hu", "Magyar", "Magyar", "hu", telegram_codes=("hu",), command_code="hu"),
    Language(
        "bg",
        "Български",
        "Bulgarian",
        "bg",
        script=Script.CYRILLIC,
        telegram_codes=("bg",),
        command_code="bg",
    ),
    Language(
        "ti",
        "ትግርኛ",
        "Tigrinya",
        "ti",
        script=Script.ETHIOPIC,
        telegram_codes=("ti", "tir"),
        command_code="ti",
        plural_forms=_ZERO_IS_ONE,
        rare_script=True,
        numeric_dates=True,
    ),
    Language(
        "ps",
        "پښتو",
        "Pashto",
        "ps",
        direction=Direction.RTL,
        script=Script.ARABIC,
        telegram_codes=("ps", "pus", "pbt"),
        command_code="ps",
        rare_script=True,
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
