"""The screen of a question: progress, question, statements, hint, buttons, always in that order.

Pure building: nothing is decided here about what an answer does (`conversations.answering`).
"""

from __future__ import annotations

from typing import assert_never

from conversations.content import Content
from conversations.dialogue import count_progress, order_options
from conversations.environment import Scene
from conversations.flow import Flow, Option, Spine, Step, StepKind
from conversations.incoming import AnswerButton
from conversations.screens import Block, Line, Numbered, Screen, ScreenButton
from conversations.session import Answer, Asking, OfferedOwn, OwnWords, Session, StopAsked
from conversations.texts import Joined, Plain, Text, text

#: What the buttons under a question do beside the options.
BACK, SKIP, PAUSE, DONE, YES, NO, STOP = "_back", "_skip", "_pause", "_done", "_yes", "_no", "_stop"

#: The codes of an open answer: whether it was written or spoken.
WRITTEN, SPOKEN = "text", "voice"
#: Stands for an answer of which nothing can be shown any more.
_NOTHING = Plain("–")

_HINTS = {
    StepKind.SINGLE: "ui.hint.single",
    StepKind.SINGLE_STATEMENTS: "ui.hint.single",
    StepKind.MULTI: "ui.hint.multi",
    StepKind.SCALE: "ui.hint.scale",
}


def question_screen(scene: Scene, session: Session, place: Asking) -> Screen:
    """Show an open question with the answer it already has, if any."""
    step = _get_step(scene.content, place.step)
    flow = scene.content.find_field(place.scope)
    options = order_options(step, session.seed)
    answer = session.answers.get((place.scope, place.step))
    blocks: list[Block] = []
    if flow is not None and flow.find_step(step.id) is not None:
        blocks.append(_progress(flow, session, step))
    blocks.append((*_echo(scene.content, session, place, step), question_text(scene, step, place.scope)))
    statements = tuple(
        Numbered(number, text(option.statement))
        for number, option in enumerate(options, 1)
        if option.statement is not None
    )
    if statements:
        blocks.append(statements)
    chosen = _chosen(step, answer) if not place.ticked else ()
    if chosen:
        blocks.append(chosen)
    hint = find_hint(step)
    if step.hint is not None:
        blocks.append((text(step.hint),))
    if hint is not None and (step.kind is StepKind.OPEN or hint not in session.hinted):
        blocks.append((text(hint, max=step.maximum) if step.kind is StepKind.MULTI else text(hint),))
    rows: list[tuple[ScreenButton, ...]] = [
        (_option_button(session, step, option, number, place.ticked),)
        for number, option in enumerate(options, 1)
    ]
    if step.kind is StepKind.MULTI:
        count = len(place.ticked)
        label = text("ui.btn.done_n", n=count) if count else text("ui.btn.done")
        rows.append((_control(session, step.id, DONE, label),))
    rows.append(_controls(session, step.id, text("ui.btn.skip" if answer is None else "ui.btn.continue")))
    return Screen(tuple(blocks), tuple(rows))


def own_words_screen(scene: Scene, session: Session, place: OwnWords) -> Screen:
    """Ask for the words behind the option `own`."""
    step = _get_step(scene.content, place.step)
    answer = session.answers.get((place.scope, place.step))
    blocks: list[Block] = [(question_text(scene, step, place.scope),)]
    onwards = text("ui.btn.skip")
    if answer is not None and (answer.words is not None or answer.has_voice):
        blocks.append((text("ui.chosen", options=Joined(describe_answer(step, answer))),))
        onwards = text("ui.btn.continue")
    blocks += [(text("ui.own.prompt"),), (text("ui.hint.open"),)]
    return Screen(tuple(blocks), (_controls(session, step.id, onwards),))


def offered_own_screen(scene: Scene, session: Session, place: OfferedOwn) -> Screen:
    """Ask whether something written or spoken on a closed question is the person's own answer."""
    step = _get_step(scene.content, place.question.step)
    said: Line = text("ui.answer.voice") if place.words is None else Plain(place.words)
    return Screen(
        (
            (question_text(scene, step, place.question.scope),),
            (said,),
            (text("ui.closed.as_own"),),
        ),
        (
            (_control(session, step.id, YES, text("ui.btn.yes")),),
            (_control(session, step.id, NO, text("ui.btn.no")),),
        ),
    )


def stop_asked_screen(session: Session, place: StopAsked) -> Screen:
    """Ask whether a stop word on an open question is the answer or a wish."""
    return Screen(
        ((text("stop.ask", word=place.words),),),
        (
            (_control(session, place.question.step, YES, text("stop.btn.answer")),),
            (_control(session, place.question.step, STOP, text("stop.btn.stop")),),
        ),
    )


def question_text(scene: Scene, step: Step, scope: str) -> Text:
    """Name the text of a question. The question about the forum (Fachforum) says when it is."""
    if step.spine is not Spine.FORUM:
        return text(step.question)
    forum = scene.programme.forums.get(scope)
    meeting = None if forum is None else forum.date
    if meeting is None:
        return text(step.question, forum_when=text("q.forum_when_open"))
    when = text(
        "q.forum_when_known", date_long=meeting.starts.date(), time=meeting.starts, place=meeting.where
    )
    return text(step.question, forum_when=when)


def describe_answer(step: Step, answer: Answer) -> tuple[Text | Plain, ...]:
    """Say an answer in texts: labels, the person's own words, or that it was skipped or spoken.

    Something is always said, also when the option is gone or the voice message has been deleted.
    """
    if answer.skipped:
        return (text("ui.answer.skipped"),)
    parts: list[Text | Plain] = []
    for code in answer.codes:
        option = step.find_option(code)
        if option is not None:
            parts.append(text(option.label))
    if answer.words is not None:
        parts.append(Plain(answer.words))
    if answer.voice is not None or answer.has_voice or answer.codes == (SPOKEN,):
        parts.append(text("ui.answer.voice"))
    return tuple(parts) or (_NOTHING,)


def find_hint(step: Step) -> str | None:
    """Find the key of the hint that explains this kind of question."""
    if step.kind is StepKind.OPEN:
        return "ui.hint.open"
    return _HINTS[step.kind]


def _get_step(content: Content, step_id: str) -> Step:
    step = content.find_step(step_id)
    if step is None:
        raise LookupError(f"no step {step_id!r}: the session was not reconciled")
    return step


def _progress(flow: Flow, session: Session, step: Step) -> Block:
    position, steps = count_progress(flow, session, step.id)
    progress = text("ui.progress", i=position, n=steps)
    if position == 1 and flow.intro is not None:
        return (progress, text(flow.intro))
    return (progress,)


def _echo(content: Content, session: Session, place: Asking, step: Step) -> tuple[Line, ...]:
    """Repeat the answer that this question refers to ("there", "in this area")."""
    if step.echo is None:
        return ()
    answer = session.answers.get((place.scope, step.echo))
    if answer is None or answer.skipped:
        return ()
    labels = describe_answer(_get_step(content, step.echo), answer)
    return (Joined(labels),)


def _chosen(step: Step, answer: Answer | None) -> Block:
    if answer is None:
        return ()
    return (text("ui.chosen", options=Joined(describe_answer(step, answer))),)


def _option_button(
    session: Session, step: Step, option: Option, number: int, ticked: tuple[str, ...]
) -> ScreenButton:
    match step.kind:
        case StepKind.MULTI:
            is_on = option.code in ticked
            press = AnswerButton(session.tag, session.visit, step.id, option.code, not is_on)
            return ScreenButton(text(option.label), press, ticked=is_on)
        case StepKind.SINGLE_STATEMENTS:
            press = AnswerButton(session.tag, session.visit, step.id, option.code)
            return ScreenButton(text(option.label), press, None if option.statement is None else number)
        case StepKind.SINGLE | StepKind.SCALE:
            return ScreenButton(
                text(option.label), AnswerButton(session.tag, session.visit, step.id, option.code)
            )
        case StepKind.OPEN:
            raise ValueError(f"the open step {step.id!r} has options")
        case _:
            assert_never(step.kind)


def _control(session: Session, step_id: str, option: str, label: Text) -> ScreenButton:
    return ScreenButton(label, AnswerButton(session.tag, session.visit, step_id, option))


def _controls(session: Session, step_id: str, onwards: Text) -> tuple[ScreenButton, ...]:
    """Back, skip, pause. Where there is an answer already, the way on says so and keeps it."""
    return (
        _control(session, step_id, BACK, text("ui.btn.back")),
        _control(session, step_id, SKIP, onwards),
        _control(session, step_id, PAUSE, text("ui.btn.stop")),
    )
