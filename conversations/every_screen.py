"""Every screen that can be shown, one after the other: for the check before a launch, and for tests.

Made with the same functions as real turns, for somebody who has answered everything and for
somebody who has just come.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import replace

from conversations.attending import COME, REMIND
from conversations.content import Content
from conversations.entry import NEWS_ENTRY
from conversations.environment import Environment, Scene
from conversations.event_sheets import CONFIRMED, FULL
from conversations.every_announcement import list_announcements
from conversations.flow import PROFILE, Flow, Step, StepKind
from conversations.follow_sheets import write_ticks
from conversations.languages import LANGUAGES, Language
from conversations.person import Attendance, Consent, Person
from conversations.programme import (
    Cancellation,
    Council,
    Event,
    Forum,
    Meeting,
    Programme,
    Reason,
    Reply,
    Support,
    forum_topic,
)
from conversations.pushes import Push, push_screen
from conversations.reminders import ReminderKind
from conversations.result_sheets import station_push_screen
from conversations.screens import Screen
from conversations.session import (
    OWN,
    Answer,
    AnswerKey,
    Asking,
    OfferedOwn,
    OwnWords,
    Place,
    Session,
    Sheet,
    SheetName,
    StopAsked,
)
from conversations.stations import URL_MAX_CHARS, Station, StationCode, StationReason
from conversations.themes import THEME_SPINES, chosen_themes, list_every_theme
from conversations.topic_sheets import COMMENT, NEEDS, needs_scope
from conversations.town_sheets import MESSAGES_ENDED, PRIVACY_SECTIONS, list_topics
from conversations.turn import place_screen

_WORDS = "…"
_SHEETS_OF_FIELDS = (SheetName.AGAIN, SheetName.RESUME, SheetName.THANKS, SheetName.REVIEW, SheetName.FOLLOW)
_FOLLOWING_PAGES = (SheetName.FOLLOWED, SheetName.RESULTS, SheetName.REMINDERS, SheetName.MY_DATA)
_SHEETS_OF_PARTICIPANTS = (*_SHEETS_OF_FIELDS, SheetName.PAUSED)
#: An address that staff may give, about as long as they are.
_URL = "https://www.goeppingen.de/integrationsplan/fachforum?seite=1"
_DAY = dt.timedelta(days=1)
#: What is always there for a forum, so that no line of its page is left out.
_ALL_SUPPORT = Support(
    childcare=True, step_free=True, interpreting=tuple(language.code for language in LANGUAGES)
)


def list_screens(
    content: Content, languages: tuple[Language, ...], now: dt.datetime
) -> Iterator[tuple[str, Screen]]:
    """Make every screen, each with a name that says where it stands."""
    environment = Environment(now, languages, frozenset(), "x" * 8, "x")
    newcomer = Scene(content, Person(languages[0].code), environment)
    participant = Scene(content, make_participant(content, languages[0].code), environment)
    for sheet in _list_sheets(content):
        for who, scene in (("newcomer", newcomer), ("participant", participant)):
            if sheet.name in _SHEETS_OF_PARTICIPANTS and who == "newcomer":
                continue
            yield f"{sheet.name.value} {sheet.argument} ({who})", place_screen(scene, sheet)
    yield from _list_question_screens(participant)
    guest = replace(participant, person=_register(participant.person, content))
    for state, programme in _list_programmes(content, now):
        changed = replace(environment, programme=programme)
        strange, registered = (replace(each, environment=changed) for each in (newcomer, guest))
        for sheet in _list_meeting_sheets(content):
            yield f"{sheet.name.value} {sheet.argument} ({state}, newcomer)", place_screen(strange, sheet)
        for sheet in (*_list_meeting_sheets(content), *_list_topic_sheets(content)):
            yield (
                f"{sheet.name.value} {sheet.argument} ({state}, registered)",
                place_screen(registered, sheet),
            )
    yield from _list_messages(content, now)
    yield from list_following_screens(participant)
    yield from list_announcements(content, tuple(language.code for language in languages), now.date())


def make_participant(content: Content, language: str) -> Person:
    """Make somebody who has answered every question of every branch and subscribed to everything."""
    answers: dict[AnswerKey, Answer] = {}
    for scope, step in _list_steps(content):
        answers[(scope, step.id)] = _answer(step)
    session = Session(
        tag="x" * 8,
        seed="x",
        place=Sheet(SheetName.MENU),
        visit=1,
        finished=content.field_codes,
        answers=answers,
    )
    consent = Consent(content.town.notice_version, language, content.town.notice_date)
    environment = Environment(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), (), frozenset(), "", "")
    scene = Scene(content, Person(), environment)
    return Person(language, consent, frozenset(list_topics(scene)), consent, session)


def _list_sheets(content: Content) -> Iterator[Sheet]:
    for name in SheetName:
        match name:
            case SheetName.PRIVACY_SECTION:
                yield from (Sheet(name, section) for section in PRIVACY_SECTIONS)
            case SheetName.CONSENT_MESSAGES:
                yield Sheet(name)
                yield Sheet(name, NEWS_ENTRY)
                yield from (Sheet(name, f"{forum_topic(code)}.{code}") for code in content.field_codes)
            case SheetName.RESULTS_FIELD:
                yield from (Sheet(name, code) for code in content.field_codes)
            case _ if name in _SHEETS_OF_FIELDS:
                yield from (Sheet(name, code) for code in content.field_codes)
            case _:
                yield Sheet(name)
    yield Sheet(SheetName.REVIEW, PROFILE)


def _list_question_screens(scene: Scene) -> Iterator[tuple[str, Screen]]:
    """Show each step fresh and answered, in places that do not exist in the reachable path too."""
    participant = scene.person.session
    if participant is None:
        return
    for scope, step in _list_steps(scene.content):
        fresh = replace(participant, answers={}, hinted=())
        asking = Asking(scope, step.id)
        places: list[Place] = [asking, StopAsked(asking, _WORDS, "")]
        if step.kind is StepKind.MULTI:
            codes = tuple(option.code for option in step.all_options)
            places.append(replace(asking, ticked=codes[: step.maximum]))
        if step.find_option(OWN) is not None:
            places += [OwnWords(scope, step.id), OfferedOwn(asking, _WORDS, None, "")]
        for place in places:
            for state, session in (("fresh", fresh), ("answered", participant)):
                shown = replace(scene, person=replace(scene.person, session=replace(session, place=place)))
                marks = ", ticked" if isinstance(place, Asking) and place.ticked else ""
                name = f"{scope} {step.id} {type(place).__name__} ({state}{marks})"
                yield name, place_screen(shown, place)


def _list_steps(content: Content) -> Iterator[tuple[str, Step]]:
    for flow in content.fields:
        yield from ((flow.scope, step) for step in flow.steps)
        yield from _list_shared(content.profile, flow.scope)
    yield from (
        (PROFILE, step) for step in content.profile.steps if step.enabled and step.id not in (COMMENT, NEEDS)
    )


def _list_shared(profile: Flow, field_code: str) -> Iterator[tuple[str, Step]]:
    for scope, step_id in ((field_code, COMMENT), (needs_scope(field_code), NEEDS)):
        step = profile.find_step(step_id)
        if step is not None:
            yield scope, step


def _answer(step: Step) -> Answer:
    match step.kind:
        case StepKind.OPEN:
            return Answer(("text",), _WORDS)
        case StepKind.MULTI:
            return Answer(tuple(option.code for option in step.all_options[: step.maximum]))
        case _:
            is_own = step.find_option(OWN) is not None
            return Answer((OWN,), _WORDS) if is_own else Answer((step.all_options[0].code,))


def _register(person: Person, content: Content) -> Person:
    """Make somebody who comes to every forum and needs interpreting there."""
    said = Attendance(Reply.COMING, wants_interpreter=True)
    return replace(person, attendance={forum_topic(code): said for code in content.field_codes})


def _list_programmes(content: Content, now: dt.datetime) -> Iterator[tuple[str, Programme]]:
    """Bring all forums and the council into every state that staff can bring them into."""
    first = content.programme
    soon, past = _meeting(first, now + 5 * _DAY), _meeting(first, now - 5 * _DAY)
    forum = Forum(soon, support=_ALL_SUPPORT, seats=60, taken=1, map_url=_URL)
    council = Council(soon, agenda_url=_URL, has_question_time=True)
    states: dict[str, tuple[Forum, Council]] = {
        "announced": (forum, council),
        "without interpreting": (replace(forum, support=Support(), seats=None, map_url=""), council),
        "today": (
            replace(forum, meeting=_meeting(first, now)),
            replace(council, meeting=_meeting(first, now)),
        ),
        "full": (replace(forum, taken=60), replace(council, draft_day=now.date())),
        "open": (replace(forum, meeting=None), replace(council, meeting=None)),
        "over": (
            replace(forum, meeting=past),
            replace(council, meeting=past, decided_day=past.starts.date()),
        ),
        "reported": (replace(forum, meeting=past, report_url=_URL), replace(council, meeting=past)),
        "not open yet": (replace(forum, opens=now.date() + _DAY), council),
        "closed": (replace(forum, closes=now.date() - _DAY), council),
    }
    for cancellation in _list_cancellations():
        name = f"cancelled {cancellation.reason} {cancellation.new_date_wanted}"
        states[name] = (replace(forum, cancellation=cancellation), council)
    for name, (each, sitting) in states.items():
        yield name, replace(first, forums=dict.fromkeys(content.field_codes, each), council=sitting)


def _list_cancellations() -> Iterator[Cancellation]:
    for reason, wanted in itertools.product((None, *Reason), (True, False)):
        yield Cancellation(reason, new_date_wanted=wanted)


def _meeting(programme: Programme, starts: dt.datetime) -> Meeting:
    """Make a meeting at the place with the longest name that the town has."""
    known = [event.meeting for event in programme.events.values() if event.meeting is not None]
    longest = max(known, key=lambda meeting: len(meeting.where), default=Meeting(starts, _WORDS))
    return replace(longest, starts=starts, ends=None)


def _list_meeting_sheets(content: Content) -> Iterator[Sheet]:
    topics = content.programme.events
    for topic, said in itertools.product(topics, ("", CONFIRMED, FULL)):
        yield Sheet(SheetName.EVENT, f"{topic}.{said}" if said else topic)
    for topic, deed in itertools.product(topics, (REMIND, COME)):
        yield Sheet(SheetName.CONSENT_MESSAGES, f"{deed}.{topic}")
    for name in (SheetName.EVENTS, SheetName.TOPICS, SheetName.ABOUT, SheetName.MY_DATA):
        yield Sheet(name)
    for name in (SheetName.MENU, SheetName.STOPPED):
        yield Sheet(name, MESSAGES_ENDED)
    yield from (Sheet(SheetName.CLOSED, code) for code in content.field_codes)


def _list_topic_sheets(content: Content) -> Iterator[Sheet]:
    """List the pages of a topic that follow its forum, for people who take part."""
    names = (SheetName.THANKS, SheetName.REVIEW)
    yield from (Sheet(name, code) for name, code in itertools.product(names, content.field_codes))


def _list_messages(content: Content, now: dt.datetime) -> Iterator[tuple[str, Screen]]:
    """Make everything that is sent about a meeting, with all that it can say and with nothing of it."""
    first = content.programme
    soon, before = _meeting(first, now + 5 * _DAY), (_meeting(first, now), _meeting(first, now + _DAY))
    lacking = Forum(replace(soon, address=""))
    forums = (Forum(soon, support=_ALL_SUPPORT, map_url=_URL, report_url=_URL), lacking)
    cancelled = tuple(Forum(soon, cancellation=each) for each in _list_cancellations())
    councils = (Council(soon, agenda_url=_URL, has_question_time=True), Council(soon))
    for kind, (topic, event) in itertools.product(ReminderKind, first.events.items()):
        earlier = before if kind in (ReminderKind.CHANGED, ReminderKind.CANCELLED) else ()
        forms: tuple[Event, ...] = cancelled if kind is ReminderKind.CANCELLED else forums
        if isinstance(event, Council):
            forms = councils
        for (number, form), reply in itertools.product(enumerate(forms), (None, *Reply)):
            said = Attendance(reply, wants_interpreter=form == lacking)
            name = f"{kind.value} {topic} ({number}, {reply})"
            yield name, push_screen(Push(topic, kind, form, earlier, said))


def list_following_screens(scene: Scene) -> Iterator[tuple[str, Screen]]:
    """Show what is about followed themes and stations: nothing of it, one theme, and all there are."""
    content, today = scene.content, scene.environment.today
    chosen = replace(scene, person=_choose_themes(scene.person, content))
    for code in content.field_codes:
        themes = chosen_themes(chosen, code)
        for name, ticked in (("none", ()), ("one", themes[:1]), ("all", themes)):
            sheet = Sheet(SheetName.FOLLOW, write_ticks(code, frozenset(ticked)))
            yield f"follow {code} ({name} ticked)", place_screen(chosen, sheet)
    every = list_every_theme(content)
    pages = [Sheet(name) for name in _FOLLOWING_PAGES]
    pages += [
        Sheet(SheetName.RESULTS_FIELD, f"{code}{page}") for code in content.field_codes for page in ("", ".1")
    ]
    for station_name, stations in _list_stations(every, today):
        environment = replace(scene.environment, stations=stations)
        for number, followed in enumerate((every[:0], every[:1], every)):
            person = replace(chosen.person, followed=frozenset(followed))
            shown = replace(scene, person=person, environment=environment)
            for sheet in pages:
                name = f"{sheet.name.value} {sheet.argument} ({station_name}, {number} followed)"
                yield name, place_screen(shown, sheet)
    for length in range(1, len(content.field_codes) + 1):
        fields = content.field_codes[:length]
        yield f"station push of {length} fields", station_push_screen(content, fields)


def _choose_themes(person: Person, content: Content) -> Person:
    """Let somebody choose as many measures and goals as they can, instead of answers of their own."""
    if person.session is None:
        return person
    answers = dict(person.session.answers)
    for flow in content.fields:
        for step in flow.steps:
            if step.spine in THEME_SPINES:
                codes = tuple(option.code for option in step.options[: step.maximum])
                answers[(flow.scope, step.id)] = Answer(codes)
    return replace(person, session=replace(person.session, answers=answers))


def _list_stations(themes: tuple[str, ...], today: dt.date) -> Iterator[tuple[str, dict[str, Station]]]:
    """Let every theme stand the same: without a link, and with the longest one."""
    longest = _URL + "x" * (URL_MAX_CHARS - len(_URL))
    yield "no station", {}
    for code, reason, url in (
        *((code, None, "") for code in StationCode if code is not StationCode.NOT_TAKEN),
        *((StationCode.NOT_TAKEN, reason, longest) for reason in StationReason),
    ):
        name = f"{code.value} {reason.value if reason else ''}"
        yield name, {theme: Station(theme, code, reason, url, today) for theme in themes}
