"""`mitreden announce …`: write, check, hand over, watch, stop and correct announcements.

Only options and arguments are read here; the work is `bot.announce.desk`. Nothing can be approved from
here: two people do that in the chat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.plain_errors import FAILED, plain_errors
from conversations.announcement_templates import AnnouncementKind
from conversations.announcements import Announcement, Mode, default_audience
from storage.vocabulary import MailingState, Policy

if TYPE_CHECKING:
    from bot.announce.desk import Desk
    from storage.announcements import Draft

announce_cli = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Write to everybody who asked for it."
)

_Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the announcement.")]
_Language = Annotated[str, typer.Argument(metavar="LANGUAGE", help="Code of the language, such as ar.")]
_Languages = Annotated[list[str], typer.Argument(metavar="LANGUAGE…", help="Codes, such as ar tr.")]
_Set = Annotated[list[str] | None, typer.Option("--set", help="GAP=VALUE; may be repeated.")]
_Topic = Annotated[
    list[str] | None, typer.Option(help="Only subscribers of this, such as council; may be repeated.")
]
_Only = Annotated[
    list[str] | None, typer.Option("--language", help="Only people of this language; may be repeated.")
]
_Coming = Annotated[
    str | None, typer.Option("--coming-to", help="Only who is registered for the forum of this field.")
]
_Page = Annotated[str | None, typer.Option(help="The same text on the town's pages: https://…")]
_Json = Annotated[bool, typer.Option("--json", help="Say it as JSON.")]


@announce_cli.command("kinds")
def list_kinds() -> None:
    """Show every kind with its gaps. [In brackets]: may stay empty. With *: written in each language.

    Example: mitreden announce kinds
    """
    from bot.announce.words import kind_line

    for kind in AnnouncementKind:
        typer.echo(kind_line(kind))


@announce_cli.command("new")
def new(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="See: mitreden announce kinds")],
    values: _Set = None,
    topic: _Topic = None,
    language: _Only = None,
    coming_to: _Coming = None,
    page: _Page = None,
    policy: Annotated[
        Policy, typer.Option(help="Where nobody knows whether it arrived: send again, or not.")
    ] = Policy.NEVER_MISSED,
    as_json: _Json = False,
) -> None:
    """Begin an announcement. Nothing is sent.

    Example: mitreden announce new adopted --set date=18.11.2027 --set plan_url=https://… --page https://…
    """
    with _desk() as desk:
        from bot.announce.options import read_audience, read_kind, read_page, read_values

        of_kind = read_kind(kind)
        read = read_values(of_kind, values or (), desk.content.field_codes)
        audience = read_audience(
            default_audience(of_kind, read), topic, language, coming_to, desk.content.field_codes
        )
        written = Announcement(of_kind, values=read, audience=audience, page_url=read_page(page))
        _show(desk, desk.create(written, policy), "is a draft", as_json=as_json)


@announce_cli.command("change")
def change(
    number: _Number,
    values: _Set = None,
    topic: _Topic = None,
    language: _Only = None,
    coming_to: _Coming = None,
    page: _Page = None,
    as_json: _Json = False,
) -> None:
    """Change links, days or who gets it; “” takes something away. An approval is lost.

    Example: mitreden announce change 7 --set plan_url=https://www.goeppingen.de/plan
    """
    with _desk() as desk:
        from bot.announce.options import read_audience, read_page, read_values, with_values

        draft = desk.get(number)
        read = read_values(draft.announcement.kind, values or (), desk.content.field_codes)
        written = with_values(draft.announcement, read)
        audience = read_audience(written.audience, topic, language, coming_to, desk.content.field_codes)
        written = replace(
            written, audience=audience, page_url=written.page_url if page is None else read_page(page)
        )
        _show(desk, desk.change(draft, written), "is changed", as_json=as_json)


@announce_cli.command("text")
def text(
    number: _Number,
    language: _Language,
    values: Annotated[list[str] | None, typer.Option("--set", help="GAP=WORDS; may be repeated.")] = None,
    file: Annotated[
        list[str] | None, typer.Option("--file", help="A text file with the words: FILE or GAP=FILE.")
    ] = None,
) -> None:
    """Write the words of one language; “” takes them away. An approval is lost.

    Example: mitreden announce text 7 tr --file tr.txt
    """
    with _desk() as desk:
        from bot.announce.options import read_words, with_words

        draft, code = desk.get(number), desk.get_language(language)
        words = read_words(draft.announcement.kind, values or (), file or ())
        _show(desk, desk.change(draft, with_words(draft.announcement, code, words)), "is changed")


@announce_cli.command("texts")
def texts(
    number: _Number,
    out: Annotated[Path | None, typer.Option(help="Write a file for translators: .csv or .po.")] = None,
    back: Annotated[Path | None, typer.Option("--in", help="Take a file that comes back.")] = None,
) -> None:
    """Send the words to translators as a file, and take them back: everything in it, or nothing.

    Example: mitreden announce texts 7 --out texts.csv
    """
    with _desk() as desk:
        if (out is None) == (back is None):
            _refuse("Say either --out FILE or --in FILE.")
        draft = desk.get(number)
        if out is not None:
            for path in desk.write_texts(draft, out):
                typer.echo(f"wrote {path}")
        if back is not None:
            for code, count in desk.read_texts(draft, back).items():
                typer.echo(f"{code}: {count} taken")


@announce_cli.command("hold")
def hold(number: _Number, languages: _Languages) -> None:
    """Hold languages back by name: their people get it later, when their text is there.

    Example: mitreden announce hold 7 ar
    """
    with _desk() as desk:
        _show(desk, desk.hold(desk.get(number), languages, back=True), "is changed")


@announce_cli.command("release")
def release(number: _Number, languages: _Languages) -> None:
    """Let languages go out that were held back; their text has to be approved in the chat.

    Example: mitreden announce release 7 ar
    """
    with _desk() as desk:
        _show(desk, desk.hold(desk.get(number), languages, back=False), "is changed")


@announce_cli.command("check")
def check(number: _Number, as_json: _Json = False) -> None:
    """Say everything that keeps an announcement from being sent, who would get it, how long it takes.

    Example: mitreden announce check 7
    """
    with _desk() as desk:
        from bot.announce.words import fault_json, say_fault

        draft = desk.get(number)
        verdict = desk.check(draft)
        desk.note_check(draft)
        if as_json:
            data = {
                "faults": [fault_json(fault) for fault in verdict.faults],
                "people": dict(verdict.people),
                "seconds": round(verdict.duration.total_seconds()),
            }
            typer.echo(json.dumps(data, ensure_ascii=False, indent=2))
        elif verdict.faults:
            _refuse("\n".join(map(say_fault, verdict.faults)))
        else:
            _say_audience(desk, number)
            typer.echo(f"Nothing is missing. To hand it over: mitreden announce send {number}")
    if verdict.faults:
        raise typer.Exit(FAILED)


@announce_cli.command("preview")
def preview(
    number: _Number,
    language: Annotated[list[str] | None, typer.Option(help="Only this language; may be repeated.")] = None,
) -> None:
    """Show the message of each language, with its length, direction and buttons.

    Example: mitreden announce preview 7 --language ar
    """
    with _desk() as desk:
        from bot.announce.words import preview_lines

        codes = tuple(map(desk.get_language, language)) if language else desk.languages
        for place, shown in enumerate(desk.preview(desk.get(number), codes)):
            if place:
                typer.echo()
            for line in preview_lines(shown):
                typer.echo(line)


@announce_cli.command("list")
def list_announcements(as_json: _Json = False) -> None:
    """Show every announcement and how far it is, the newest first.

    Example: mitreden announce list
    """
    with _desk() as desk:
        from bot.announce.words import draft_json, list_line

        drafts = desk.list_all()
        if as_json:
            typer.echo(json.dumps([draft_json(draft) for draft in drafts], ensure_ascii=False, indent=2))
            return
        for draft in drafts:
            typer.echo(list_line(draft, desk.zone))
        if not drafts:
            typer.echo("There is none yet. To begin one: mitreden announce new KIND")


@announce_cli.command("send")
def send(
    number: _Number,
    at: Annotated[
        str | None, typer.Option("--at", metavar="WHEN", help="Not before: 18.11.2027 19:30.")
    ] = None,
) -> None:
    """Hand an announcement over: a second person approves it in the chat, then it goes out.

    Example: mitreden announce send 7 --at "18.11.2027 19:30"
    """
    with _desk() as desk:
        from bot.announce.options import read_beginning
        from bot.programme.words import say_moment

        begins = None if at is None else read_beginning(at, desk.now)
        desk.hand_over(desk.get(number), begins)
        _say_audience(desk, number)
        when = "" if begins is None else f" It goes out on {say_moment(begins)}, not before."
        typer.echo(f"Handed over. It is taken over and approved in the chat: /staff.{when}")


@announce_cli.command("status")
def status(
    number: _Number,
    watch: Annotated[bool, typer.Option("--watch", help="Go on showing it until it is over.")] = False,
    as_json: _Json = False,
) -> None:
    """Show how far an announcement is: sent, waiting, unknown, unreachable, and how long it will take.

    Example: mitreden announce status 7 --watch
    """
    with _desk() as desk:
        import time

        from rich.console import Console

        from bot.announce import watching
        from bot.announce.words import progress_json, progress_lines, title_of

        draft = desk.get(number)
        progress, remaining = desk.load_progress(number)
        if as_json:
            typer.echo(json.dumps(progress_json(draft, progress, remaining), ensure_ascii=False, indent=2))
            return
        typer.echo(f"Announcement {number}: {title_of(draft.announcement)}")
        if not watch:
            watching.show_bar(progress, remaining, Console())
        elif not watching.watch(lambda: desk.load_progress(number), Console(), time.sleep):
            typer.echo("No longer watching. The announcement goes on by itself.")
            return
        for line in progress_lines(*desk.load_progress(number)):
            typer.echo(line)


@announce_cli.command("pause")
def pause(number: _Number) -> None:
    """Let nothing more go out until it is resumed.

    Example: mitreden announce pause 7
    """
    with _desk() as desk:
        desk.steer(number, MailingState.PAUSED)
        typer.echo(f"Paused. To go on: mitreden announce resume {number}")


@announce_cli.command("resume")
def resume(number: _Number) -> None:
    """Go on with an announcement that is paused.

    Example: mitreden announce resume 7
    """
    with _desk() as desk:
        desk.steer(number, MailingState.SENDING)
        typer.echo("It goes on.")


@announce_cli.command("stop")
def stop(number: _Number) -> None:
    """Stop an announcement for good. Who has it keeps it; nobody else gets it.

    Example: mitreden announce stop 7
    """
    with _desk() as desk:
        desk.steer(number, MailingState.STOPPED)
        progress, _ = desk.load_progress(number)
        typer.echo(f"Stopped. Sent: {progress.sent}.")
        if progress.sent:
            typer.echo(f"To correct what was sent: mitreden announce correct {number} --edit")


@announce_cli.command("cancel")
def cancel(number: _Number) -> None:
    """Take an announcement back before anything has gone out; it is a draft again.

    Example: mitreden announce cancel 7
    """
    with _desk() as desk:
        desk.steer(number, MailingState.DRAFT)
        typer.echo("Taken back. It is a draft again; nothing has been sent.")


@announce_cli.command("correct")
def correct(
    number: _Number,
    edit: Annotated[bool, typer.Option("--edit", help="Change the text of what was sent.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Delete it; within 48 hours.")] = False,
    new: Annotated[bool, typer.Option("--new", help="Send a correction to those who got it.")] = False,
) -> None:
    """Begin the correction of what was sent, for those who got it. It is approved like every other.

    Example: mitreden announce correct 7 --edit
    """
    with _desk() as desk:
        chosen = [
            mode
            for mode, is_chosen in ((Mode.EDIT, edit), (Mode.WITHDRAW, withdraw), (Mode.SEND, new))
            if is_chosen
        ]
        if len(chosen) != 1:
            _refuse("Say one of --edit, --withdraw or --new.")
        draft = desk.correct(number, chosen[0])
        _show(desk, draft, f"corrects {number} and is a draft")


def _show(desk: Desk, draft: Draft, what: str, *, as_json: bool = False) -> None:
    """Show a draft, and what it still needs."""
    from bot.announce.words import draft_json, draft_lines, say_fault, title_of

    if as_json:
        typer.echo(json.dumps(draft_json(draft), ensure_ascii=False, indent=2))
        return
    typer.echo(f"Announcement {draft.id} {what}: {title_of(draft.announcement)}")
    for line in draft_lines(draft):
        typer.echo(f"  {line}")
    faults = desk.list_faults(draft.announcement)
    for fault in faults:
        typer.echo(f"  Still open: {say_fault(fault)}")
    if draft.has_begun:
        typer.echo("  What is new has to be approved in the chat before it goes out.")
    elif not faults:
        typer.echo(f"  To look at it: mitreden announce preview {draft.id}")


def _say_audience(desk: Desk, number: int) -> None:
    """Say how many people in which languages, and how long it takes."""
    from bot.announce.words import say_span
    from bot.programme.words import say_people

    draft = desk.get(number)
    verdict = desk.check(draft, draft.begins_at and draft.begins_at.astimezone(desk.zone))
    typer.echo(f"It goes to {say_people(verdict.count, tuple(sorted(verdict.people)))}.")
    held = sum(count for code, count in verdict.people.items() if code in draft.announcement.held_back)
    if held:
        typer.echo(
            f"{held} of them get it later: {', '.join(sorted(draft.announcement.held_back))} held back."
        )
    typer.echo(f"That takes about {say_span(verdict.duration)}; nothing is sent between 21 and 8.")


@contextmanager
def _desk() -> Iterator[Desk]:
    with plain_errors():
        from bot.announce.desk import open_desk, plain_announcements
        from bot.settings import load_settings

        with open_desk(load_settings()) as desk, plain_announcements():
            yield desk


def _refuse(sentence: str) -> None:
    from bot.settings import StartError

    raise StartError(sentence)
