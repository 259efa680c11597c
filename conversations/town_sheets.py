"""The pages about the process: subscriptions, the plan, privacy in full, help."""

from __future__ import annotations

from conversations.environment import Scene
from conversations.incoming import Action, ActionButton
from conversations.phases import Phase, find_phase
from conversations.programme import GENERAL_TOPICS, forum_topic
from conversations.screens import Screen, ScreenButton, action, menu_row
from conversations.texts import Joined, Text, text
from conversations.themes import may_follow

#: Said of the menu that follows on the end of all messages: registrations went with them.
MESSAGES_ENDED = "ended"
#: The sections of the privacy notice (Art. 13 GDPR), in the order of the notice.
PRIVACY_SECTIONS = (
    "controller",
    "dpo",
    "data",
    "purpose",
    "legal",
    "voice",
    "telegram",
    "recipients",
    "storage",
    "rights",
    "complaint",
    "voluntary",
    "imprint",
)


def reminders_screen(scene: Scene) -> Screen:
    """Show the subscriptions as toggles. Their state is said in words, not by the tick alone."""
    topics = list_topics(scene)
    chosen = [topic for topic in topics if topic in scene.person.subscriptions]
    state = (
        text("sub.on_list", topics=Joined(tuple(text(f"sub.{topic}") for topic in chosen)))
        if chosen
        else text("sub.none_on")
    )
    rows: list[tuple[ScreenButton, ...]] = []
    for topic in topics:
        is_on = topic in chosen
        press = ActionButton(Action.UNSUBSCRIBE if is_on else Action.SUBSCRIBE, topic)
        rows.append((ScreenButton(text(f"sub.{topic}"), press, ticked=is_on),))
    if may_follow(scene):
        rows.append((action("follow.btn.list", Action.FOLLOWED),))
    return Screen(
        ((text("sub.title"),), (state,), (text("sub.limits"),)),
        (*rows, menu_row(), (action("sub.btn.all_off", Action.ALL_OFF),)),
    )


def about_screen(scene: Scene) -> Screen:
    """Explain the plan, how far it is, and what comes next."""
    phase = find_phase(scene.programme, scene.now)
    about = text(
        "sys.about", phase_line=text(f"phase.{phase.value}"), council_line=_council_line(scene, phase)
    )
    return Screen(
        ((about,),),
        (
            (action("menu.topics", Action.TOPICS),),
            (action("menu.events", Action.EVENTS),),
            menu_row(),
        ),
    )


def _council_line(scene: Scene, phase: Phase) -> Text:
    council = scene.programme.council
    if phase is Phase.DECIDED and council.decided_day is not None:
        return text("about.council_was", date=council.decided_day)
    if council.meeting is not None and council.meeting.is_over(scene.now):
        return text("about.council_past", date=council.meeting.starts.date())
    when = text("events.when_open") if council.meeting is None else council.meeting.starts.date()
    key = "about.council_next" if phase is Phase.COUNCIL else "about.council_later"
    return text(key, council_when=when)


def privacy_screen(scene: Scene) -> Screen:
    """Show the short privacy notice (Datenschutz) and a button for each section of the long one."""
    town = scene.content.town
    title = text("pn.title", pn_version=town.notice_version, pn_date=town.notice_date)
    rows = [(action(f"pn.btn.{section}", Action.PRIVACY_SECTION, section),) for section in PRIVACY_SECTIONS]
    is_new = scene.person.session is None and not scene.closed
    way_on = ((action("start.btn.say", Action.SAY),) if is_new else (action("menu.mydata", Action.MY_DATA),),)
    return Screen(
        ((title,), (text("privacy.short"),), (text("pn.german_counts"),)),
        (*rows, *way_on, menu_row()),
    )


def privacy_section_screen(section: str) -> Screen:
    """Show one section of the privacy notice, with the way to the next and back to all."""
    position = PRIVACY_SECTIONS.index(section)
    rows: list[tuple[ScreenButton, ...]] = []
    if position + 1 < len(PRIVACY_SECTIONS):
        following = PRIVACY_SECTIONS[position + 1]
        rows.append((action(f"pn.btn.{following}", Action.PRIVACY_SECTION, following),))
    rows.append((action("ui.btn.back", Action.PRIVACY),))
    return Screen(((text(f"pn.{section}"),),), (*rows, menu_row()))


def help_screen() -> Screen:
    """List what the bot can do, where there is help from people, and the way without Telegram."""
    return Screen(((text("help.text"),), (text("help.no_advice"),), (text("help.alt"),)), (menu_row(),))


def list_topics(scene: Scene) -> tuple[str, ...]:
    """List what can be subscribed to: the forum of each field, then the draft, council, results."""
    return (*(forum_topic(code) for code in scene.content.field_codes), *GENERAL_TOPICS)
