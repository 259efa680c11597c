"""`mitreden texts …`: the texts of a language as a file, read back, signed off, recorded, looked at.

Only options and arguments are read here; each command does its slow imports itself.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.plain_errors import FAILED, plain_errors

if TYPE_CHECKING:
    from conversations.languages import Language

texts_cli = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Texts for translators and staff: export, import, sign off, record, look at.",
)

_LanguageOption = Annotated[
    str, typer.Option("--language", "-l", help="Code of the language, such as ar; de for the German.")
]
_ContentOption = Annotated[
    Path | None, typer.Option("--content", help="Content folder; without it the one in MITREDEN_CONTENT.")
]


class FileFormat(StrEnum):
    """The formats of a file of texts."""

    PO = "po"
    XLSX = "xlsx"


@texts_cli.command("export")
def export_texts(
    language: _LanguageOption,
    form: Annotated[
        FileFormat, typer.Option("--format", help="xlsx for a spreadsheet, po for a translation program.")
    ] = FileFormat.XLSX,
    out: Annotated[
        Path | None, typer.Option(help="File to write; without it mitreden-LANGUAGE in this folder.")
    ] = None,
    content: _ContentOption = None,
) -> None:
    """Write every text of a language to one file: German, note, limit, current words, what is outdated.

    Example: mitreden texts export --language ar --format xlsx
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.content import load_content
        from bot.settings import StartError
        from bot.texts.po_file import write_catalogue
        from bot.texts.rows import list_rows
        from bot.texts.sheet_file import write_sheet
        from bot.texts.signatures import replace_file

        wanted, folder = _find_language(language), _content_folder(content)
        rows = list(list_rows(load_content(folder), wanted, folder))
        path = out or Path(f"mitreden-{wanted.code}.{form.value}")
        _check_folder(path)
        if path.exists():
            raise StartError(
                f"{path} is there already, perhaps with somebody's work in it; name another with --out."
            )
        if form is FileFormat.XLSX:
            written = write_sheet(rows, wanted)
        else:
            written = write_catalogue(
                rows, wanted, f"{wanted.latin_name} for Mitreden, as it is in force.", system_clock()
            )
        replace_file(path, written)
        outdated, missing = sum(row.is_outdated for row in rows), sum(row.entry is None for row in rows)
        typer.echo(f"{path}: {len(rows)} texts, {outdated} outdated, {missing} missing.")


@texts_cli.command("import")
def import_texts(
    file: Annotated[Path, typer.Argument(help="A file that “texts export” wrote, with other words in it.")],
    language: Annotated[
        str | None, typer.Option("--language", "-l", help="Needed only where the file does not say it.")
    ] = None,
    content: _ContentOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Check a file of texts line by line and write what is right into the content folder.

    What is refused stays as it was, and so does what was not touched in the file. A running bot shows the
    new texts after its next start.

    Example: mitreden texts import mitreden-ar.xlsx --content ./town
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.check import say_count
        from bot.content import load_content
        from bot.texts.taken_words import say_taken
        from bot.texts.taking import language_of_file, read_texts_file, take, write

        folder = _own_folder(content)
        wanted = _find_language(language or language_of_file(file) or "")
        read = read_texts_file(file, wanted)
        loaded = load_content(folder)
        taken = take(loaded, wanted, read, folder)
        say_taken(file, taken)
        if taken.changed:
            question = f"{wanted.latin_name}: write {say_count(len(taken.changed), 'text')}?"
            if not yes and not typer.confirm(question):
                typer.echo("Nothing was changed.")
                raise typer.Exit(FAILED)
            for path in write(loaded, wanted, taken.changed, folder, system_clock()):
                typer.echo(f"Written: {path}")
            typer.echo("A running bot shows them after its next start.")
    if taken.refused:
        raise typer.Exit(FAILED)


@texts_cli.command("status")
def show_status(
    language: Annotated[
        str | None,
        typer.Option("--language", "-l", help="One language, with every text that is not in order."),
    ] = None,
    content: _ContentOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say it as JSON.")] = False,
) -> None:
    """Show for each language: complete, outdated, who translated, read and signed it, what is recorded.

    Example: mitreden texts status --language ti
    """
    with plain_errors():
        import json

        from bot.app import system_clock
        from bot.content import load_content
        from bot.texts.status import list_status
        from bot.texts.status_words import as_dict, say_details, say_table
        from conversations.languages import LANGUAGES

        folder = _content_folder(content)
        wanted = LANGUAGES if language is None else (_find_language(language),)
        found = list_status(load_content(folder), folder, system_clock(), wanted)
        if as_json:
            typer.echo(json.dumps([as_dict(each) for each in found], ensure_ascii=False, indent=2))
        elif language is None:
            say_table(found)
        else:
            for line in say_details(found[0]):
                typer.echo(line)


@texts_cli.command("sign")
def sign_texts(
    language: _LanguageOption,
    part: Annotated[str, typer.Option(help="consent, scales, decisions or all.")],
    by: Annotated[str, typer.Option(help="Who has checked them, as it is to be shown.")],
    content: _ContentOption = None,
) -> None:
    """Note that somebody has checked a part of a language as it stands now. A change takes it back.

    Example: mitreden texts sign --language ar --part consent --by "Interpreters' pool of the district"
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.check import say_count
        from bot.content import load_content
        from bot.settings import StartError
        from bot.texts.rows import current_entries
        from bot.texts.signatures import (
            SIGNATURES,
            Part,
            Signature,
            can_be_shown,
            digest_of,
            keys_of,
            sign,
        )

        wanted, folder = _find_language(language), _own_folder(content)
        if part not in list(Part):
            raise StartError(f"There is no part “{part}”. Parts are {', '.join(Part)}.")
        if not by.strip():
            raise StartError("Say with --by who has checked the texts.")
        if not can_be_shown(by.strip()):
            raise StartError("The name in --by has a character that cannot be shown; type it again.")
        loaded = load_content(folder)
        if not loaded.catalogues.offers(wanted.code):
            raise StartError(
                f"{wanted.latin_name} is not complete; see “mitreden texts status -l {wanted.code}”."
            )
        digest = digest_of(Part(part), loaded.content, current_entries(loaded, wanted, folder))
        sign(folder, Signature(wanted.code, Part(part), by.strip(), system_clock().date(), digest))
        signed = say_count(len(keys_of(Part(part), loaded.content)), "text")
        typer.echo(
            f"Signed: {part} in {wanted.latin_name}, {signed}, by {by.strip()}. See {folder / SIGNATURES}."
        )


@texts_cli.command("script")
def write_reading_script(
    language: _LanguageOption,
    out: Annotated[Path | None, typer.Option(help="File to write; without it the script is printed.")] = None,
    content: _ContentOption = None,
) -> None:
    """Print what is read aloud for the recordings of a language, and what to call each file.

    Example: mitreden texts script --language ti --out tigrinya.txt
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.content import load_content
        from bot.texts.script import write_script
        from bot.texts.signatures import replace_file

        wanted = _find_language(language)
        script = write_script(load_content(_content_folder(content)), wanted, system_clock())
        if out is None:
            typer.echo(script, nl=False)
        else:
            _check_folder(out)
            replace_file(out, script.encode())
            typer.echo(f"Written: {out}")


@texts_cli.command("gallery")
def write_gallery_page(
    out: Annotated[Path, typer.Option(help="The page to write, such as gallery.html.")],
    languages: Annotated[
        list[str] | None, typer.Option("--language", "-l", help="Only these languages; again for each.")
    ] = None,
    content: _ContentOption = None,
) -> None:
    """Write every screen in every language to one page, for people who want to read all of it.

    Example: mitreden texts gallery --out gallery.html --language de --language ar
    """
    with plain_errors():
        from bot.app import system_clock
        from bot.check import say_count
        from bot.content import load_content
        from bot.texts.gallery import list_chapters, save_gallery

        loaded, now = load_content(_content_folder(content)), system_clock()
        wanted = tuple(map(_find_language, languages)) if languages else loaded.catalogues.offered
        _check_folder(out)
        with typer.progressbar(
            list_chapters(loaded, wanted, now), length=len(wanted), label="Languages"
        ) as bar:
            save_gallery(bar, loaded.content.town.facts["org"], now.date(), out)
        typer.echo(f"Written: {out}, {say_count(len(wanted), 'language')}, {out.stat().st_size // 1000} kB.")


def _find_language(code: str) -> Language:
    from bot.settings import StartError
    from conversations.languages import LANGUAGES
    from conversations.mistakes import suggest

    written = code.strip().replace("-", "_").casefold()
    found = next((each for each in LANGUAGES if each.code.casefold() == written), None)
    if found is None:
        codes = [language.code for language in LANGUAGES]
        said = (
            f"There is no language “{code}”.{suggest(code, codes)}"
            if code
            else "Say the language with --language."
        )
        raise StartError(f"{said} Languages: {', '.join(codes)}.")
    return found


def _content_folder(content: Path | None) -> Path | None:
    from bot.settings import load_settings

    return content or load_settings().content


def _own_folder(content: Path | None) -> Path:
    """Find the folder to write into. A slip in its name must not make a new one that no bot reads."""
    from bot.settings import StartError

    folder = _content_folder(content)
    if folder is None:
        raise StartError(
            "Name the content folder with --content or MITREDEN_CONTENT; texts are written into it."
        )
    if folder.exists() and not folder.is_dir():
        raise StartError(f"{folder} is a file; name the content folder.")
    if not folder.is_dir():
        raise StartError(f"There is no folder {folder}; check its name, or make it first.")
    return folder


def _check_folder(path: Path) -> None:
    from bot.settings import StartError

    if path.is_dir():
        raise StartError(f"{path} is a folder; name a file in it.")
    if not path.parent.is_dir():
        raise StartError(f"There is no folder {path.parent}; make it first, or name another file.")
