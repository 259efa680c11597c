"""The gate: what a catalogue must hold before its language is offered.

Some findings block: a missing text, a gap that was translated, a label no phone can show.
The others warn: they are guesses that a person should look at, such as a text that is still
the German one. A blocked text is not served in its language even to those who chose the
language before; they get the German one in its place.
"""

from __future__ import annotations

import functools
import gettext
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.catalogues import Entry, PoFile, plural_category
from conversations.flow import Flow
from conversations.languages import GERMAN, Language, Script
from conversations.texts import SourceText, TextKind, find_gaps

#: The longest label of a button, in columns (content/dialogues.md §1).
BUTTON_MAX_COLUMNS = 34
#: Telegram's limits (Bot API): answerCallbackQuery, BotCommand, sendMessage; in UTF-16 units.
KIND_MAX_UNITS = {TextKind.POPUP: 200, TextKind.COMMAND: 256, TextKind.MESSAGE: 4096}
#: Telegram's limits for the profile of a bot: setMyName, setMyDescription, setMyShortDescription.
PROFILE_MAX_UNITS = {"bot.name": 64, "bot.description": 512, "bot.short": 120}
#: Texts that may be the same as in German: names, and words that both languages share.
SAME_AS_GERMAN = frozenset(
    {"bot.name", "ui.btn.stop", "cmd.start", "pn.btn.telegram", "o.prof_district.west", "ui.btn.menu"}
)
#: A text of so many words that is still the German one was forgotten; fewer may be the same by chance.
_FORGOTTEN_WORDS = 4
#: The label that leads to the languages has this word in all of them, for whoever cannot read the rest.
LANGUAGE_KEY, LANGUAGE_WORD = "menu.language", "Language"
#: German words that stand on invitations, doors and web pages: a message in another language keeps them
#: in brackets beside its own (locales/GLOSSARY.md). A message that names the forum has the word there;
#: a number of days stands below it.
OFFICIAL_WORDS = ("Fachforum", "Gemeinderat", "Stadtverwaltung", "Ausbildung")
_NAMES_FORUM, STAFF_KEYS = "forum_name", "staff."
#: Words in Latin letters that may stand in any language.
LATIN_WORDS = frozenset({"Language", "Telegram", "JSON", "Start"})
#: Where the number itself may be left out, because the form already says it.
_SPELT_OUT = frozenset({"zero", "one", "two"})
#: How the names of the letters of a script begin in Unicode.
_SCRIPT_NAMES = {
    Script.LATIN: "LATIN",
    Script.ARABIC: "ARABIC",
    Script.CYRILLIC: "CYRILLIC",
    Script.GREEK: "GREEK",
    Script.ETHIOPIC: "ETHIOPIC",
}
_MARKUP = re.compile(r"</?[A-Za-z][^>]*>|\*\*|__|`|\]\(|&#?\w+;")
_OTHER_DIGITS = re.compile(r"(?![0-9])\d")
_DIRECTION_SIGNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: Controls other than line ends and tabs, halves of letters, and line ends of other kinds.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
#: Letters and signs that show nothing, although Unicode counts them among the others.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ADDRESS = re.compile(r"https?://[^\s)]+")
_COMMAND = re.compile(r"(?<![\w/])/[a-z]+")
#: A command or an address, whatever fills it, with more words behind it in the line.
_MISPLACED = re.compile(
    r"(?:(?<![\w/])/[a-z]+|https?://\S+|\{[a-z_]*url\})[.،؛)]*[ ]+(?![ /]|https?://|\{[a-z_]*url\})"
)
_LATIN_WORD = re.compile(r"[A-Za-zÀ-ɏ]{2,}")
_GAP_OR_BRACE = re.compile(r"\{[a-z_]+\}")
_TESTED_NUMBERS = range(201)


class Severity(StrEnum):
    """What a finding does."""

    BLOCKS = "blocks"
    WARNS = "warns"


@dataclass(frozen=True, slots=True)
class GateProblem:
    """One finding about one text, or about the head of the catalogue (`key` is empty)."""

    language: str
    key: str
    message: str
    severity: Severity
    file: str = ""
    line: int = 1

    @property
    def blocks(self) -> bool:
        """Whether the language is not offered because of this."""
        return self.severity is Severity.BLOCKS


def gate(
    language: Language, po: PoFile, texts: Mapping[str, SourceText], flows: Iterable[Flow]
) -> list[GateProblem]:
    """Check a catalogue against the German texts and the questions they stand in."""
    found = list(_check_header(language, po))
    for key, source in texts.items():
        entry = po.entries.get(key)
        if entry is None:
            found.append(GateProblem(language.code, key, "is missing.", Severity.BLOCKS, po.file))
            continue
        found += [
            GateProblem(language.code, key, message, severity, entry.file, entry.line)
            for severity, message in check_entry(language, source, entry)
        ]
    entries = {key: entry for key, entry in po.entries.items() if key in texts}
    return found + list(check_labels(language, entries, flows))


def check_entry(language: Language, source: SourceText, entry: Entry) -> Iterator[tuple[Severity, str]]:
    """Check one text; yields a severity and the rest of a sentence that begins with the key."""
    if entry.fuzzy:
        yield Severity.BLOCKS, "is marked “fuzzy”: somebody has to confirm it."
    wanted = language.plural_categories if source.counts else ("other",)
    if set(entry.forms) != set(wanted):
        yield Severity.BLOCKS, f"needs the forms {', '.join(wanted)}."
    for form, words in entry.forms.items():
        if not _shows_anything(words):
            yield Severity.BLOCKS, "is empty."
            continue
        yield from _check_gaps(source, form, words)
        yield from _check_signs(words)
        yield from _check_kind(source, words)
        yield from _check_length(source, words)
        if language is not GERMAN:
            yield from _check_faithful(language, source, words)


def check_labels(
    language: Language, entries: Mapping[str, Entry], flows: Iterable[Flow]
) -> Iterator[GateProblem]:
    """Find two buttons of one question that read the same."""
    for flow in flows:
        for step in flow.steps:
            seen: dict[str, str] = {}
            for option in step.all_options:
                entry = entries.get(option.label)
                words = "" if entry is None else entry.forms.get("other", "").casefold().strip()
                if entry is not None and words and seen.setdefault(words, option.label) != option.label:
                    message = f"reads the same as {seen[words]}; both are buttons of “{step.id}”."
                    yield GateProblem(
                        language.code, option.label, message, Severity.BLOCKS, entry.file, entry.line
                    )


def width(text: str) -> int:
    """Measure a label in columns: wide letters count two, marks above and below letters none."""
    return sum(
        0
        if unicodedata.category(sign) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(sign) in "WF"
        else 1
        for sign in text
    )


def _check_header(language: Language, po: PoFile) -> Iterator[GateProblem]:
    if po.fuzzy_header:
        yield GateProblem(
            language.code, "", "The head of the catalogue is “fuzzy”.", Severity.BLOCKS, po.file
        )
    if not _counts_like_cldr(language, po.plural_forms):
        message = f"The plural header must be: {language.plural_forms}"
        yield GateProblem(language.code, "", message, Severity.BLOCKS, po.file)


def _counts_like_cldr(language: Language, header: str) -> bool:
    if "".join(header.split()) == "".join(language.plural_forms.split()):
        return True  # as a test has compared it with CLDR, whose data take megabytes for each language
    parts = re.fullmatch(r"\s*nplurals\s*=\s*(\d)\s*;\s*plural\s*=\s*([^;]+);?\s*", header)
    if parts is None or int(parts[1]) != len(language.plural_categories):
        return False
    try:
        choose = gettext.c2py(parts[2])
        return all(
            language.plural_categories[choose(number)] == plural_category(language, number)
            for number in _TESTED_NUMBERS
        )
    except (ValueError, IndexError, ZeroDivisionError):
        return False


def _check_gaps(source: SourceText, form: str, words: str) -> Iterator[tuple[Severity, str]]:
    outside = _GAP_OR_BRACE.sub("", words)
    if "{" in outside or "}" in outside:
        yield Severity.BLOCKS, "has a brace that is not part of a gap."
    wanted, found = find_gaps(source.snapshot), find_gaps(words)
    if source.counts and form in _SPELT_OUT:
        wanted, found = wanted - {"n"}, found - {"n"}
    for name in sorted(wanted - found):
        yield Severity.BLOCKS, f"lacks the gap {{{name}}}."
    for name in sorted(found - wanted):
        yield Severity.BLOCKS, f"has the gap {{{name}}}, which the German text does not have."


def _shows_anything(words: str) -> bool:
    return any(unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANKS for sign in words)


def _check_kind(source: SourceText, words: str) -> Iterator[tuple[Severity, str]]:
    if source.kind is TextKind.BUTTON and re.search(r"[\n\t]", words):
        yield Severity.BLOCKS, "has a line break or a tab; a button has one line."
    if source.kind is TextKind.WORDS and not all(map(_shows_anything, words.split(","))):
        yield Severity.BLOCKS, "has an empty word; look for a comma too many."


def _check_signs(words: str) -> Iterator[tuple[Severity, str]]:
    if _MARKUP.search(words):
        yield Severity.BLOCKS, "has markup; texts are plain."
    if _DIRECTION_SIGNS.search(words):
        yield Severity.BLOCKS, "has an invisible sign for the direction; the program sets these."
    if _CONTROLS.search(words):
        yield Severity.BLOCKS, "has an invisible control character; type the words again."
    if _OTHER_DIGITS.search(words):
        yield Severity.BLOCKS, "has digits other than 0 to 9."


def _check_length(source: SourceText, words: str) -> Iterator[tuple[Severity, str]]:
    if source.kind is TextKind.BUTTON:
        if width(words) > BUTTON_MAX_COLUMNS:
            yield Severity.BLOCKS, f"is {width(words)} wide; a button shows {BUTTON_MAX_COLUMNS}."
        return
    units = len(words.encode("utf-16-le", "surrogatepass")) // 2
    longest = PROFILE_MAX_UNITS.get(source.key) or KIND_MAX_UNITS.get(source.kind)
    if longest is not None and units > longest:
        yield Severity.BLOCKS, f"has {units} characters; Telegram takes {longest}."


def _check_faithful(language: Language, source: SourceText, words: str) -> Iterator[tuple[Severity, str]]:
    german = source.snapshot
    for name, pattern in (("addresses", _ADDRESS), ("commands", _COMMAND)):
        if _list_all(pattern, german) != _list_all(pattern, words):
            kept = ", ".join(_list_all(pattern, german)) or "none"
            yield Severity.BLOCKS, f"must keep the {name} of the German text ({kept})."
    if source.kind is TextKind.WORDS:
        return
    if source.key == LANGUAGE_KEY and LANGUAGE_WORD.casefold() not in words.casefold():
        yield Severity.BLOCKS, f"must have the word “{LANGUAGE_WORD}”, by which everybody finds it."
    if language.babel_locale != GERMAN.babel_locale:
        yield from _check_same(source, words)
        yield from _check_official_words(source, words)
    if language.rtl and any(_MISPLACED.search(line) for line in words.split("\n")):
        yield Severity.WARNS, "has a command or an address that is not at the end of its line."
    yield from _check_letters(language, german, words)


def _check_same(source: SourceText, words: str) -> Iterator[tuple[Severity, str]]:
    if source.key in SAME_AS_GERMAN or words not in source.german.values():
        return
    count = len(_LATIN_WORD.findall(_bare(words)))
    if count:
        yield Severity.BLOCKS if count >= _FORGOTTEN_WORDS else Severity.WARNS, "is still the German text."


def _check_official_words(source: SourceText, words: str) -> Iterator[tuple[Severity, str]]:
    if source.kind is not TextKind.MESSAGE or source.counts or _NAMES_FORUM in find_gaps(source.snapshot):
        return
    if source.key.startswith(STAFF_KEYS):  # the staff know what their own words mean
        return
    for word in OFFICIAL_WORDS:
        if re.search(rf"\b{word}s?\b", source.snapshot) and word not in words:
            yield Severity.WARNS, f"should keep the German word “{word}” in brackets."


def _check_letters(language: Language, german: str, words: str) -> Iterator[tuple[Severity, str]]:
    bare = _bare(words)
    if language.script is not Script.LATIN:
        known = LATIN_WORDS | set(_LATIN_WORD.findall(german))
        odd = [word for word in _LATIN_WORD.findall(bare) if word not in known]
        if odd:
            yield Severity.WARNS, f"has words in another script: {', '.join(odd)}"
    foreign = "".join(sign for sign in dict.fromkeys(bare) if not _fits(sign, language.script))
    if foreign:
        yield Severity.BLOCKS, f"has letters of another script: {foreign}"


@functools.lru_cache(maxsize=4096)
def _fits(sign: str, script: Script) -> bool:
    names = (_SCRIPT_NAMES[script], "LATIN", "MODIFIER LETTER")
    return not sign.isalpha() or unicodedata.name(sign, "").startswith(names)


def _bare(words: str) -> str:
    return _COMMAND.sub("", _ADDRESS.sub("", _GAP_OR_BRACE.sub("", words)))


def _list_all(pattern: re.Pattern[str], text: str) -> list[str]:
    if pattern is _COMMAND:
        text = _ADDRESS.sub("", text)
    return sorted(set(pattern.findall(text)))
