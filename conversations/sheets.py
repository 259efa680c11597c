"""The pages that are not questions: doors, consent, menu; and where to find the others."""

from __future__ import annotations

from typing import assert_never

from conversations.data_sheets import ask_erasure_screen, erased_screen, my_data_screen
from conversations.entry import NEWS_ENTRY, parse_entry
from conversations.environment import Scene
from conversations.event_sheets import event_screen, events_screen
from conversations.follow_sheets import follow_screen, followed_screen
from conversations.incoming import Action
from conversations.language_sheets import languages_screen, more_languages_screen
from conversations.result_sheets import results_field_screen, results_screen
from conversations.screens import Block, Screen, ScreenButton, action, language_row, menu_row
from conversations.session import Sheet, SheetName
from conversations.texts import text
from conversations.topic_sheets import (
    again_screen,
    closed_screen,
    is_question_open,
    paused_screen,
    profile_intro_screen,
    resume_screen,
    review_screen,
    thanks_screen,
    topics_screen,
)
from conversations.town_sheets import (
    MESSAGES_ENDED,
    about_screen,
    help_screen,
    privacy_screen,
    privacy_section_screen,
    reminders_screen,
)

#: Pages one looks at in between; while a question is open, they show the way back to it.
_LOOKED_AT_IN_BETWEEN = frozenset(
    {
        SheetName.EVENTS,
        SheetName.EVENT,
        SheetName.REMINDERS,
        SheetName.FOLLOWED,
        SheetName.RESULTS,
        SheetName.RESULTS_FIELD,
        SheetName.ABOUT,
        SheetName.PRIVACY,
        SheetName.PRIVACY_SECTION,
        SheetName.MY_DATA,
        SheetName.STOPPED,
        SheetName.HELP,
    }
)


def sheet_screen(scene: Scene, sheet: Sheet) -> Screen:
    """Show a page as it is for this person now."""
    screen, session = _page(scene, sheet), scene.person.session
    if sheet.name not in _LOOKED_AT_IN_BETWEEN or session is None or session.behind is None:
        return screen
    if not is_question_open(scene, session.behind):
        return screen
    back = action("ui.back_to_question", Action.BACK_TO_QUESTION)
    return Screen(screen.blocks, ((back,), *screen.rows))


def _page(scene: Scene, sheet: Sheet) -> Screen:
    argument = sheet.argument
    match sheet.name:
        case SheetName.LANGUAGES:
            return languages_screen(scene, argument)
        case SheetName.MORE_LANGUAGES:
            return more_languages_screen(scene, argument)
        case SheetName.DOORS:
            return doors_screen(scene, argument)
        case SheetName.CONSENT:
            return consent_screen(argument)
        case SheetName.CONSENT_CHANGED:
            return consent_changed_screen(argument)
        case SheetName.DECLINED:
            return declined_screen()
        case SheetName.UNDER_16:
            return under_16_screen()
        case SheetName.TOPICS:
            return topics_screen(scene)
        case SheetName.AGAIN:
            return again_screen(scene, argument)
        case SheetName.RESUME:
            return resume_screen(scene, argument)
        case SheetName.PAUSED:
            return paused_screen(scene)
        case SheetName.THANKS:
            return thanks_screen(scene, argument)
        case SheetName.REVIEW:
            return review_screen(scene, argument)
        case SheetName.PROFILE_INTRO:
            return profile_intro_screen()
        case SheetName.MENU:
            return menu_screen(scene, argument)
        case SheetName.EVENTS:
            return events_screen(scene)
        case SheetName.EVENT:
            return event_screen(scene, argument)
        case SheetName.CONSENT_MESSAGES:
            return consent_messages_screen(argument)
        case SheetName.REMINDERS:
            return reminders_screen(scene)
        case SheetName.ABOUT:
            return about_screen(scene)
        case SheetName.PRIVACY:
            return privacy_screen(scene)
        case SheetName.PRIVACY_SECTION:
            return privacy_section_screen(argument)
        case SheetName.MY_DATA:
            return my_data_screen(scene)
        case SheetName.ASK_ERASURE:
            return ask_erasure_screen()
        case SheetName.ERASED:
            return erased_screen(scene)
        case SheetName.STOPPED:
            return stopped_screen()
        case SheetName.HELP:
            return help_screen()
        case SheetName.CLOSED:
            return closed_screen(scene, argument)
        case SheetName.FOLLOW:
            return follow_screen(scene, argument)
        case SheetName.FOLLOWED:
            return followed_screen(scene)
        case SheetName.RESULTS:
            return results_screen(scene)
        case SheetName.RESULTS_FIELD:
            return results_field_screen(scene, argument)
        case _:
            assert_never(sheet.name)


def doors_screen(scene: Scene, argument: str) -> Screen:
    """Welcome, and the three doors: give an opinion, messages only, just look."""
    entry = parse_entry(scene.content, argument).argument
    return Screen(
        ((text("sys.welcome"),), (text("start.title"),)),
        (
            (action("start.btn.say", Action.SAY, entry),),
            (action("start.btn.news", Action.NEWS),),
            (action("start.btn.look", Action.LOOK),),
            language_row(entry),
        ),
    )


def consent_screen(entry: str) -> Screen:
    """The short privacy notice and consent 1 (Einwilligung), with three answers of equal weight."""
    return Screen(
        ((text("privacy.short"),), (text("consent.answers"),)),
        (
            (action("consent.btn.agree", Action.AGREE, entry),),
            (action("consent.btn.decline", Action.DECLINE),),
            (action("consent.btn.under16", Action.UNDER_16),),
            language_row(entry),
        ),
    )


def consent_changed_screen(entry: str) -> Screen:
    """Ask again, because the privacy notice has changed since the person agreed."""
    return Screen(
        ((text("pn.changed"),),),
        (
            (action("consent.btn.agree", Action.AGREE, entry),),
            (action("consent.btn.decline", Action.DECLINE),),
            (action("ui.btn.more", Action.PRIVACY),),
            language_row(entry),
        ),
    )


def declined_screen() -> Screen:
    """Accept a refusal, without persuasion, and say what is still possible."""
    return Screen(
        ((text("consent.declined"),),),
        (
            (action("start.btn.news", Action.NEWS),),
            (action("menu.events", Action.EVENTS),),
            (action("menu.about", Action.ABOUT),),
            language_row(),
        ),
    )


def under_16_screen() -> Screen:
    """Name other ways to take part for people under 16."""
    return Screen(
        ((text("consent.under16"),),),
        ((action("menu.events", Action.EVENTS),), (action("menu.about", Action.ABOUT),), language_row()),
    )


def menu_screen(scene: Scene, argument: str = "") -> Screen:
    """The menu: everything the bot can do, erasure last."""
    session = scene.person.session
    rows: list[tuple[ScreenButton, ...]] = []
    if session is not None and session.behind is not None and is_question_open(scene, session.behind):
        rows.append((action("menu.continue", Action.BACK_TO_QUESTION),))
    rows += [
        (action("menu.topics", Action.TOPICS),),
        (action("menu.events", Action.EVENTS),),
        (action("menu.reminders", Action.REMINDERS),),
        (action("menu.results", Action.RESULTS),),
        (action("menu.about", Action.ABOUT),),
        language_row(),
        (action("menu.privacy", Action.PRIVACY),),
        (action("menu.help", Action.HELP),),
        (action("menu.mydata", Action.MY_DATA),),
        (action("menu.delete", Action.ASK_ERASURE),),
    ]
    ended: tuple[Block, ...] = ((text("stop.registrations"),),) if argument == MESSAGES_ENDED else ()
    return Screen((*ended, (text("menu.title"),)), tuple(rows))


def consent_messages_screen(argument: str) -> Screen:
    """Ask for consent 2 (Einwilligung): may we write? `argument` is what it would switch on."""
    blocks: list[Block] = []
    if argument == NEWS_ENTRY:
        blocks.append((text("sys.welcome"),))
    blocks.append((text("consent.reminders"),))
    return Screen(
        tuple(blocks),
        (
            (action("ui.btn.yes", Action.AGREE_MESSAGES, argument),),
            (action("ui.btn.no", Action.DECLINE_MESSAGES, argument),),
            language_row(NEWS_ENTRY if argument == NEWS_ENTRY else ""),
        ),
    )


def stopped_screen() -> Screen:
    """Confirm that nothing is pushed any more, and say what stays stored."""
    return Screen(
        ((text("stop.done"),), (text("stop.registrations"),)),
        (
            (action("menu.delete", Action.ASK_ERASURE),),
            (action("start.btn.news", Action.NEWS),),
            menu_row(),
        ),
    )
