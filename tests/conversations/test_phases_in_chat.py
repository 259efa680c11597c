"""How the chat follows the process: the plan explained, topics that open and close, after the forum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from conversations.content import Content
from conversations.flow import Spine
from conversations.incoming import Action, Refused
from conversations.programme import Cancellation
from conversations.session import Asking, Sheet, SheetName
from tests.support.meetings import (
    BERLIN,
    COUNCIL_DAY,
    DAYS,
    meeting,
    on,
    planned,
    with_council,
    with_every_forum,
    with_forum,
)
from tests.support.play import NOW, Player, Stored, answer, in_topic, newcomer, participant, walk_to_thanks

FIRST_FORUM, LAST_FORUM = min(DAYS.values()), max(DAYS.values())
AFTER_FORUMS = on(LAST_FORUM, "20:30")
GOOD = Cancellation(new_date_wanted=False)
TITLE = "Wählen Sie ein Thema. Sie können auch mehrere nacheinander machen."
CLOSED = "Die Fragen zu diesem Thema sind zu Ende. Termine und Nachrichten gibt es weiter: /events /reminders"
ALL_CLOSED = "Die Befragung ist zu Ende. Termine und Nachrichten gibt es weiter: /events /reminders"
THANKS = "Danke. Das waren alle Fragen zu diesem Thema."


def closing(day: dt.date, *fields: str, content: Content | None = None) -> Content:
    """The content of a town where these topics can be answered up to a day."""
    content = content or planned()
    for field in fields or tuple(DAYS):
        content = with_forum(content, field, closes=day)
    return content


def opening(day: dt.date, *fields: str) -> Content:
    content = planned()
    for field in fields or tuple(DAYS):
        content = with_forum(content, field, opens=day)
    return content


TODAY = NOW.date()
YESTERDAY, TOMORROW = TODAY - dt.timedelta(days=1), TODAY + dt.timedelta(days=1)


def after_midnight(player: Player) -> Player:
    player.now = dt.datetime.combine(player.now.date() + dt.timedelta(days=1), dt.time(0, 0), BERLIN)
    return player


# /about says how far it is.

ABOUT = {
    "before": (
        "Das kommt jetzt: fünf Fachforen.",
        "Das kommt danach: Der Gemeinderat berät über den Plan. Geplant: 18. November 2027.",
        "ما يأتي الآن: خمسة لقاءات نقاشية (Fachforen).",
        "ما يأتي بعد ذلك: يتشاور المجلس البلدي (Gemeinderat) حول الخطة. الموعد المخطط له: "
        "18 تشرين الثاني 2027.",
    ),
    "between": (
        "Die Fachforen sind vorbei. Jetzt entsteht der Entwurf des Plans.",
        "Das kommt danach: Der Gemeinderat berät über den Plan. Geplant: 18. November 2027.",
        "انتهت اللقاءات النقاشية (Fachforen). يجري الآن إعداد مسودة الخطة.",
        "ما يأتي بعد ذلك: يتشاور المجلس البلدي (Gemeinderat) حول الخطة. الموعد المخطط له: "
        "18 تشرين الثاني 2027.",
    ),
    "council": (
        "Der Entwurf ist fertig. Jetzt entscheidet der Gemeinderat.",
        "Termin im Gemeinderat: 18. November 2027.",
        "المسودة جاهزة. الآن يتخذ المجلس البلدي (Gemeinderat) القرار.",
        "الموعد في المجلس البلدي (Gemeinderat): 18 تشرين الثاني 2027.",
    ),
    "decided": (
        "Der Gemeinderat hat entschieden.",
        "Tag der Entscheidung: 18. November 2027.",
        "اتخذ المجلس البلدي (Gemeinderat) قراره.",
        "يوم اتخاذ القرار: 18 تشرين الثاني 2027.",
    ),
}
EVERY_PHASE_LINE = {line for lines in ABOUT.values() for line in lines}
DRAFT_DAY = dt.date(2027, 10, 20)


def in_phase(phase: str) -> dict[str, Any]:
    """The day and the facts of each phase."""
    drafted = with_council(planned(), draft_day=DRAFT_DAY)
    return {
        "before": {"content": planned(), "now": NOW},
        "between": {"content": drafted, "now": on("2027-10-19", "23:59")},
        "council": {"content": drafted, "now": on("2027-10-20", "00:00")},
        "decided": {
            "content": with_council(drafted, decided_day=COUNCIL_DAY),
            "now": on(COUNCIL_DAY, "19:00"),
        },
    }[phase]


@pytest.mark.parametrize("phase", list(ABOUT))
def test_about_says_in_german_how_far_the_plan_is(phase: str) -> None:
    player = newcomer(**in_phase(phase)).taps("Nur ansehen")
    phase_line, council_line, *_ = ABOUT[phase]
    lines = player.sees.split("\n")
    assert lines[-1] == council_line
    assert phase_line in lines
    others = EVERY_PHASE_LINE - {phase_line, council_line}
    assert not others & set(lines)
    assert player.does("/about").sees == "\n".join(lines), "the command shows the same as the button"


@pytest.mark.parametrize("phase", list(ABOUT))
def test_about_says_in_arabic_how_far_the_plan_is(phase: str) -> None:
    player = newcomer("العربية", phone="ar", **in_phase(phase)).does("/about")
    *_, phase_line, council_line = ABOUT[phase]
    assert player.sees.split("\n")[-1] == council_line
    assert phase_line in player.sees.split("\n")
    assert not (EVERY_PHASE_LINE - {phase_line, council_line}) & set(player.sees.split("\n"))


@pytest.mark.parametrize(
    ("now", "changes", "line"),
    [
        (on(FIRST_FORUM, "20:30"), {}, ABOUT["before"][0]),
        (on(LAST_FORUM, "20:29"), {}, ABOUT["before"][0]),
        (on(LAST_FORUM, "20:30"), {}, ABOUT["between"][0]),
        (AFTER_FORUMS, {"werte": {"meeting": None}}, ABOUT["before"][0]),
        (AFTER_FORUMS, {"werte": {"meeting": meeting("2028-02-14")}}, ABOUT["before"][0]),
        (AFTER_FORUMS, {"werte": {"cancellation": Cancellation()}}, ABOUT["before"][0]),
        (AFTER_FORUMS, {"werte": {"cancellation": GOOD}}, ABOUT["between"][0]),
    ],
    ids=["one is over", "minute before", "the last is over", "one open", "one moved", "looked for", "none"],
)
def test_the_forums_are_over_when_none_is_to_come(
    now: dt.datetime, changes: dict[str, dict[str, Any]], line: str
) -> None:
    content = planned()
    for code, what in changes.items():
        content = with_forum(content, code, **what)
    assert line in newcomer(content=content, now=now).does("/about").sees


def test_without_a_date_of_the_council_about_says_that_it_is_open() -> None:
    content = with_council(planned(), meeting=None)
    assert newcomer(content=content).does("/about").sees.endswith("Geplant: noch offen.")
    drafted = with_council(content, draft_day=TODAY)
    assert newcomer(content=drafted).does("/about").sees.endswith("Termin im Gemeinderat: noch offen.")


def test_the_council_may_move_by_five_months_and_about_follows() -> None:
    content = with_council(planned(), meeting=meeting("2028-04-13", "17:00", None))
    assert newcomer(content=content).does("/about").sees.endswith("Geplant: 13. April 2028.")


def test_a_sitting_that_is_over_without_a_decision_is_not_announced_as_to_come() -> None:
    player = newcomer(content=with_council(planned(), draft_day=DRAFT_DAY), now=on("2027-12-20", "12:00"))
    assert "Termin im Gemeinderat: 18. November 2027." not in player.does("/about").sees
    player.content = planned()
    assert "Geplant: 18. November 2027." not in player.does("/about").sees


def test_about_does_not_announce_forums_that_are_all_cancelled_for_good() -> None:
    player = newcomer(content=with_every_forum(planned(), cancellation=GOOD)).does("/about")
    assert "Das kommt jetzt: fünf Fachforen." not in player.sees


# Topics that are not open yet.


def test_topics_that_begin_later_are_named_with_their_day_and_have_no_button() -> None:
    content = opening(TOMORROW, "arbeit", "wohnen")
    content = with_forum(content, "wohnen", opens=dt.date(2027, 9, 1))
    player = participant(content=content)
    assert player.sees == (
        f"{TITLE}\n\nBeginnt am 19. August 2027: Arbeit\nBeginnt am 1. September 2027: Wohnen"
    )
    assert player.buttons == ["Sprache", "Bildung", "Werte, Regeln und Normen", "Menü"]


def test_on_the_first_day_a_topic_opens_at_midnight() -> None:
    player = after_midnight(participant(content=opening(TOMORROW, "arbeit"))).does("/topics")
    assert player.sees == TITLE
    assert player.taps("Arbeit").session.place == Asking("arbeit", "arb_now")


@pytest.mark.parametrize("way", ["m:field:arbeit", "m:resume:arbeit", "m:say:arbeit", "m:comment:arbeit"])
def test_a_topic_that_is_not_open_yet_cannot_be_entered_and_says_when_it_begins(way: str) -> None:
    player = participant(content=opening(TOMORROW, "arbeit")).presses(way)
    assert player.sees == "Arbeit\nDie Fragen zu diesem Thema beginnen am 19. August 2027."
    assert player.buttons == ["Meine Meinung sagen", "Termine der Fachforen", "Erinnerungen", "Menü"]
    assert player.taps("Meine Meinung sagen").sees.startswith(TITLE)


def test_a_poster_for_a_topic_that_is_not_open_yet_says_so_before_any_consent() -> None:
    player = Player(content=opening(TOMORROW, "arbeit")).does("/start arbeit-vhs").taps("Deutsch")
    player.taps("Meinung sagen")
    assert player.sees == "Arbeit\nDie Fragen zu diesem Thema beginnen am 19. August 2027."
    assert player.stored == Stored(language="de")


# Topics that are closed.


def test_closed_topics_are_named_together_and_have_no_button() -> None:
    player = participant(content=closing(YESTERDAY, "sprache", "arbeit"))
    assert player.sees == f"{TITLE}\n\nDiese Themen sind zu Ende: Sprache · Arbeit"
    assert player.buttons == ["Bildung", "Wohnen", "Werte, Regeln und Normen", "Menü"]


def test_a_topic_can_be_answered_until_the_end_of_its_last_day() -> None:
    player = participant(content=closing(TODAY, "arbeit"), now=on(TODAY, "23:59"))
    assert "Arbeit" in player.buttons
    after_midnight(player).does("/topics")
    assert "Arbeit" not in player.buttons


def test_where_no_topic_is_open_nobody_is_asked_to_choose_one() -> None:
    for content in (closing(YESTERDAY), opening(TOMORROW)):
        player = participant(content=content).does("/topics")
        assert "Wählen Sie ein Thema." not in player.sees


def test_a_finished_topic_that_closes_keeps_its_button_and_leads_to_the_answers() -> None:
    player = walk_to_thanks(in_topic("arbeit", content=planned()))
    player.content = closing(YESTERDAY, "arbeit")
    player.does("/topics")
    assert "✓ Arbeit" in player.buttons
    player.taps("Arbeit")
    assert player.sees == f"Arbeit\n{CLOSED}"
    assert "Meine Antworten ansehen" in player.buttons
    assert player.taps("Meine Antworten ansehen").session.place == Sheet(SheetName.REVIEW, "arbeit")


@pytest.mark.parametrize(
    "way", ["m:field:arbeit", "m:resume:arbeit", "m:say:arbeit", "m:comment:arbeit", "m:restart:arbeit.1"]
)
def test_a_closed_topic_cannot_be_entered(way: str) -> None:
    player = participant(content=closing(YESTERDAY, "arbeit"))
    before = player.stored.answers
    player.presses(way)
    assert player.sees == f"Arbeit\n{CLOSED}"
    assert player.buttons == ["Meine Meinung sagen", "Termine der Fachforen", "Erinnerungen", "Menü"]
    assert player.stored.answers == before


Deed = Callable[[Player], object]


@pytest.mark.parametrize(
    "deed",
    [
        lambda player: player.taps("Ich arbeite"),
        lambda player: player.taps("Überspringen"),
        lambda player: player.says("Zu spät."),
        lambda player: player.says("1"),
        lambda player: player.speaks(seconds=5),
        lambda player: player.does("/start arbeit"),
    ],
    ids=["tap", "skip", "words", "number", "voice", "deep link"],
)
def test_a_question_that_closes_over_night_takes_no_answer_and_says_so(deed: Deed) -> None:
    player = in_topic("arbeit", content=closing(TODAY, "arbeit"))
    before = player.stored.answers
    deed(after_midnight(player))
    assert player.sees == f"Arbeit\n{CLOSED}"
    assert player.stored.answers == before
    player.says("stopp")
    assert player.sees.startswith("Wir schicken Ihnen keine Nachrichten mehr."), "that always works"


def test_own_words_and_marks_that_wait_when_a_topic_closes_are_not_stored() -> None:
    content = closing(TODAY, "werte")
    for way in (("s4", "own"), ("s4", "none", "_skip")):
        player = in_topic("werte", *way, content=content)
        before = player.stored.answers
        after_midnight(player)
        player.says("Zu spät.")
        assert player.sees == f"Werte, Regeln und Normen\n{CLOSED}"
        assert player.stored.answers == before


def test_an_edit_of_a_message_does_not_change_an_answer_of_a_closed_topic() -> None:
    player = in_topic("werte", "s4", "none", content=closing(TODAY, "werte")).says("Man grüßt sich.")
    after_midnight(player).edits(player.message, "Anders.")
    assert player.words["wer_future"] == "Man grüßt sich."
    assert player.sees.endswith(CLOSED)


def test_the_other_topics_go_on_when_one_closes_over_night() -> None:
    player = after_midnight(in_topic("arbeit", "working", content=closing(TODAY, "arbeit")))
    player.does("/topics")
    assert "Diese Themen sind zu Ende: Arbeit" in player.sees
    assert "Angefangen: Arbeit" in player.sees
    assert walk_to_thanks(player.taps("Wohnen")).session.finished == ("wohnen",)


def test_begun_answers_of_a_closed_topic_can_be_read_but_not_changed() -> None:
    player = after_midnight(in_topic("arbeit", "working", "s3", content=closing(TODAY, "arbeit")))
    player.presses("m:field:arbeit").taps("Meine Antworten ansehen")
    assert player.sees.startswith("Ihre Antworten zum Thema\nArbeit\n\n1. Was passt")
    assert "Ich arbeite" in player.sees
    assert "Tippen Sie auf eine Frage" not in player.sees
    assert player.buttons == ["Menü"]
    before = player.stored.answers
    player.presses("m:edit:arbeit.arb_now")
    assert player.sees == f"Arbeit\n{CLOSED}"
    assert player.stored.answers == before


def test_the_review_of_a_finished_topic_that_is_closed_leads_on_and_changes_nothing() -> None:
    player = walk_to_thanks(in_topic("arbeit", content=closing(TODAY, "arbeit")))
    after_midnight(player).taps("Meine Antworten ansehen")
    assert player.buttons == ["Alles stimmt", "Menü"]
    player.taps("Alles stimmt").taps("Nein, danke")
    assert player.session.place == Sheet(SheetName.THANKS, "arbeit")


def test_answers_about_oneself_can_be_changed_whatever_topic_is_closed() -> None:
    player = participant(content=closing(YESTERDAY)).does("/mydata").opens(Action.REVIEW, "profile")
    player.opens(Action.EDIT).picks("helper")
    assert player.answers["prof_role"] == ("helper",)


def test_a_poster_for_a_closed_topic_says_so_before_any_consent_and_leads_to_the_others() -> None:
    player = Player(content=closing(YESTERDAY, "arbeit")).does("/start arbeit-vhs").taps("Deutsch")
    player.taps("Meinung sagen")
    assert player.sees == f"Arbeit\n{CLOSED}"
    assert player.stored == Stored(language="de")
    player.taps("Meine Meinung sagen")
    assert player.sees.startswith("Datenschutz, kurz:")
    player.taps("Ja, ich stimme zu").picks("resident")
    assert player.sees == f"{TITLE}\n\nDiese Themen sind zu Ende: Arbeit"


def test_a_topic_that_closes_while_consent_is_asked_for_is_not_opened() -> None:
    player = Player(content=closing(TODAY, "arbeit")).does("/start arbeit-vhs").taps("Deutsch")
    player.taps("Meinung sagen")
    after_midnight(player).taps("Ja, ich stimme zu")
    assert player.sees == f"Arbeit\n{CLOSED}"
    assert player.stored.source == "vhs", "the consent counts, and where they came from"


def test_a_topic_that_closes_while_the_role_is_asked_for_is_not_opened() -> None:
    player = Player(content=closing(TODAY, "arbeit")).does("/start arbeit-vhs").taps("Deutsch")
    player.taps("Meinung sagen").taps("Ja, ich stimme zu")
    after_midnight(player).picks("resident")
    assert player.sees == f"Arbeit\n{CLOSED}"


def test_a_closed_question_is_not_offered_as_the_way_back() -> None:
    player = after_midnight(in_topic("arbeit", "working", content=closing(TODAY, "arbeit")))
    player.says("Zu spät.")
    assert "Zurück zur Frage" not in player.does("/events").buttons
    assert "Fragen weiter beantworten" not in player.presses("m:menu").buttons


@pytest.mark.parametrize(
    "deed",
    [
        lambda player: player.does("/language").taps("English").taps("Deutsch", on=player.shown[-2]),
        lambda player: player.sends(Refused.MEDIA),
        lambda player: player.does("/unbekannt"),
    ],
    ids=["language", "photo", "unknown command"],
)
def test_a_closed_question_is_not_shown_again(deed: Deed) -> None:
    player = after_midnight(in_topic("arbeit", "working", content=closing(TODAY, "arbeit")))
    deed(player)
    assert CLOSED in player.sees
    assert "Wie gut passt Ihre Arbeit" not in player.sees


def test_nobody_is_sent_to_questions_that_are_closed() -> None:
    cancelled = with_forum(closing(YESTERDAY, "arbeit"), "arbeit", cancellation=GOOD)
    full = with_forum(closing(YESTERDAY, "arbeit"), "arbeit", seats=1, taken=1)
    for content in (cancelled, full):
        player = newcomer(content=content).presses("m:come:forum_arbeit")
        assert "/topics" not in player.sees


# After the forum, and without one.


def steps_asked(player: Player) -> list[str]:
    """Walk to the thanks, refusing the invitation, and list the questions on the way."""
    asked = []
    while isinstance(place := player.session.place, Asking):
        asked.append(place.step)
        step = player.content.find_step(place.step)
        assert step is not None
        if step.spine is Spine.FORUM:
            player.picks("decline")
        elif step.maximum > 1:
            answer(player, f"{step.options[0].code}!")
        else:
            player.picks(step.options[0].code if step.options else "_skip")
    return asked


def forum_step(content: Content, field: str) -> str:
    flow = content.find_field(field)
    assert flow is not None
    return next(step.id for step in flow.steps if step.spine is Spine.FORUM)


@pytest.mark.parametrize("field", list(DAYS))
@pytest.mark.parametrize(
    ("what", "is_asked", "thanks"),
    [
        ({}, True, f"{THANKS} Wir fassen alle Antworten zusammen. Die Zusammenfassung geht an das"),
        ({"meeting": None}, True, f"{THANKS} Wir fassen alle Antworten zusammen."),
        ({"cancellation": Cancellation()}, True, f"{THANKS} Wir fassen alle Antworten zusammen."),
        ({"cancellation": GOOD}, False, f"{THANKS} Ihre Antworten gehen an die Stadtverwaltung."),
        (
            {"meeting": meeting(TODAY, "09:00", "12:30")},
            False,
            f"{THANKS} Das Fachforum war schon. Ihre Antworten gehen an die Stadtverwaltung.",
        ),
    ],
    ids=["to come", "open", "cancelled", "cancelled for good", "over"],
)
def test_question_and_thanks_follow_the_forum_of_the_field(
    field: str, what: dict[str, Any], is_asked: bool, thanks: str
) -> None:
    content = with_forum(planned(), field, **what)
    player = participant(content=content).opens(Action.FIELD, field)
    asked = steps_asked(player)
    assert (forum_step(content, field) in asked) == is_asked
    assert player.sees.startswith(thanks)
    assert "Ihr Name steht nicht dabei." in player.sees
    assert ("Fachforum" in player.sees.split("\n")[0]) == (what.get("cancellation") is not GOOD)


@pytest.mark.parametrize("what", [{"meeting": None}, {"cancellation": Cancellation()}])
def test_an_invitation_without_a_date_says_that_it_is_open(what: dict[str, Any]) -> None:
    player = in_topic(
        "werte", "s4", "none", "_skip", "none!", "s5", content=with_forum(planned(), "werte", **what)
    )
    assert "Der Termin steht noch nicht fest. Wir schreiben Ihnen, sobald wir ihn kennen." in player.sees


def test_the_progress_counts_one_question_less_after_the_forum() -> None:
    before = in_topic("werte", content=planned())
    after = in_topic("werte", content=planned(), now=AFTER_FORUMS)
    assert before.sees.startswith("Frage 1 von 6\n")
    assert after.sees.startswith("Frage 1 von 5\n")


def test_who_stands_at_the_forum_question_when_the_forum_ends_is_thanked_and_loses_nothing() -> None:
    player = in_topic("werte", "s4", "none", "_skip", "none!", "s5", content=planned())
    before = player.stored.answers
    player.now = AFTER_FORUMS
    player.picks("invite")
    assert player.stored.answers == before
    assert player.stored.subscriptions == frozenset()
    player.does("/topics").taps("Werte, Regeln und Normen").taps("Weiter")
    assert player.session.finished == ("werte",)
    assert player.sees.startswith(f"{THANKS} Das Fachforum war schon.")


def edits(player: Player) -> list[str]:
    """The questions whose answers the review offers to change."""
    return [press.argument for press in player.screen.presses if press.action is Action.EDIT]  # type: ignore[union-attr]


def invited(content: Content | None = None, needs: str = "interpreter+childcare") -> Player:
    """Somebody who asked to be invited and said what they need."""
    player = walk_to_thanks(in_topic("arbeit", content=content or planned()), "invite").taps("Ja")
    return answer(player.opens(Action.NEEDS), needs)


AFTER = on(DAYS["arbeit"], "20:30")


def test_an_answer_to_the_forum_question_stays_stored_after_the_forum() -> None:
    player = invited()
    before = player.answers
    player.now = AFTER
    player.does("/topics").taps("Arbeit").taps("Meine Antworten ansehen")
    assert player.answers == before
    assert player.answers["arb_forum"] == ("invite",)


def test_an_answer_to_the_forum_question_can_still_be_read_after_the_forum() -> None:
    player = invited()
    player.now = AFTER
    player.does("/topics").taps("Arbeit").taps("Meine Antworten ansehen")
    assert "Ja, bitte einladen" in player.sees
    assert "arbeit.arb_forum" not in edits(player), "to be read, not to be changed"
    assert "Ja, bitte einladen" in player.does("/mydata").sees.split("\n")


def test_needs_are_neither_offered_nor_asked_after_the_forum() -> None:
    player = walk_to_thanks(in_topic("arbeit", content=planned()), "invite").taps("Ja")
    assert "Was ich für das Treffen brauche" in player.buttons
    old = player.screen
    player.now = AFTER
    player.taps("Was ich für das Treffen brauche", on=old)
    assert not isinstance(player.session.place, Asking)
    assert "Was ich für das Treffen brauche" not in player.buttons
    player.presses("m:thanks:arbeit").taps("Nein, danke")
    assert player.sees.startswith(f"{THANKS} Das Fachforum war schon.")
    assert "Was ich für das Treffen brauche" not in player.buttons


@pytest.mark.parametrize("cancellation", [Cancellation(), GOOD], ids=["looked for", "for good"])
def test_needs_are_asked_as_long_as_the_forum_may_come(cancellation: Cancellation) -> None:
    player = walk_to_thanks(in_topic("arbeit", content=planned()), "invite").taps("Ja")
    player.content = with_forum(planned(), "arbeit", cancellation=cancellation)
    player.presses("m:needs:arbeit")
    assert isinstance(player.session.place, Asking) == cancellation.new_date_wanted


def test_needs_take_no_answer_after_the_forum() -> None:
    player = walk_to_thanks(in_topic("arbeit", content=planned()), "invite").taps("Ja").opens(Action.NEEDS)
    player.picks("interpreter")
    player.now = AFTER
    player.picks("_done")
    assert "forum_needs" not in player.answers


def test_needs_cannot_be_changed_in_the_review_after_the_forum() -> None:
    player = invited()
    player.now = AFTER
    player.does("/topics").taps("Arbeit").taps("Meine Antworten ansehen")
    assert "forum_arbeit.forum_needs" not in edits(player)


def test_the_topic_of_a_forum_that_is_over_can_still_be_answered() -> None:
    player = in_topic("arbeit", content=planned(), now=on("2027-10-01", "12:00"))
    assert "arb_forum" not in steps_asked(player)
    assert player.session.finished == ("arbeit",)
    assert player.stored.subscriptions == frozenset()


def test_a_new_date_after_a_cancellation_brings_the_forum_question_back() -> None:
    content = with_forum(planned(), "arbeit", cancellation=GOOD)
    player = walk_to_thanks(in_topic("arbeit", content=content))
    assert player.session.finished == ("arbeit",)
    player.content = with_forum(planned(), "arbeit", meeting=meeting("2027-10-05"))
    player.does("/topics").taps("Arbeit").taps("Meine Antworten ansehen").opens(Action.EDIT, "arbeit.arb_now")
    player.picks("looking")
    asked = steps_asked(player)
    assert asked[-1] == "arb_forum"


# The freeze.


def frozen(player: Player) -> Player:
    player.now = dt.datetime.combine(player.content.town.freeze_date, dt.time(0, 0), BERLIN)
    player.now += dt.timedelta(days=1)
    return player


@pytest.mark.parametrize("field", list(DAYS))
def test_after_the_freeze_every_topic_is_closed_with_the_same_words(field: str) -> None:
    content = closing(dt.date(2028, 12, 31), content=planned())
    player = frozen(participant(content=content))
    before = player.stored.answers
    for way in (f"m:field:{field}", f"m:resume:{field}", f"m:restart:{field}.1", f"m:say:{field}"):
        assert player.presses(way).sees == ALL_CLOSED
        assert player.buttons == ["Termine der Fachforen", "Erinnerungen", "Menü"]
    assert player.does(f"/start {field}-vhs").sees == ALL_CLOSED
    assert player.does("/topics").sees == ALL_CLOSED
    assert player.stored.answers == before


@pytest.mark.parametrize(
    "way",
    ["m:comment:arbeit", "m:needs:arbeit", "m:prio", "m:profile", "m:profgo", "m:edit:profile.prof_role"],
)
def test_after_the_freeze_the_shared_questions_are_closed_too(way: str) -> None:
    player = frozen(invited())
    before = player.stored.answers
    assert player.presses(way).sees == ALL_CLOSED
    assert player.stored.answers == before


def test_at_the_freeze_a_topic_with_its_own_last_day_says_that_all_is_over() -> None:
    player = frozen(participant(content=closing(YESTERDAY, "arbeit")))
    assert player.presses("m:field:arbeit").sees == ALL_CLOSED


def test_after_the_freeze_answers_can_be_read_and_no_way_leads_back_to_a_question() -> None:
    player = frozen(in_topic("arbeit", "working", content=planned()))
    player.taps("5 – sehr gut")
    assert player.sees == ALL_CLOSED
    assert "Fragen weiter beantworten" not in player.presses("m:menu").buttons
    for page in ("/events", "/about", "/help", "/mydata", "/privacy"):
        assert "Zurück zur Frage" not in player.does(page).buttons, page
    player.presses("m:review:arbeit")
    assert player.buttons == ["Menü"]
    assert "Ich arbeite" in player.sees


def test_after_the_freeze_a_newcomer_finds_dates_and_messages_but_no_questions() -> None:
    player = frozen(newcomer(content=with_forum(planned(), "werte", meeting=meeting("2028-03-01"))))
    assert player.taps("Meinung sagen").sees == ALL_CLOSED
    player.taps("Termine der Fachforen").opens(Action.EVENT, "forum_werte").opens(Action.COME).taps("Ja")
    assert player.sees.startswith("Danke, Sie sind angemeldet.")
    assert player.stored.answer_consent is None
    assert player.stored.session is None
