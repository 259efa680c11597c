"""The command `mitreden poster`: checks what is asked for, and writes one page with a QR code.

It writes nothing to the standard output. This module must not know how the page is laid out
(`bot.poster.page`), nor the database.
"""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.content import LoadedContent, load_content
from bot.poster.page import Block, Edition, Poster, TooManyWordsError, render_poster
from bot.rendering import Renderer
from bot.settings import Settings, StartError
from conversations.content import Content
from conversations.entry import MAX_SOURCE_CHARS, Entry, parse_entry
from conversations.languages import GERMAN, LANGUAGES, Language
from conversations.mistakes import suggest
from conversations.texts import find_gaps, text

TITLE, QUESTION, SCAN, OTHER_WAY = "poster.title", "poster.question", "poster.scan", "help.alt"
#: What stands in the place of a field's name when the poster is for the whole plan.
WHOLE_PLAN = "bot.short"
#: Facts of the town file that the page shows itself.
FACTS = ("org", "official_url", "alt_channel")

_SOURCE = re.compile(rf"[a-z0-9_-]{{1,{MAX_SOURCE_CHARS}}}")
#: What Telegram takes as the name of a bot, and as the word after “?start=”.
_USERNAME = re.compile(r"(?=.{5,32}$)[A-Za-z0-9_]*bot", re.IGNORECASE)
_START_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: A file of this name in the content folder is the town's logo; the first one found is taken.
_LOGOS = (
    ("logo.svg", "image/svg+xml", re.compile(rb"<(?:\w+:)?svg\b")),
    ("logo.png", "image/png", re.compile(rb"\A\x89PNG\r\n\x1a\n")),
)


def run_poster(
    settings: Settings,
    out: Path,
    *,
    field: str | None = None,
    source: str | None = None,
    languages: str | None = None,
    username: str | None = None,
    edition: Edition = Edition.FINAL,
) -> str:
    """Write the page to the file `out` and say in one line what it opens.

    Without a username Telegram is asked for it. Raises: StartError, ContentError.
    """
    loaded = load_content(settings.content)
    _check_out(out)
    word = make_start_word(loaded.content, field, source)
    chosen = parse_languages(loaded, languages)
    _check_facts(loaded.content, edition)
    logo = "" if settings.content is None else find_logo(settings.content)
    known = parse_username(username) if username is not None else asyncio.run(ask_username(settings))
    link = f"https://t.me/{known}" + (f"?start={word}" if word else "")

    def draw(shown: tuple[Language, ...]) -> str:
        return render_poster(make_poster(loaded, link, shown, field=field, logo=logo, edition=edition))

    page, shown = _draw_what_fits(draw, chosen, may_leave_out=languages is None)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise StartError(f"The file {out} cannot be written: {_reason(error)}.") from None
    left_out = [language.code for language in chosen if language not in shown]
    rest = f"\nno room for {', '.join(left_out)}; --languages chooses others" if left_out else ""
    return f"wrote {out} ({', '.join(language.code for language in shown)}): {link}{rest}"


def _draw_what_fits(
    draw: Callable[[tuple[Language, ...]], str], languages: tuple[Language, ...], *, may_leave_out: bool
) -> tuple[str, tuple[Language, ...]]:
    """Draw the page with as many languages as fit, the last ones left out. Raises: TooManyWordsError."""
    for count in range(len(languages), 0, -1):
        try:
            return draw(languages[:count]), languages[:count]
        except TooManyWordsError:
            if not may_leave_out or count == 1:
                raise
    raise ValueError("a poster needs a language")


def make_start_word(content: Content, field: str | None, source: str | None) -> str:
    """Make the word that the bot gets with /start; empty for the plain entrance.

    Raises: StartError, also when the bot would read something else out of it.
    """
    if field is not None and field not in content.field_codes:
        known = ", ".join(content.field_codes)
        raise StartError(
            f"There is no field “{field}”.{suggest(field, content.field_codes)} Known are {known}."
        )
    if source is not None and not _SOURCE.fullmatch(source):
        raise StartError(
            f"The source “{source}” cannot stand in a link; use a-z, 0-9, “-” and “_”,"
            f" at most {MAX_SOURCE_CHARS} characters."
        )
    entry = Entry(field or "", source or "")
    word = entry.argument
    if word and (not _START_WORD.fullmatch(word) or parse_entry(content, word) != entry):
        raise StartError(f"A link cannot carry “{word}”: a field's code may only have a-z, 0-9 and “_”.")
    return word


def parse_languages(loaded: LoadedContent, codes: str | None) -> tuple[Language, ...]:
    """Read which languages stand on the poster, in this order; all that are offered if none is named.

    Raises: StartError.
    """
    offered = {language.code: language for language in loaded.catalogues.offered}
    wanted = list(dict.fromkeys(code.strip() for code in (codes or "").split(",") if code.strip()))
    for code in wanted:
        if code in offered:
            continue
        if any(language.code == code for language in LANGUAGES):
            raise StartError(
                f"The language “{code}” is not offered, because its translation is not complete"
                f" (mitreden check says what is missing). Offered are {', '.join(offered)}."
            )
        raise StartError(
            f"There is no language “{code}”.{suggest(code, offered)} Offered are {', '.join(offered)}."
        )
    return tuple(offered[code] for code in wanted or offered)


def parse_username(written: str) -> str:
    """Read the name of a bot, with or without @. Raises: StartError."""
    name = written.strip().removeprefix("@")
    if not _USERNAME.fullmatch(name):
        raise StartError(
            f"“{written}” is not the name of a bot: 5 to 32 letters, digits or “_”, with “bot” at the end."
        )
    return name


async def ask_username(settings: Settings) -> str:
    """Ask Telegram for the name of the bot. Raises: StartError."""
    from telegram import Bot
    from telegram.error import InvalidToken, TelegramError

    from bot.transport import AiohttpRequest

    token = settings.telegram_token
    if token is None:
        raise StartError(
            "The link needs the name of the bot: give it with --bot NAME,"
            " or set MITREDEN_TELEGRAM_TOKEN to have Telegram asked for it."
        )
    async with AiohttpRequest() as request:
        bot = Bot(
            token.get_secret_value(),
            base_url=f"{settings.telegram_api_url}/bot",
            request=request,
            get_updates_request=request,
        )
        try:
            me = await bot.get_me()
        except InvalidToken:
            raise StartError("Telegram does not accept the token in MITREDEN_TELEGRAM_TOKEN.") from None
        except TelegramError:
            raise StartError(
                "Telegram cannot be asked for the name of the bot now; give it with --bot NAME."
            ) from None
    return str(me.username)


def find_logo(folder: Path) -> str:
    """Find the town's logo in its content folder, as a data address; empty when there is none.

    Raises: StartError for a file that is not what its name says.
    """
    for name, media_type, mark in _LOGOS:
        path = folder / name
        try:
            data = path.read_bytes() if path.exists() else None
        except OSError as error:
            raise StartError(f"The logo {path} cannot be read: {_reason(error)}.") from None
        if data is None:
            continue
        if not mark.search(data):
            raise StartError(f"The logo {path} is not a picture of the kind that its name says.")
        return f"data:{media_type};base64,{base64.b64encode(data).decode()}"
    return ""


def make_poster(
    loaded: LoadedContent,
    link: str,
    languages: Iterable[Language],
    *,
    field: str | None = None,
    logo: str = "",
    edition: Edition = Edition.FINAL,
) -> Poster:
    """Put together what the page says."""
    renderer = Renderer(loaded.content, loaded.catalogues)

    def block(language: Language) -> Block:
        keys = (TITLE, _topic_key(field), QUESTION, SCAN, OTHER_WAY)
        return Block(language, *(renderer.say(text(key), language.code) for key in keys))

    facts = loaded.content.town.facts
    blocks = tuple(block(language) for language in languages)
    return Poster(link, facts["org"], facts["official_url"], logo, blocks, block(GERMAN), edition)


def _topic_key(field: str | None) -> str:
    return WHOLE_PLAN if field is None else f"field.{field}"


def _check_out(out: Path) -> None:
    if not out.parent.is_dir():
        raise StartError(f"There is no folder {out.parent}; make it first, or name another file.")


def _check_facts(content: Content, edition: Edition) -> None:
    """Refuse to print what the town has not filled in yet."""
    keys = [TITLE, QUESTION, SCAN, OTHER_WAY, WHOLE_PLAN, *map(_topic_key, content.field_codes)]
    shown = {*FACTS, *(gap for key in keys for gap in find_gaps(content.texts[key].snapshot))}
    still_open = [name for name in content.town.open_facts if name in shown]
    if still_open and edition is Edition.FINAL:
        raise StartError(
            f"The poster would show open placeholders of the town file: {', '.join(still_open)}."
            " Fill them in, or make a sample with --draft."
        )


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").lower()
