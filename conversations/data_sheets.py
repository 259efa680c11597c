"""The pages about a person's own data: what is stored, and having it erased (Löschung)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conversations.environment import Scene
from conversations.flow import PROFILE
from conversations.incoming import Action
from conversations.person import Attendance
from conversations.programme import Reply
from conversations.questions import describe_answer
from conversations.screens import Block, Line, Screen, ScreenButton, action, menu_row
from conversations.texts import Joined, text
from conversations.themes import in_order, theme_label
from conversations.topic_sheets import field_name, list_reviewed
from conversations.town_sheets import list_topics


def my_data_screen(scene: Scene) -> Screen:
    """Say in words everything that is stored about this person (Art. 15 GDPR)."""
    person = scene.person
    blocks: list[Block] = [(text("privacy.mydata"),), _stored_facts(scene), *_stored_answers(scene)]
    if not scene.environment.are_answers_linked:
        blocks.append((text("mydata.frozen"),))
    elif person.session is None or len(blocks) == 2:
        blocks.append((text("mydata.none"),))
    rows: list[tuple[ScreenButton, ...]] = []
    if person.session is not None and list_reviewed(scene, person.session, PROFILE):
        rows.append((action("end.btn.profile", Action.REVIEW, PROFILE),))
    rows += [
        (action("mydata.btn.file", Action.DATA_FILE),),
        (action("menu.delete", Action.ASK_ERASURE),),
        menu_row(),
    ]
    return Screen(tuple(blocks), tuple(rows))


def ask_erasure_screen() -> Screen:
    """Ask once before everything is erased."""
    return Screen(
        ((text("consent.delete_ask"),),),
        ((action("consent.btn.delete", Action.ERASE),), (action("ui.btn.no", Action.MENU),)),
    )


def erased_screen(scene: Scene) -> Screen:
    """Confirm the erasure, and say what remains where."""
    if not scene.environment.are_answers_linked:
        return Screen(((text("consent.frozen"),),))
    return Screen(((text("consent.withdrawn", backup_days=scene.content.town.backup_days),),))


def _stored_facts(scene: Scene) -> Block:
    person = scene.person
    own_name = next(
        (language.own_name for language in scene.environment.languages if language.code == person.language),
        person.language or "–",
    )
    lines: list[Line] = [text("mydata.language", language_name=own_name), text("mydata.chat")]
    if person.answer_consent is not None:
        consent = person.answer_consent
        lines.append(text("mydata.consent_answers", date=consent.day, version=consent.version))
    if person.message_consent is not None:
        consent = person.message_consent
        lines.append(text("mydata.consent_reminders", date=consent.day, version=consent.version))
    topics = [topic for topic in list_topics(scene) if topic in person.subscriptions]
    if topics:
        names = Joined(tuple(text(f"sub.{topic}") for topic in topics))
        lines.append(text("mydata.subscriptions", topics=names))
    themes = in_order(scene.content, person.followed)
    if themes:
        labels = Joined(tuple(theme_label(scene.content, theme) for theme in themes))
        lines.append(text("mydata.follows", list=labels))
    return (*lines, *_attendance(scene))


def _attendance(scene: Scene) -> Iterator[Line]:
    """Say for which forums somebody is registered, cannot come, or needs interpreting."""
    said: dict[str, Callable[[Attendance], bool]] = {
        "mydata.coming": lambda attendance: attendance.reply is Reply.COMING,
        "mydata.not_coming": lambda attendance: attendance.reply is Reply.NOT_COMING,
        "mydata.interpreter": lambda attendance: attendance.wants_interpreter,
    }
    for key, holds in said.items():
        topics = [topic for topic in list_topics(scene) if holds(scene.person.attendance_of(topic))]
        if topics:
            yield text(key, topics=Joined(tuple(text(f"sub.{topic}") for topic in topics)))


def _stored_answers(scene: Scene) -> list[Block]:
    session = scene.person.session
    if session is None:
        return []
    blocks: list[Block] = []
    for scope in (PROFILE, *scene.content.field_codes):
        listed = list_reviewed(scene, session, scope)
        if not listed:
            continue
        flow = scene.content.find_field(scope)
        title = (
            text("mydata.about_you") if flow is None else text("mydata.answers", field_name=field_name(flow))
        )
        lines: list[Line] = [title]
        for answer_scope, step in listed:
            described = describe_answer(step, session.answers[(answer_scope, step.id)])
            lines.append(Joined(described))
        blocks.append(tuple(lines))
    return blocks
