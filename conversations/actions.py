"""What buttons outside a dialogue, and commands, do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from conversations.answering import ask, open_wanted
from conversations.attending import (
    cannot_come,
    come,
    open_event,
    remind,
    send_calendar_file,
    stop_topic,
)
from conversations.dialogue import is_asked, question_of
from conversations.entry import NEWS_ENTRY, Entry, parse_entry
from conversations.environment import Scene
from conversations.events import (
    AnswersDropped,
    Change,
    ConsentGiven,
    DataFileRequested,
    EverythingErased,
    LanguageChosen,
    LanguagesHeard,
    Placement,
    RecordingsWanted,
)
from conversations.flow import PROFILE, Flow, Step
from conversations.following import (
    agree_following,
    decline_following,
    is_follow_open,
    open_follow,
    tick_theme,
    unfollow,
    unfollow_all,
)
from conversations.incoming import Action
from conversations.language_sheets import list_heard, split_language_choice
from conversations.person import Consent, Person, Purpose
from conversations.session import Asking, Session, Sheet, SheetName
from conversations.subscribing import (
    agree_messages,
    decline_messages,
    open_subscriptions,
    show_subscriptions,
    subscribe,
    switch_all_off,
    unsubscribe,
)
from conversations.texts import text
from conversations.themes import offered_themes
from conversations.topic_sheets import (
    COMMENT,
    NEEDS,
    PRIORITY,
    ROLE,
    find_open_profile_step,
    find_shared_step,
    is_invited,
    is_question_open,
    is_scope_open,
    is_started,
    needs_scope,
)
from conversations.town_sheets import PRIVACY_SECTIONS
from conversations.turn import Turn, closed_sheet, show, show_again

#: Pages that a button or a command opens as they are, for everybody.
_PAGES = {
    Action.LOOK: SheetName.ABOUT,
    Action.DECLINE: SheetName.DECLINED,
    Action.UNDER_16: SheetName.UNDER_16,
    Action.MENU: SheetName.MENU,
    Action.EVENTS: SheetName.EVENTS,
    Action.ABOUT: SheetName.ABOUT,
    Action.HELP: SheetName.HELP,
    Action.PRIVACY: SheetName.PRIVACY,
    Action.MY_DATA: SheetName.MY_DATA,
    Action.ASK_ERASURE: SheetName.ASK_ERASURE,
    Action.FOLLOWED: SheetName.FOLLOWED,
    Action.RESULTS: SheetName.RESULTS,
}

#: Commands, with the button that does the same. `/start` and `/stop` have rules of their own.
COMMANDS: Mapping[str, Action] = {
    "topics": Action.TOPICS,
    "events": Action.EVENTS,
    "reminders": Action.REMINDERS,
    "results": Action.RESULTS,
    "about": Action.ABOUT,
    "language": Action.LANGUAGES,
    "privacy": Action.PRIVACY,
    "mydata": Action.MY_DATA,
    "delete": Action.ASK_ERASURE,
    "help": Action.HELP,
}


def act(scene: Scene, what: Action, argument: str, placement: Placement) -> Turn:
    """Do what a button outside a dialogue says. An argument that makes no sense changes nothing."""
    page = _PAGES.get(what)
    if what in (Action.DECLINE, Action.UNDER_16) and scene.person.session is not None:
        page = SheetName.MY_DATA  # there may be answers: say what is stored, and how to erase it
    if page is not None:
        return show(scene, Sheet(page), placement)
    return _ACTS[what](scene, argument, placement)


def start(scene: Scene, argument: str) -> Turn:
    """Open the door of a deep link, or the entrance. Works always, and loses nothing."""
    entry = parse_entry(scene.content, argument)
    if scene.person.language is None:
        return show(scene, Sheet(SheetName.LANGUAGES, entry.argument), Placement.BELOW)
    return enter(scene, entry, Placement.BELOW)


def enter(scene: Scene, entry: Entry, placement: Placement, changes: tuple[Change, ...] = ()) -> Turn:
    """Go through the door of an entry, once the language is known."""
    if entry.door == NEWS_ENTRY:
        return show_subscriptions(scene, NEWS_ENTRY, placement, changes)
    if scene.person.session is None:
        sheet = Sheet(SheetName.DOORS, entry.argument)
        return show(scene, sheet, placement, changes=changes)
    if entry.door:
        return _open_field(scene, entry.door, placement, changes)
    return show(scene, Sheet(SheetName.MENU), placement, changes=changes)


def _languages(name: SheetName) -> Callable[[Scene, str, Placement], Turn]:
    """Open a page of languages; the entry of a deep link goes along."""

    def open_page(scene: Scene, argument: str, placement: Placement) -> Turn:
        return show(scene, Sheet(name, parse_entry(scene.content, argument).argument), placement)

    return open_page


def _hear_languages(what: Action) -> Callable[[Scene, str, Placement], Turn]:
    """Let the languages of a page be heard."""

    def hear(scene: Scene, argument: str, placement: Placement) -> Turn:
        entry = parse_entry(scene.content, argument).argument
        return Turn(scene.person, (LanguagesHeard(list_heard(scene, what), entry),))

    return hear


def _listen(scene: Scene, argument: str, placement: Placement) -> Turn:
    return Turn(scene.person, (RecordingsWanted(tuple(argument.split("."))),))


def _choose_language(scene: Scene, argument: str, placement: Placement) -> Turn:
    code, entry = split_language_choice(scene, argument)
    chosen = next((language for language in scene.environment.languages if language.code == code), None)
    if chosen is None:
        return show(scene, Sheet(SheetName.LANGUAGES, entry.argument), placement)
    is_new = scene.person.language is None and scene.person.session is None
    scene = replace(scene, person=replace(scene.person, language=code))
    changes: tuple[Change, ...] = (LanguageChosen(code),)
    if is_new or entry.argument:
        return enter(scene, entry, placement, changes)
    notice = text("lang.changed", language_name=chosen.own_name)
    session = scene.person.session
    if session is None:
        page = SheetName.DOORS if scene.person.message_consent is None else SheetName.MENU
        return show(scene, Sheet(page), placement, changes=changes, notice=notice)
    question = question_of(session.place) or session.behind
    if question is not None and not scene.closed:
        place = question if is_question_open(scene, question) else closed_sheet(scene, question.scope)
        return show(scene, place, placement, changes=changes, notice=notice)
    return show(scene, Sheet(SheetName.MENU), placement, changes=changes, notice=notice)


def _say(scene: Scene, argument: str, placement: Placement) -> Turn:
    entry = parse_entry(scene.content, argument)
    if entry.door and entry.door != NEWS_ENTRY and scene.person.session is not None:
        return _open_field(scene, entry.door, placement)
    return _topics(scene, entry.argument, placement)


def _topics(scene: Scene, argument: str, placement: Placement) -> Turn:
    gate = find_gate(scene, argument)
    if gate is None:
        return _topics_after_role(scene, placement)
    is_asked_for = gate.name is SheetName.CONSENT and placement is Placement.BELOW  # by the command
    return show(scene, gate, placement, notice=text("err.no_consent") if is_asked_for else None)


def _agree(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Record consent 1; a first consent begins the session, with the role as its first question."""
    if scene.closed:
        return show(scene, Sheet(SheetName.CLOSED), placement)
    entry = parse_entry(scene.content, argument)
    town, environment, person = scene.content.town, scene.environment, scene.person
    consent = Consent(town.notice_version, person.language or "", environment.today)
    if find_gate(scene) is None:
        return show_again(scene, placement)
    session = person.session or Session(
        environment.fresh_tag, environment.fresh_seed, Sheet(SheetName.TOPICS)
    )
    person = replace(person, answer_consent=consent, session=session)
    changes = (ConsentGiven(Purpose.ANSWERS, consent.version, entry.source),)
    scene = replace(scene, person=person)
    if entry.door and entry.door != NEWS_ENTRY:
        return _open_field(scene, entry.door, placement, changes)
    if session.behind is not None:
        return show(scene, session.behind, placement, changes=changes)
    return _topics_after_role(scene, placement, changes)


def _topics_after_role(scene: Scene, placement: Placement, changes: tuple[Change, ...] = ()) -> Turn:
    """Show the topics; the role is asked once before, because it selects the wording."""
    step = _find_role_step(scene)
    scene = _with_session(scene, replace(_session(scene), wanted=""))
    if step is not None:
        return ask(scene, PROFILE, step, placement, changes=changes)
    return show(scene, Sheet(SheetName.TOPICS), placement, changes=changes)


def _open_field(
    scene: Scene, field_code: str, placement: Placement, changes: tuple[Change, ...] = ()
) -> Turn:
    """Open a topic: new, begun, or answered already."""
    flow = scene.content.find_field(field_code)
    if flow is None:
        return show(scene, Sheet(SheetName.TOPICS), placement, changes=changes)
    gate = find_gate(scene, field_code)
    if gate is not None:
        return show(scene, gate, placement, changes=changes)
    session = _session(scene)
    role = _find_role_step(scene)
    if role is not None:
        scene = _with_session(scene, replace(session, wanted=field_code))
        return ask(scene, PROFILE, role, placement, changes=changes)
    if field_code in session.finished:
        return show(scene, Sheet(SheetName.AGAIN, field_code), placement, changes=changes)
    if is_started(flow, session):
        return show(scene, Sheet(SheetName.RESUME, field_code), placement, changes=changes)
    scene = _with_session(scene, replace(session, wanted=field_code))
    return open_wanted(scene, placement, changes)


def _resume(scene: Scene, argument: str, placement: Placement) -> Turn:
    gate = find_gate(scene, argument)
    if gate is not None:
        return show(scene, gate, placement)
    return open_wanted(_with_session(scene, replace(_session(scene), wanted=argument)), placement)


def _restart(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Drop the answers of a topic and begin again, unless this press belongs to an earlier showing."""
    field_code, _, visit = argument.partition(".")
    gate = find_gate(scene, field_code)
    flow = scene.content.find_field(field_code)
    if gate is not None or flow is None:
        return show(scene, gate or Sheet(SheetName.TOPICS), placement)
    session = _session(scene)
    if visit != str(session.visit):
        return show_again(scene, placement)
    own = {(field_code, step.id) for step in flow.steps}
    own |= {(field_code, COMMENT), (needs_scope(field_code), NEEDS)}
    keys = frozenset(key for key in own if key in session.answers)
    session = session.without_answers(keys)
    finished = tuple(code for code in session.finished if code != field_code)
    scene = _with_session(scene, replace(session, finished=finished, wanted=field_code))
    changes: tuple[Change, ...] = (AnswersDropped(keys),) if keys else ()
    return open_wanted(scene, placement, changes)


def _review(scene: Scene, argument: str, placement: Placement) -> Turn:
    if scene.person.session is None or argument not in (PROFILE, *scene.content.field_codes):
        return show_again(scene, placement)
    return show(scene, Sheet(SheetName.REVIEW, argument), placement)


def _edit(scene: Scene, argument: str, placement: Placement) -> Turn:
    scope, _, step_id = argument.partition(".")
    session = scene.person.session
    step = scene.content.find_step(step_id)
    gate = find_gate(scene, scope=scope)
    if gate is not None:
        return show(scene, gate, placement)
    if session is None or step is None or (scope, step_id) not in session.answers:
        return show_again(scene, placement)
    if not is_asked(scene.content, session, Asking(scope, step_id)):
        return show_again(scene, placement)
    return ask(scene, scope, step, placement, revising=True)


def _thanks(scene: Scene, argument: str, placement: Placement) -> Turn:
    """End the review of a topic. Once for each topic it is asked first of what one wants to hear again."""
    session = scene.person.session
    if session is None or argument not in session.finished:
        return show_again(scene, placement)
    if is_follow_open(scene, argument):
        return show_again(scene, placement)  # a second tap must not pass over what is asked
    if argument not in session.follow_asked and offered_themes(scene, argument):
        return open_follow(scene, argument, placement)
    return show(scene, Sheet(SheetName.THANKS, argument), placement)


def _shared_question(step_id: str) -> Callable[[Scene, str, Placement], Turn]:
    """Make the act that opens one of the questions shared by all fields."""

    def open_question(scene: Scene, argument: str, placement: Placement) -> Turn:
        scope = {NEEDS: needs_scope(argument), COMMENT: argument}.get(step_id, PROFILE)
        gate = find_gate(scene, scope=scope)
        if gate is not None:
            return show(scene, gate, placement)
        step = find_shared_step(scene, step_id)
        flow = scene.content.find_field(argument)
        is_known = flow is not None or scope == PROFILE
        is_needless = step_id == NEEDS and flow is not None and not _needs_matter(scene, flow)
        if step is None or not is_known or is_needless:
            return show_again(scene, placement)
        return ask(scene, scope, step, placement)

    return open_question


def _needs_matter(scene: Scene, flow: Flow) -> bool:
    """Tell whether somebody asked to be invited to a forum that is still to come."""
    forum = scene.programme.forums.get(flow.scope)
    return is_invited(flow, _session(scene)) and (forum is None or forum.is_to_come(scene.now))


def _profile(scene: Scene, argument: str, placement: Placement) -> Turn:
    gate = find_gate(scene)
    return show(scene, gate or Sheet(SheetName.PROFILE_INTRO), placement)


def _profile_start(scene: Scene, argument: str, placement: Placement) -> Turn:
    gate = find_gate(scene)
    step = None if gate is not None else find_open_profile_step(scene, _session(scene))
    if step is None:
        return show(scene, gate or Sheet(SheetName.TOPICS), placement)
    return ask(scene, PROFILE, step, placement)


def _privacy_section(scene: Scene, argument: str, placement: Placement) -> Turn:
    if argument not in PRIVACY_SECTIONS:
        return show(scene, Sheet(SheetName.PRIVACY), placement)
    return show(scene, Sheet(SheetName.PRIVACY_SECTION, argument), placement)


def _results_field(scene: Scene, argument: str, placement: Placement) -> Turn:
    is_known = argument.partition(".")[0] in scene.content.field_codes
    sheet = Sheet(SheetName.RESULTS_FIELD, argument) if is_known else Sheet(SheetName.RESULTS)
    return show(scene, sheet, placement)


def _data_file(scene: Scene, argument: str, placement: Placement) -> Turn:
    return Turn(scene.person, (DataFileRequested(),))


def _erase(scene: Scene, argument: str, placement: Placement) -> Turn:
    """Erase everything (Löschung). The farewell is the last thing in the person's language."""
    turn = show(scene, Sheet(SheetName.ERASED), placement)
    return Turn(Person(), (EverythingErased(), *turn.events))


def _back_to_question(scene: Scene, argument: str, placement: Placement) -> Turn:
    session = scene.person.session
    behind = None if session is None else session.behind
    gate = find_gate(scene, scope="" if behind is None else behind.scope)
    if gate is not None:
        return show(scene, gate, placement)
    session = _session(scene)
    if session.behind is not None:
        return show(scene, session.behind, placement)
    if not isinstance(session.place, Sheet):
        return show_again(scene, placement)
    return show(scene, Sheet(SheetName.TOPICS), placement)


def find_gate(scene: Scene, entry: str = "", scope: str = "") -> Sheet | None:
    """Find what must come before answering: the questions are not open, or a consent is missing.

    `entry` is the door that the person wants to go through, `scope` the topic of the question at hand.
    """
    if scene.closed:
        return Sheet(SheetName.CLOSED)
    scope = scope or parse_entry(scene.content, entry).door
    if not is_scope_open(scene, scope):
        return closed_sheet(scene, scope)
    if scene.person.session is None or scene.person.answer_consent is None:
        return Sheet(SheetName.CONSENT, entry)
    if scene.person.answer_consent.version != scene.content.town.notice_version:
        return Sheet(SheetName.CONSENT_CHANGED, entry)
    return None


def _find_role_step(scene: Scene) -> Step | None:
    """Find the question about the role, if it is still to be asked."""
    if (PROFILE, ROLE) in _session(scene).answers:
        return None
    return find_shared_step(scene, ROLE)


def _session(scene: Scene) -> Session:
    if scene.person.session is None:
        raise LookupError("this needs a session")
    return scene.person.session


def _with_session(scene: Scene, session: Session) -> Scene:
    return replace(scene, person=replace(scene.person, session=session))


_ACTS: Mapping[Action, Callable[[Scene, str, Placement], Turn]] = {
    Action.CHOOSE_LANGUAGE: _choose_language,
    Action.LANGUAGES: _languages(SheetName.LANGUAGES),
    Action.MORE_LANGUAGES: _languages(SheetName.MORE_LANGUAGES),
    Action.HEAR_LANGUAGES: _hear_languages(Action.HEAR_LANGUAGES),
    Action.HEAR_MORE_LANGUAGES: _hear_languages(Action.HEAR_MORE_LANGUAGES),
    Action.LISTEN: _listen,
    Action.SAY: _say,
    Action.NEWS: open_subscriptions,
    Action.AGREE: _agree,
    Action.AGREE_MESSAGES: agree_messages,
    Action.DECLINE_MESSAGES: decline_messages,
    Action.TOPICS: _topics,
    Action.FIELD: _open_field,
    Action.RESUME: _resume,
    Action.RESTART: _restart,
    Action.REVIEW: _review,
    Action.EDIT: _edit,
    Action.THANKS: _thanks,
    Action.COMMENT: _shared_question(COMMENT),
    Action.NEEDS: _shared_question(NEEDS),
    Action.PRIORITY: _shared_question(PRIORITY),
    Action.PROFILE: _profile,
    Action.PROFILE_START: _profile_start,
    Action.EVENT: open_event,
    Action.REMIND: remind,
    Action.COME: come,
    Action.CANNOT_COME: cannot_come,
    Action.CALENDAR: send_calendar_file,
    Action.STOP_TOPIC: stop_topic,
    Action.REMINDERS: open_subscriptions,
    Action.SUBSCRIBE: subscribe,
    Action.UNSUBSCRIBE: unsubscribe,
    Action.ALL_OFF: switch_all_off,
    Action.FOLLOW: open_follow,
    Action.FOLLOW_TICK: tick_theme,
    Action.FOLLOW_YES: agree_following,
    Action.FOLLOW_NO: decline_following,
    Action.UNFOLLOW: unfollow,
    Action.UNFOLLOW_ALL: unfollow_all,
    Action.RESULTS_FIELD: _results_field,
    Action.PRIVACY_SECTION: _privacy_section,
    Action.DATA_FILE: _data_file,
    Action.ERASE: _erase,
    Action.BACK_TO_QUESTION: _back_to_question,
}
