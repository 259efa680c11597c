"""What an answer does: it is recorded, answers that no longer apply go, the next question comes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from conversations.dialogue import find_open_step, find_orphans, find_step_before, known_codes, order_options
from conversations.environment import Scene
from conversations.events import (
    AnswerRecorded,
    AnswersDropped,
    Change,
    Placement,
    Subscribed,
    Unsubscribed,
)
from conversations.flow import LONE_CODES, PROFILE, Flow, Spine, Step, StepKind
from conversations.incoming import Voice
from conversations.programme import forum_topic
from conversations.questions import SPOKEN, WRITTEN, describe_answer, find_hint
from conversations.session import (
    OWN,
    SKIPPED,
    Answer,
    AnswerKey,
    Asking,
    OfferedOwn,
    OwnWords,
    Place,
    Question,
    Session,
    Sheet,
    SheetName,
)
from conversations.texts import Joined, Text, text
from conversations.topic_sheets import (
    COMMENT,
    INVITE,
    NEEDS,
    ROLE,
    SHORT_PROFILE,
    find_open_profile_step,
    is_invited,
    is_scope_open,
    needs_scope,
)
from conversations.turn import Turn, closed_sheet, pop_up, show, show_again

#: The longest text that is stored, in characters (content, `err.too_long`).
MAX_WORDS_CHARS = 1000
#: The longest voice message that is stored (issue: OGG of at most 60 seconds).
MAX_VOICE_SECONDS = 60
#: The largest voice message that is fetched: 60 s of Opus at 64 kbit/s, doubled.
MAX_VOICE_BYTES = 1_000_000
#: What Telegram's own apps record; some send no type along (Bot API 10.0, "Voice").
VOICE_TYPES = frozenset({"audio/ogg", ""})
#: The answer that asks for the result of a forum only, and what it switches on.
INFO_ONLY, RESULTS_TOPIC = "info_only", "results"


def choose(scene: Scene, place: Asking, step: Step, option: str, placement: Placement) -> Turn:
    """Record one option of a closed question. The option `own` then asks for the words."""
    earlier = _session(scene).answers.get((place.scope, step.id))
    if option == OWN and earlier is not None and OWN in earlier.codes:
        return show(scene, OwnWords(place.scope, step.id, place.revising), placement)
    return record(scene, place, step, Answer((option,)), placement)


def tick(scene: Scene, place: Asking, step: Step, option: str, *, switched_on: bool) -> Turn:
    """Set or take away one mark of a multiple choice. Nothing is stored before "done"."""
    ticked = tuple(code for code in place.ticked if code != option)
    if switched_on:
        if option in LONE_CODES:
            ticked = (option,)
        else:
            ticked = (*(code for code in ticked if code not in LONE_CODES), option)
        if len(ticked) > step.maximum:
            return pop_up(scene, text("ui.multi.limit", max=step.maximum))
    session = replace(_session(scene), place=replace(place, ticked=ticked))
    return show_again(_with_session(scene, session), Placement.IN_PLACE)


def finish_ticking(scene: Scene, place: Asking, step: Step) -> Turn:
    """Record the marks of a multiple choice."""
    if not place.ticked:
        return pop_up(scene, text("err.use_buttons"))
    answer = Answer(place.ticked)
    earlier = _session(scene).answers.get((place.scope, step.id))
    if OWN in place.ticked and earlier is not None and OWN in earlier.codes:
        answer = replace(earlier, codes=place.ticked)
    return record(scene, place, step, answer, Placement.IN_PLACE)


def skip(scene: Scene, place: Question, step: Step, placement: Placement) -> Turn:
    """Pass a question over. An answer that is there already stays, and so does the code `own`."""
    if isinstance(place, OwnWords) or (place.scope, step.id) in _session(scene).answers:
        return advance(scene, place, step, placement)
    return record(scene, place, step, Answer((SKIPPED,)), placement)


def go_back(scene: Scene, place: Question, step: Step) -> Turn:
    """Go to the question before; from the first one to the topics, from a revision to the review."""
    session = _session(scene)
    if isinstance(place, OwnWords):
        return ask(scene, place.scope, step, Placement.IN_PLACE, revising=place.revising)
    if place.revising:
        return show(scene, Sheet(SheetName.REVIEW, _field_of(scene, place.scope)), Placement.IN_PLACE)
    flow = scene.content.find_field(place.scope)
    if flow is not None and flow.find_step(step.id) is not None:
        before = find_step_before(flow, session, step.id)
        if before is not None:
            return ask(scene, place.scope, before, Placement.IN_PLACE)
        return show(_uncovered(scene), Sheet(SheetName.TOPICS), Placement.IN_PLACE)
    return show(_uncovered(scene), _after_shared_question(scene, place.scope, step), Placement.IN_PLACE)


def write_or_speak(
    scene: Scene, place: Question, step: Step, words: str | None, voice: Voice | None, message: str
) -> Turn:
    """Take words or a voice message as the answer to an open question, or as an own answer."""
    refusal = refuse(words, voice)
    if refusal is not None:
        scene = _with_session(scene, replace(_session(scene), refused=message))
        return show_again(scene, Placement.BELOW, refusal)
    if isinstance(place, OwnWords):
        earlier = _session(scene).answers.get((place.scope, step.id), Answer((OWN,)))
        answer = Answer(earlier.codes, words, voice, message=message)
        return record(scene, place, step, answer, Placement.BELOW, text("ui.saved"))
    if step.kind is StepKind.OPEN:
        answer = Answer((WRITTEN if voice is None else SPOKEN,), words, voice, message=message)
        return record(scene, place, step, answer, Placement.BELOW, text("ui.saved"))
    numbered = None if words is None else _find_numbered(scene, step, words)
    if numbered is not None:
        return choose(scene, place, step, numbered, Placement.BELOW)
    if step.find_option(OWN) is None:
        return show_again(scene, Placement.BELOW, text("err.use_buttons"))
    return show(scene, OfferedOwn(place, words, voice, message), Placement.BELOW)


def accept_offered(scene: Scene, place: OfferedOwn, step: Step) -> Turn:
    """Store what was written or spoken on a closed question as the person's own answer."""
    question = place.question
    codes: tuple[str, ...] = (OWN,)
    kept = tuple(code for code in question.ticked if code not in LONE_CODES and code != OWN)
    if step.kind is StepKind.MULTI:
        codes = (*kept[: step.maximum - 1], OWN)
    answer = Answer(codes, place.words, place.voice, message=place.message)
    notice: Text | None = None
    if len(kept) >= step.maximum > 1:  # a mark had to go: say what is stored
        notice = text("ui.chosen", options=Joined(describe_answer(step, answer)))
    return record(scene, replace(question, ticked=()), step, answer, Placement.IN_PLACE, notice)


def refuse(words: str | None, voice: Voice | None) -> Text | None:
    """Say why words or a voice message cannot be stored, if they cannot."""
    if words is not None and len(words) > MAX_WORDS_CHARS:
        return text("err.too_long")
    if voice is None:
        return None
    if voice.duration_seconds > MAX_VOICE_SECONDS or voice.size_bytes > MAX_VOICE_BYTES:
        return text("err.voice_long")
    return None if voice.mime_type in VOICE_TYPES else text("err.voice_bad")


def record(
    scene: Scene,
    place: Question,
    step: Step,
    answer: Answer,
    placement: Placement,
    notice: Text | None = None,
) -> Turn:
    """Record an answer, drop those it makes void, and go on."""
    earlier = _session(scene).answers.get((place.scope, step.id))
    session = replace(_session(scene), refused="").with_answer(place.scope, step.id, answer)
    hint = find_hint(step)
    if hint is not None and hint not in session.hinted:
        session = replace(session, hinted=(*session.hinted, hint))
    changes: list[Change] = [AnswerRecorded(place.scope, step.id, answer)]
    flow = scene.content.find_field(place.scope)
    if flow is not None:
        session = replace(session, versions={**session.versions, flow.scope: flow.version})
    orphans = _find_void(scene, session)
    if orphans:
        session = session.without_answers(orphans)
        changes.append(AnswersDropped(orphans))
        notice = text("ui.branch_changed")
    session = _reopen(scene, session, {place.scope, *(scope for scope, _ in orphans)})
    scene = _with_session(scene, session)
    wants_words = OWN in answer.codes and not (answer.words or answer.voice or answer.has_voice)
    if wants_words and isinstance(place, Asking):
        target = OwnWords(place.scope, step.id, place.revising)
        return show(scene, target, placement, changes=changes, notice=notice)
    if step.spine is Spine.FORUM and flow is not None:
        scene = _undo_invitation(scene, flow, earlier, answer, changes)
        return _answer_invitation(scene, flow, place, step, answer, changes, placement, notice)
    return advance(scene, place, step, placement, changes, notice)


def advance(
    scene: Scene,
    place: Question,
    step: Step,
    placement: Placement,
    changes: Sequence[Change] = (),
    notice: Text | None = None,
) -> Turn:
    """Go to what follows a question: the next open one, the end of the topic, or the review."""
    session = _session(scene)
    flow = scene.content.find_field(place.scope)
    in_flow = flow is not None and flow.find_step(step.id) is not None
    following = find_open_step(flow, session) if flow is not None and in_flow else None
    if place.revising and following is None:
        scope = _field_of(scene, place.scope)
        return show(
            _uncovered(scene),
            Sheet(SheetName.REVIEW, scope),
            placement,
            changes=changes,
            notice=notice,
        )
    if flow is not None and in_flow:
        if following is not None:
            return ask(scene, flow.scope, following, placement, changes=changes, notice=notice)
        return show(
            _uncovered(_finish(scene, flow)),
            Sheet(SheetName.THANKS, flow.scope),
            placement,
            changes=changes,
            notice=notice,
        )
    if step.id == ROLE and session.wanted:
        return open_wanted(scene, placement, changes)
    following = find_open_profile_step(scene, session) if step.id in SHORT_PROFILE else None
    if following is not None:
        return ask(scene, PROFILE, following, placement, changes=changes, notice=notice)
    target = _after_shared_question(scene, place.scope, step)
    return show(_uncovered(scene), target, placement, changes=changes, notice=notice)


def ask(
    scene: Scene,
    scope: str,
    step: Step,
    placement: Placement,
    *,
    revising: bool = False,
    changes: Sequence[Change] = (),
    notice: Text | None = None,
) -> Turn:
    """Ask a question. A multiple choice opens with the marks it was stored with."""
    answer = _session(scene).answers.get((scope, step.id))
    ticked: tuple[str, ...] = ()
    if step.kind is StepKind.MULTI and answer is not None:
        ticked = known_codes(step, answer.codes)
    place = Asking(scope, step.id, ticked, revising)
    return show(scene, place, placement, changes=changes, notice=notice)


def open_wanted(scene: Scene, placement: Placement, changes: Sequence[Change] = ()) -> Turn:
    """Open the field that was wanted before the role was known."""
    session = _session(scene)
    flow = scene.content.find_field(session.wanted)
    scene = _with_session(scene, replace(session, wanted=""))
    step = None if flow is None else find_open_step(flow, session)
    if flow is None:
        return show(_uncovered(scene), Sheet(SheetName.TOPICS), placement, changes=changes)
    if not is_scope_open(scene, flow.scope):  # it has closed while something else was asked
        return show(_uncovered(scene), closed_sheet(scene, flow.scope), placement, changes=changes)
    if step is None:
        scene = _uncovered(_finish(scene, flow))
        return show(scene, Sheet(SheetName.THANKS, flow.scope), placement, changes=changes)
    return ask(scene, flow.scope, step, placement, changes=changes)


def _answer_invitation(
    scene: Scene,
    flow: Flow,
    place: Question,
    step: Step,
    answer: Answer,
    changes: list[Change],
    placement: Placement,
    notice: Text | None,
) -> Turn:
    """Switch on what the answer to the invitation asks for, after consent 2 where it is missing."""
    person, wanted = scene.person, _switched_on(flow, answer)
    if wanted is None or wanted in person.subscriptions:
        return advance(scene, place, step, placement, changes, notice)
    if person.message_consent is not None:
        changes.append(Subscribed(wanted))
        person = replace(person, subscriptions=person.subscriptions | {wanted})
        scene = replace(scene, person=person)
        return advance(scene, place, step, placement, changes, notice or text("sub.saved"))
    if find_open_step(flow, _session(scene)) is None:
        scene = _finish(scene, flow)
    argument = f"{wanted}.{flow.scope}"
    return show(
        _uncovered(scene),
        Sheet(SheetName.CONSENT_MESSAGES, argument),
        placement,
        changes=changes,
        notice=notice,
    )


def _undo_invitation(
    scene: Scene, flow: Flow, earlier: Answer | None, answer: Answer, changes: list[Change]
) -> Scene:
    """Switch off what the answer before had switched on, and nothing that was chosen elsewhere."""
    gone = None if earlier is None else _switched_on(flow, earlier)
    if gone is None or gone == _switched_on(flow, answer) or gone not in scene.person.subscriptions:
        return scene
    changes.append(Unsubscribed(frozenset({gone})))
    person = replace(scene.person, subscriptions=scene.person.subscriptions - {gone})
    return replace(scene, person=person)


def _switched_on(flow: Flow, answer: Answer) -> str | None:
    """Name the subscription that an answer to the invitation asks for."""
    return {INVITE: forum_topic(flow.scope), INFO_ONLY: RESULTS_TOPIC}.get(answer.codes[0])


def _find_numbered(scene: Scene, step: Step, words: str) -> str | None:
    """Find the option that a digit, in any script, stands for: a point of a scale or a statement."""
    digit = unicodedata.decimal(words.strip(), None) if len(words.strip()) == 1 else None
    if digit is None:
        return None
    if step.kind is StepKind.SCALE and step.find_option(f"s{digit}") is not None:
        return f"s{digit}"
    options = order_options(step, _session(scene).seed)
    if step.kind is StepKind.SINGLE_STATEMENTS and 1 <= digit <= len(options):
        chosen = options[digit - 1]
        return None if chosen.statement is None else chosen.code
    return None


def _find_void(scene: Scene, session: Session) -> frozenset[AnswerKey]:
    """Find the answers of all topics that no longer apply. The role decides about several topics."""
    void: set[AnswerKey] = set()
    for flow in scene.content.fields:
        void |= find_orphans(flow, session)
        needs = (needs_scope(flow.scope), NEEDS)
        if needs in session.answers and not is_invited(flow, session):
            void.add(needs)
    if not void:
        return frozenset()
    # Without these, others may no longer apply either.
    return frozenset(void) | _find_void(scene, session.without_answers(frozenset(void)))


def _reopen(scene: Scene, session: Session, scopes: set[str]) -> Session:
    """Take topics off the list of finished ones that have an open question after a change."""
    reopened = {
        flow.scope
        for flow in scene.content.fields
        if flow.scope in scopes and find_open_step(flow, session) is not None
    }
    return replace(session, finished=tuple(code for code in session.finished if code not in reopened))


def _finish(scene: Scene, flow: Flow) -> Scene:
    session = _session(scene)
    if flow.scope in session.finished:
        return scene
    return _with_session(scene, replace(session, finished=(*session.finished, flow.scope)))


def _after_shared_question(scene: Scene, scope: str, step: Step) -> Place:
    """Find where a question outside the fields leads: to the end of its topic, or to the topics."""
    session = _session(scene)
    field = _field_of(scene, scope) if step.id in (COMMENT, NEEDS) else ""
    if not field and session.finished and step.id != ROLE:
        field = session.finished[-1]
    return Sheet(SheetName.THANKS, field) if field in session.finished else Sheet(SheetName.TOPICS)


def _field_of(scene: Scene, scope: str) -> str:
    """Find the field that a scope belongs to: `forum_arbeit` belongs to `arbeit`."""
    return scope if scope == PROFILE or scope in scene.content.field_codes else scope.removeprefix("forum_")


def _uncovered(scene: Scene) -> Scene:
    """Leave the question: the page that comes is not over it but after it."""
    session = _session(scene)
    return _with_session(scene, replace(session, place=Sheet(SheetName.TOPICS), behind=None, wanted=""))


def _session(scene: Scene) -> Session:
    if scene.person.session is None:
        raise LookupError("an answer needs a session")
    return scene.person.session


def _with_session(scene: Scene, session: Session) -> Scene:
    return replace(scene, person=replace(scene.person, session=session))
