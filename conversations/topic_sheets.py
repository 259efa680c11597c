"""The pages around a topic: choosing one, resuming, the end, the review of one's own answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from conversations.dialogue import list_steps
from conversations.environment import Scene
from conversations.flow import PROFILE, Flow, Spine, Step
from conversations.incoming import Action, ActionButton
from conversations.phases import FieldState, field_state
from conversations.programme import Forum
from conversations.questions import describe_answer, question_text
from conversations.screens import Block, Line, Numbered, Screen, ScreenButton, action, menu_row
from conversations.session import Question, Session
from conversations.texts import Joined, Plain, Text, text
from conversations.themes import offered_themes

#: The shared questions, by what they are for.
ROLE, NEEDS, PRIORITY, COMMENT = "prof_role", "forum_needs", "prio_field", "x_comment"
#: The questions of the short profile that are asked after a topic, in order.
SHORT_PROFILE = ("prof_years", "prof_age", "prof_district")
#: The answer to the forum question that asks for an invitation.
INVITE = "invite"
#: What a button shows of a person's own words.
_MAX_OWN_WORDS_CHARS = 24


def topics_screen(scene: Scene) -> Screen:
    """Offer the five topics in the official order, with what is done and what is open."""
    session = scene.person.session
    blocks: list[Block] = [(text("topics.title"),)]
    if session is not None:
        lines: list[Line] = []
        done = [flow for flow in scene.content.fields if flow.scope in session.finished]
        started = [flow for flow in scene.content.fields if is_started(flow, session)]
        if done:
            lines.append(text("pl.topics_done", count=len(done)))
            lines.append(text("topics.done_list", topics=_names(done)))
        if started:
            lines.append(text("topics.open_list", topics=_names(started)))
        if lines:
            blocks.append(tuple(lines))
    unopened = tuple(_list_unopened(scene))
    if unopened:
        blocks.append(unopened)
    rows: list[tuple[ScreenButton, ...]] = []
    for flow in scene.content.fields:
        is_done = session is not None and flow.scope in session.finished
        if not is_done and not is_scope_open(scene, flow.scope):
            continue
        press = ActionButton(Action.FIELD, flow.scope)
        rows.append((ScreenButton(field_name(flow), press, ticked=is_done),))
    if not rows:
        blocks = blocks[1:]  # there is nothing to choose
    return Screen(tuple(blocks) or ((text("err.closed"),),), (*rows, menu_row()))


def again_screen(scene: Scene, field_code: str) -> Screen:
    """Say that a topic is answered already; starting again replaces the answers."""
    flow = _get_field(scene, field_code)
    return Screen(
        ((field_name(flow), text("ui.again")),),
        (
            (action("end.btn.review", Action.REVIEW, field_code),),
            (action("ui.btn.restart", Action.RESTART, _restart(scene, field_code)),),
            (action("menu.topics", Action.TOPICS),),
        ),
    )


def resume_screen(scene: Scene, field_code: str) -> Screen:
    """Offer to go on with a topic that was begun, at the next open question."""
    flow = _get_field(scene, field_code)
    return Screen(
        ((field_name(flow), text("ui.resume")),),
        (
            (action("ui.btn.continue", Action.RESUME, field_code),),
            (action("end.btn.review", Action.REVIEW, field_code),),
            (action("ui.btn.restart", Action.RESTART, _restart(scene, field_code)),),
            menu_row(),
        ),
    )


def paused_screen(scene: Scene) -> Screen:
    """Say that the answers are stored and how to go on."""
    return Screen(
        ((text("ui.paused"),),),
        ((action("ui.btn.continue", Action.BACK_TO_QUESTION),), menu_row()),
    )


def thanks_screen(scene: Scene, field_code: str) -> Screen:
    """Thank for a topic, say what happens with the answers, and offer what may follow."""
    session = _get_session(scene)
    flow = _get_field(scene, field_code)
    forum = scene.programme.forums.get(field_code)
    blocks: list[Block] = [(text(_thanks_key(forum, scene.now)),)]
    if session.finished[:1] == (field_code,) and len(session.finished) == 1:
        blocks.append((text("end.expect"),))
    rows: list[tuple[ScreenButton, ...]] = [(action("end.btn.review", Action.REVIEW, field_code),)]
    if set(scene.content.field_codes) - set(session.finished):
        rows.append((action("end.btn.next", Action.TOPICS),))
    if find_shared_step(scene, COMMENT) is not None:
        rows.append((action("end.btn.comment", Action.COMMENT, field_code),))
    is_forum_to_come = forum is None or forum.is_to_come(scene.now)
    if is_forum_to_come and is_invited(flow, session) and find_shared_step(scene, NEEDS) is not None:
        rows.append((action("end.btn.needs", Action.NEEDS, field_code),))
    is_priority_open = (PROFILE, PRIORITY) not in session.answers
    if len(session.finished) > 1 and is_priority_open and find_shared_step(scene, PRIORITY) is not None:
        rows.append((action("end.btn.prio", Action.PRIORITY),))
    if find_open_profile_step(scene, session) is not None:
        rows.append((action("end.btn.profile", Action.PROFILE),))
    rows.append((action("end.btn.events", Action.EVENTS),))
    return Screen(tuple(blocks), (*rows, menu_row()))


def review_screen(scene: Scene, scope: str) -> Screen:
    """Show all own answers of a topic, or about oneself; a tap on a question changes its answer."""
    session = _get_session(scene)
    listed = list_reviewed(scene, session, scope)
    flow = scene.content.find_field(scope)
    is_open = not scene.closed and is_scope_open(scene, scope)
    name: Text = text("mydata.about_you") if flow is None else field_name(flow)
    title: Block = (text("ui.review.title"), name) if flow is not None else (name,)
    blocks: list[Block] = [title]
    rows: list[tuple[ScreenButton, ...]] = []
    for number, (answer_scope, step) in enumerate(listed, 1):
        answer = session.answers[(answer_scope, step.id)]
        parts = describe_answer(step, answer)
        blocks.append((Numbered(number, question_text(scene, step, answer_scope)), Joined(parts)))
        if is_open and step.enabled and is_scope_open(scene, answer_scope):
            press = ActionButton(Action.EDIT, f"{answer_scope}.{step.id}")
            rows.append((ScreenButton(_shorten(parts[0]), press, number=number),))
    if is_open and rows:
        blocks.append((text("ui.review.hint"),))
    if flow is not None and flow.scope in session.finished:
        rows.append((action("ui.review.ok", Action.THANKS, scope),))
    elif flow is not None and is_started(flow, session) and is_open:
        rows.append((action("ui.btn.continue", Action.RESUME, scope),))
    is_asked_anyway = scope in session.finished and scope not in session.follow_asked
    if offered_themes(scene, scope) and not is_asked_anyway:
        rows.append((action("follow.btn.more", Action.FOLLOW, scope),))
    return Screen(tuple(blocks), (*rows, menu_row()))


def profile_intro_screen() -> Screen:
    """Ask whether a few short questions about the person are welcome."""
    return Screen(
        ((text("prof.intro"),),),
        ((action("ui.btn.yes", Action.PROFILE_START),), (action("ui.btn.skip", Action.TOPICS),)),
    )


def closed_screen(scene: Scene, field_code: str = "") -> Screen:
    """Say that the questions are closed, all or those of one topic, and what goes on."""
    rows: tuple[tuple[ScreenButton, ...], ...] = (
        (action("menu.events", Action.EVENTS),),
        (action("menu.reminders", Action.REMINDERS),),
        menu_row(),
    )
    flow, forum = scene.content.find_field(field_code), scene.programme.forums.get(field_code)
    if flow is None or forum is None or scene.closed:
        return Screen(((text("err.closed"),),), rows)
    said = text("topics.field_closed")
    if field_state(forum, scene.environment.today) is FieldState.NOT_YET and forum.opens is not None:
        said = text("topics.field_not_yet", date=forum.opens)
    session = scene.person.session
    if session is not None and list_reviewed(scene, session, field_code):
        rows = ((action("end.btn.review", Action.REVIEW, field_code),), *rows)
    return Screen(((field_name(flow), said),), ((action("menu.topics", Action.TOPICS),), *rows))


def field_name(flow: Flow) -> Text:
    """Name a field of action (Handlungsfeld)."""
    if flow.name is None:
        raise ValueError(f"the flow {flow.scope!r} is not a field")
    return text(flow.name)


def is_started(flow: Flow, session: Session) -> bool:
    """Tell whether a topic has answers but is not finished."""
    has_answers = any((flow.scope, step.id) in session.answers for step in flow.steps)
    return has_answers and flow.scope not in session.finished


def find_open_profile_step(scene: Scene, session: Session) -> Step | None:
    """Find the first question of the short profile that is switched on and not answered."""
    for step_id in SHORT_PROFILE:
        step = find_shared_step(scene, step_id)
        if step is not None and (PROFILE, step_id) not in session.answers:
            return step
    return None


def find_shared_step(scene: Scene, step_id: str) -> Step | None:
    """Find a question of the profile, unless the town has taken it out or switched it off."""
    step = scene.content.profile.find_step(step_id)
    return step if step is not None and step.enabled else None


def needs_scope(field_code: str) -> str:
    """Name the scope of what a person needs for the forum (Fachforum) of a field."""
    return f"forum_{field_code}"


def list_reviewed(scene: Scene, session: Session, scope: str) -> list[tuple[str, Step]]:
    """List the answered questions of a topic, or about oneself, with the scope of each answer."""
    flow = scene.content.find_field(scope)
    if flow is None:
        wanted = [(PROFILE, step) for step in scene.content.profile.steps]
    else:
        asked = list_steps(flow, session)  # what is switched off asks nobody, and can still be read
        wanted = [(scope, step) for step in flow.steps if step in asked or not step.enabled]
        for extra_scope, step_id in ((scope, COMMENT), (needs_scope(scope), NEEDS)):
            step = scene.content.profile.find_step(step_id)
            if step is not None:
                wanted.append((extra_scope, step))
    return [(where, step) for where, step in wanted if (where, step.id) in session.answers]


def is_invited(flow: Flow, session: Session) -> bool:
    """Tell whether a person asked to be invited to the forum (Fachforum) of a field."""
    return any(
        step.spine is Spine.FORUM and answer.codes == (INVITE,)
        for step in flow.steps
        if (answer := session.answers.get((flow.scope, step.id))) is not None
    )


def _list_unopened(scene: Scene) -> Iterator[Text]:
    """Say which topics begin later, each with its day, and which are over."""
    closed = []
    for flow in scene.content.fields:
        forum = scene.programme.forums.get(flow.scope)
        state = field_state(forum, scene.environment.today)
        if state is FieldState.NOT_YET and forum is not None and forum.opens is not None:
            yield text("topics.not_yet", date=forum.opens, topics=_names([flow]))
        elif state is FieldState.CLOSED:
            closed.append(flow)
    if closed:
        yield text("topics.closed", topics=_names(closed))


def is_question_open(scene: Scene, question: Question) -> bool:
    """Tell whether a question takes an answer today."""
    return not scene.closed and is_scope_open(scene, question.scope)


def is_scope_open(scene: Scene, scope: str) -> bool:
    """Tell whether questions of a scope take answers: of an open topic, or about a forum to come.

    Those about the person always do.
    """
    forum = scene.programme.find_forum(scope)
    if forum is not None:
        return forum.is_to_come(scene.now)
    return field_state(scene.programme.forums.get(scope), scene.environment.today) is FieldState.OPEN


def _thanks_key(forum: Forum | None, now: dt.datetime) -> str:
    """Choose the thanks: before the forum (Fachforum) of the field, after it, or without one."""
    if forum is None or forum.is_to_come(now):
        return "end.thanks"
    return "end.thanks_no_forum" if forum.cancellation is not None else "end.thanks_late"


def _names(flows: list[Flow]) -> Joined:
    return Joined(tuple(field_name(flow) for flow in flows))


def _shorten(part: Text | Plain) -> Text | Plain:
    if isinstance(part, Text) or len(part.words) <= _MAX_OWN_WORDS_CHARS:
        return part
    return Plain(" ".join(part.words[:_MAX_OWN_WORDS_CHARS].split()) + "…")


def _restart(scene: Scene, field_code: str) -> str:
    """Bind a restart to this showing, so that a press repeated later wipes nothing."""
    return f"{field_code}.{_get_session(scene).visit}"


def _get_session(scene: Scene) -> Session:
    if scene.person.session is None:
        raise LookupError("this page is for people who take part")
    return scene.person.session


def _get_field(scene: Scene, field_code: str) -> Flow:
    flow = scene.content.find_field(field_code)
    if flow is None:
        raise LookupError(f"no field {field_code!r}")
    return flow
