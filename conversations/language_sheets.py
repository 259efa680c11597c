"""The pages on which a language is chosen: the first one of all, and the one with the rest.

Own names, no flags, nothing ticked. The nearest languages of the phone stand on the first page, so
that most people need one tap and nobody more than two. The words around them are in Latin letters or
in every language at once, because whoever looks for a language cannot read the one that is set.
"""

from __future__ import annotations

from conversations.entry import Entry, parse_entry
from conversations.environment import Scene
from conversations.incoming import Action
from conversations.languages import Language
from conversations.screens import Block, EveryLanguage, Screen, ScreenButton, action, menu_row
from conversations.texts import Plain

#: How many languages the first page shows: about what a phone shows without scrolling.
FIRST_PAGE = 10
#: The text above the languages; a recording of it says the same to those who cannot read it.
CHOOSE_LANGUAGE = "sys.choose_language"
MORE_LANGUAGES = Plain("More languages · Weitere Sprachen")
FIRST_LANGUAGES = Plain("← Languages · Sprachen")
HEAR_LANGUAGES = Plain("Audio 🔊")
#: As many languages are heard at one tap as anybody listens to.
MAX_HEARD = 6


def languages_screen(scene: Scene, entry: str) -> Screen:
    """Offer the languages nearest to the phone, and the way to the others. The first screen of all."""
    shown, others = _split(scene.environment.languages)
    more = (action(MORE_LANGUAGES, Action.MORE_LANGUAGES, entry),) if others else ()
    return _screen(scene, shown, entry, Action.HEAR_LANGUAGES, more)


def more_languages_screen(scene: Scene, entry: str) -> Screen:
    """Offer the languages that the first page has no room for, and the way back."""
    shown, others = _split(scene.environment.languages)
    back = (action(FIRST_LANGUAGES, Action.LANGUAGES, entry),)
    return _screen(scene, others or shown, entry, Action.HEAR_MORE_LANGUAGES, back)


def list_heard(scene: Scene, what: Action) -> tuple[str, ...]:
    """List the languages of a page that can be heard, the nearest to the phone first, and not too many."""
    shown, others = _split(scene.environment.languages)
    page = shown if what is Action.HEAR_LANGUAGES else others or shown
    heard = [each.code for each in page if each.code in scene.environment.heard_languages]
    return tuple(heard[:MAX_HEARD])


def language_button(language: Language, entry: str) -> ScreenButton:
    """Build the button that chooses a language and keeps the entry of a deep link."""
    argument = f"{language.code}.{entry}" if entry else language.code
    return action(Plain(language.menu_name), Action.CHOOSE_LANGUAGE, argument)


def split_language_choice(scene: Scene, argument: str) -> tuple[str, Entry]:
    """Take apart what a language button carries: the code, and the entry of a deep link."""
    code, _, entry = argument.partition(".")
    return code, parse_entry(scene.content, entry)


def _screen(
    scene: Scene,
    shown: tuple[Language, ...],
    entry: str,
    hear: Action,
    turn_page: tuple[ScreenButton, ...],
) -> Screen:
    codes = tuple(language.code for language in shown)
    blocks: tuple[Block, ...] = ((EveryLanguage(CHOOSE_LANGUAGE, codes),),)
    rows: list[tuple[ScreenButton, ...]] = [(language_button(language, entry),) for language in shown]
    if scene.environment.heard_languages.intersection(codes):
        rows.insert(0, (action(HEAR_LANGUAGES, hear, entry),))
    if turn_page:
        rows.append(turn_page)
    if scene.person.language is not None:
        rows.append(menu_row())
    return Screen(blocks, tuple(rows))


def _split(languages: tuple[Language, ...]) -> tuple[tuple[Language, ...], tuple[Language, ...]]:
    """Split the languages into two pages; a single one that is left over is put on the first."""
    if len(languages) <= FIRST_PAGE + 1:
        return languages, ()
    return languages[:FIRST_PAGE], languages[FIRST_PAGE:]
