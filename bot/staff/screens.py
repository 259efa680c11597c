"""The screens of the dates. Every one leads back, and says what a change does before it is made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.staff.state import StaffState, Step, tag_of
from conversations.event_sheets import event_name, when_of
from conversations.incoming import Action
from conversations.languages import Language, find_language
from conversations.planning import Objection, find_objections
from conversations.programme import Council, Event, Forum, Programme, Reason
from conversations.reminders import ReminderKind
from conversations.screens import Block, Screen, ScreenButton, action
from conversations.texts import Joined, Plain, Text, text
from storage.attendance import REGISTERED
from storage.programme import Effect
from storage.reminders import Reminder

#: Kinds of reminders that one message can list; the next ones are shown first.
_MOST_LISTED = 25
_STEP_QUESTIONS = {
    Step.DATE: "staff.event.ask_date",
    Step.TWICE: "staff.twice.ask",
    Step.END: "staff.event.ask_end",
    Step.PLACE: "staff.event.ask_place",
    Step.SEATS: "staff.event.ask_seats",
    Step.MAP: "staff.event.ask_map",
    Step.REPORT: "staff.event.ask_report",
    Step.AGENDA: "staff.event.ask_agenda",
    Step.OPENS: "staff.event.ask_opens",
    Step.CLOSES: "staff.event.ask_closes",
    Step.DRAFT_DAY: "staff.event.ask_draft_day",
    Step.DECIDED_DAY: "staff.event.ask_decided_day",
}


@dataclass(frozen=True, slots=True)
class StaffScene:
    """What the area of the dates looks at. The three functions read the database.

    `need_labels` maps the code of a need to the key of its label.

    `preview` says what a change of a topic would do, `heads` who comes and what they need, `schedule`
    what is sent when to how many.
    """

    programme: Programme
    now: dt.datetime
    languages: tuple[Language, ...]
    preview: Callable[[str, Event, Event], Effect]
    heads: Callable[[str], Mapping[str, int]]
    schedule: Callable[[], Sequence[tuple[Reminder, int]]]
    need_labels: Mapping[str, str]


def dates_screen(scene: StaffScene) -> Screen:
    """Every date with its state, and a button for each."""
    blocks = tuple(
        (event_name(topic), *_state_lines(event)) for topic, event in scene.programme.events.items()
    )
    rows = tuple((_button(f"sub.{topic}", f"event.{topic}"),) for topic in scene.programme.events)
    return Screen(((text("staff.events.title"),), *blocks), (*rows, (_button("staff.btn.back", "menu"),)))


def event_page(scene: StaffScene, topic: str, event: Event) -> Screen:
    """One date: everything that is known, and what can be changed."""
    facts = _facts(scene, topic, event)
    rows = _forum_rows(scene, topic, event) if isinstance(event, Forum) else _council_rows(topic, event)
    blocks = ((event_name(topic), *_state_lines(event)), tuple(facts))
    back = (_button("staff.btn.back", "dates"),)
    return Screen(tuple(block for block in blocks if block), (*rows, back))


def support_screen(scene: StaffScene, topic: str, forum: Forum) -> Screen:
    """What is confirmed, as toggles that carry the state they lead to."""
    support = forum.support
    rows: list[tuple[ScreenButton, ...]] = [
        (_toggle(text("staff.btn.childcare"), f"toggle.{topic}.childcare", is_on=support.childcare),),
        (_toggle(text("staff.btn.step_free"), f"toggle.{topic}.step_free", is_on=support.step_free),),
    ]
    for language in scene.languages:
        label = text("staff.btn.interpreting", language_name=language.own_name)
        is_on = language.code in support.interpreting
        rows.append((_toggle(label, f"toggle.{topic}.{language.code}", is_on=is_on),))
    head = (event_name(topic), text("staff.event.ask_support"), _confirmed(forum))
    return Screen((head,), (*rows, (_button("staff.btn.done", f"event.{topic}"),)))


def cancel_screen(topic: str) -> Screen:
    """Whether a new date is looked for. No default."""
    return Screen(
        ((event_name(topic), text("staff.event.cancel_ask")),),
        (
            (_button("staff.btn.new_date", f"why.{topic}.1"),),
            (_button("staff.btn.no_new_date", f"why.{topic}.0"),),
            (_button("staff.btn.back", f"event.{topic}"),),
        ),
    )


def reason_screen(topic: str, wanted: str) -> Screen:
    """Why it is cancelled, in a word that every language has."""
    rows = tuple(
        (_button(f"staff.btn.reason_{reason}", f"off.{topic}.{wanted}.{reason}"),)
        for reason in (*(reason.value for reason in Reason), "none")
    )
    return Screen(
        ((event_name(topic), text("staff.event.ask_reason")),),
        (*rows, (_button("staff.btn.back", f"cancel.{topic}"),)),
    )


def step_screen(scene: StaffScene, state: StaffState) -> Screen:
    """What is awaited now."""
    if state.step is Step.CONFIRM:
        return confirm_screen(scene, state)
    choices = [*_step_choices(state), ("staff.btn.discard", "no")]
    tag = tag_of(state)
    rows = tuple((_button(label, f"{verb}.{tag}"),) for label, verb in choices)
    return Screen(((event_name(state.topic), text(_STEP_QUESTIONS[state.step])),), rows)


def _step_choices(state: StaffState) -> Iterator[tuple[str, str]]:
    """List what can be tapped instead of written: the label and what it does."""
    before = state.before.meeting
    match state.step:
        case Step.TWICE:
            yield "staff.twice.first", "first"
            yield "staff.twice.second", "second"
        case Step.END:
            if before is not None and before.ends is not None:
                yield "staff.btn.same_length", "same"
            yield "staff.btn.no_end", "none"
        case Step.PLACE if before is not None:
            yield "staff.btn.same_place", "same"
        case Step.SEATS:
            yield "staff.btn.no_limit", "none"
        case Step.MAP | Step.AGENDA | Step.OPENS | Step.CLOSES | Step.DRAFT_DAY | Step.DECIDED_DAY:
            yield "staff.btn.nothing", "none"
        case _:
            return


def confirm_screen(scene: StaffScene, state: StaffState) -> Screen:
    """What the change does, before it is made."""
    effect = scene.preview(state.topic, state.before, state.after)
    objections = find_objections(scene.programme, state.topic, state.after, scene.now)
    blocks: list[Block] = [(event_name(state.topic), text("staff.event.change_preview"))]
    if state.before.date != state.after.date:
        blocks.append((text("staff.event.old"), *_state_lines(state.before)))
        blocks.append((text("staff.event.new"), *_state_lines(state.after)))
    else:
        blocks.append(tuple(_facts(scene, state.topic, state.after)))
    blocks.append(tuple(effect_lines(effect, scene.now)))
    blocks += [(say_objection(objection),) for objection in objections]
    tag = tag_of(state)
    rows = ((_button("staff.btn.confirm", f"yes.{tag}"),), (_button("staff.btn.discard", f"no.{tag}"),))
    return Screen(tuple(blocks), rows)


def schedule_screen(scene: StaffScene) -> Screen:
    """What is sent when, to how many as of now."""
    planned = scene.schedule()[:_MOST_LISTED]
    zone = scene.now.tzinfo
    lines = tuple(
        text(
            "staff.schedule.line",
            date=reminder.due_at.astimezone(zone).date(),
            time=reminder.due_at.astimezone(zone),
            name=event_name(reminder.topic),
            what=_what(reminder.kind),
            people=text("staff.people", count=people),
        )
        for reminder, people in planned
    )
    body = ((text("staff.schedule.title"),), *((line,) for line in lines))
    return Screen(
        body if lines else ((text("staff.schedule.none"),),), ((_button("staff.btn.back", "menu"),),)
    )


def effect_lines(effect: Effect, now: dt.datetime) -> Iterator[Text]:
    """Say who is told at once, and what is sent later."""
    people = text("staff.people", count=effect.people)
    languages = text("staff.languages", count=len(effect.languages))
    if effect.news is None or effect.people == 0:
        yield text("staff.effect.nobody")
    elif effect.first_at is None:
        yield text("staff.effect.too_late", people=people)
    elif effect.first_at <= now:
        yield text("staff.effect.now", people=people, languages=languages, what=_what(effect.news))
    else:
        yield text(
            "staff.effect.later",
            date=effect.first_at.date(),
            time=effect.first_at,
            people=people,
            languages=languages,
            what=_what(effect.news),
        )
    for planned in effect.reminders:
        yield text(
            "staff.effect.reminder",
            what=_what(planned.kind),
            date=planned.due.date(),
            time=planned.due,
            people=text("staff.people", count=planned.people),
        )
    if not effect.reminders:
        yield text("staff.effect.no_reminders")


def say_objection(objection: Objection) -> Text:
    """Say what is odd about a change."""
    key = f"staff.doubt.{objection.doubt.value}"
    if objection.topic:
        return text(key, name=event_name(objection.topic))
    return text(key, url=objection.url) if objection.url else text(key)


def _state_lines(event: Event) -> Iterator[Text]:
    """Say when and where, or how it stands otherwise."""
    meeting = event.meeting
    if isinstance(event, Forum) and event.cancellation is not None:
        cancelled = event.cancellation
        yield text("staff.event.cancelled_new" if cancelled.new_date_wanted else "staff.event.cancelled_none")
        if cancelled.reason is not None:
            yield text(f"rem.reason_{cancelled.reason.value}")
        if meeting is not None:
            yield text("staff.event.was_planned", date=meeting.starts.date(), time=meeting.starts)
        return
    if meeting is None:
        yield text("staff.event.open")
        return
    yield when_of(meeting)
    if meeting.ends is not None:
        yield text("staff.event.ends", time=meeting.ends)


def _facts(scene: StaffScene, topic: str, event: Event) -> Iterator[Text]:
    return _forum_facts(scene, topic, event) if isinstance(event, Forum) else _council_facts(event)


def _forum_facts(scene: StaffScene, topic: str, forum: Forum) -> Iterator[Text]:
    yield _confirmed(forum)
    heads = scene.heads(topic)
    registered = heads.get(REGISTERED, 0)
    if forum.seats is None:
        yield text("staff.event.registered", taken=registered)
    else:
        yield text("staff.event.seats", n=forum.seats, taken=registered)
    needs = tuple(
        text("staff.event.need", name=text(scene.need_labels[code]), n=count)
        for code, count in heads.items()
        if code in scene.need_labels and count
    )
    if needs:
        yield text("staff.event.needs", list=Joined(needs))
    if forum.map_url:
        yield text("staff.event.map", url=forum.map_url)
    if forum.report_url:
        yield text("staff.event.report", url=forum.report_url)
    if forum.opens is not None or forum.closes is not None:
        yield text("staff.event.answers", opens=forum.opens or "…", closes=forum.closes or "…")


def _council_facts(council: Council) -> Iterator[Text]:
    if council.agenda_url:
        yield text("staff.event.agenda", url=council.agenda_url)
    if council.has_question_time:
        yield text("staff.event.question_time")
    if council.draft_day is not None:
        yield text("staff.event.draft_day", date=council.draft_day)
    if council.decided_day is not None:
        yield text("staff.event.decided_day", date=council.decided_day)


def _confirmed(forum: Forum) -> Text:
    support = forum.support
    said: list[Text | Plain] = []
    if support.childcare:
        said.append(text("staff.btn.childcare"))
    if support.step_free:
        said.append(text("staff.btn.step_free"))
    found = (find_language(code) for code in support.interpreting)
    said += [
        text("staff.btn.interpreting", language_name=language.own_name)
        for language in found
        if language is not None
    ]
    if not said:
        return text("staff.event.confirmed_nothing")
    return text("staff.event.confirmed", list=Joined(tuple(said)))


def _forum_rows(scene: StaffScene, topic: str, forum: Forum) -> tuple[tuple[ScreenButton, ...], ...]:
    if forum.is_over(scene.now):
        return ((_button("staff.btn.report", f"report.{topic}"),),)
    if forum.cancellation is not None:
        rows = [(_button("staff.btn.reopen", f"date.{topic}"),)]
        if forum.meeting is not None and forum.meeting.starts > scene.now:
            rows.append((_button("staff.btn.reopen_same", f"reopen.{topic}"),))
        return tuple(rows)
    first = "staff.btn.set_date" if forum.meeting is None else "staff.btn.move"
    return (
        (_button(first, f"date.{topic}"),),
        (_button("staff.btn.support", f"support.{topic}"),),
        (_button("staff.btn.seats", f"seats.{topic}"),),
        (_button("staff.btn.map", f"map.{topic}"),),
        (_button("staff.btn.answers", f"answers.{topic}"),),
        (_button("staff.btn.cancel", f"cancel.{topic}"),),
    )


def _council_rows(topic: str, council: Council) -> tuple[tuple[ScreenButton, ...], ...]:
    first = "staff.btn.set_date" if council.meeting is None else "staff.btn.move"
    question_time = _toggle(
        text("staff.btn.question_time"), f"toggle.{topic}.question_time", is_on=council.has_question_time
    )
    return (
        (_button(first, f"date.{topic}"),),
        (_button("staff.btn.agenda", f"agenda.{topic}"),),
        (question_time,),
        (_button("staff.btn.draft_day", f"draft.{topic}"),),
        (_button("staff.btn.decided_day", f"decided.{topic}"),),
    )


def _what(kind: ReminderKind) -> Text:
    return text(f"staff.what.{kind.name.lower()}")


def _button(label: str, argument: str) -> ScreenButton:
    return action(label, Action.STAFF, argument)


def _toggle(label: Text, argument: str, *, is_on: bool) -> ScreenButton:
    pressed = action(label, Action.STAFF, f"{argument}.{int(not is_on)}")
    return ScreenButton(pressed.label, pressed.press, ticked=is_on)
