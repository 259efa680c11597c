"""What people do about a meeting: be reminded, come or not, take its date along, and end it all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from conversations.content import Content
from conversations.events import (
    CalendarFileRequested,
    ConsentGiven,
    Event,
    ForumReplied,
    InterpreterNoted,
    MessagesDeclined,
    PoppedUp,
    ScreenShown,
    Subscribed,
    Unsubscribed,
)
from conversations.incoming import Action, BlockedBot
from conversations.person import Attendance, Purpose
from conversations.programme import Cancellation, Reason, Reply, Support
from conversations.session import Asking, Sheet, SheetName
from tests.support.meetings import meeting, on, planned, with_council, with_forum
from tests.support.play import Player, Stored, answer, in_topic, newcomer, walk_to_thanks

TOPIC = "forum_arbeit"
NO_INTERPRETER = "Bu toplantıda maalesef sizin diliniz için tercüman yok."
CANCELLED_FOR_GOOD = Cancellation(Reason.ROOM, new_date_wanted=False)
WHEN = "Tag: Donnerstag, 16. September 2027\nZeit: 18:00 Uhr\nOrt: Stadthalle, Blumenstraße 41"
WEEK_BEFORE, DAY_BEFORE = "9. September 2027, 10:00 Uhr", "15. September 2027, 17:00 Uhr"
HOURS_BEFORE = "16. September 2027, 16:00 Uhr"
COMING, NOT_COMING = Attendance(Reply.COMING), Attendance(Reply.NOT_COMING)


def changes(player: Player) -> list[Event]:
    """What the last turn changed."""
    assert player.turn is not None
    return [event for event in player.turn.events if not isinstance(event, ScreenShown | PoppedUp)]


def visitor(content: Content | None = None, topic: str = TOPIC, **more: object) -> Player:
    """Somebody who has just come, has agreed to nothing, and looks at the page of a meeting."""
    player = newcomer(content=content or planned(), **more)
    return player.does("/events").opens(Action.EVENT, topic)


def listener(content: Content | None = None, topic: str = TOPIC, **more: object) -> Player:
    """Somebody who has agreed to messages, subscribed to nothing, and looks at the page of a meeting."""
    player = newcomer(content=content or planned(), **more).does("/reminders").opens(Action.AGREE_MESSAGES)
    return player.does("/events").opens(Action.EVENT, topic)


def guest(content: Content | None = None, topic: str = TOPIC, **more: object) -> Player:
    """Somebody who is registered for a forum."""
    return listener(content, topic, **more).opens(Action.COME)


def said_about(player: Player, topic: str = TOPIC) -> Attendance:
    return player.person.attendance_of(topic)


# The list and the page of a meeting.


def test_the_list_names_every_meeting_with_day_time_place_and_the_days_left() -> None:
    player = newcomer(content=planned()).does("/events")
    assert (
        f"Fachforum Arbeit\n{WHEN}\nEs wird gedolmetscht: \u2068العربية\u2069.\nNoch 29 Tage" in player.sees
    )
    assert "Noch 92 Tage bis zur Sitzung." in player.sees
    assert player.sees.count("Noch ") == 6
    topics = [press.argument for press in player.screen.presses if press.action is Action.EVENT]  # type: ignore[union-attr]
    assert topics == [
        *(f"forum_{code}" for code in ("sprache", "bildung", "arbeit", "wohnen", "werte")),
        "council",
    ]


@pytest.mark.parametrize(
    ("now", "line"),
    [
        (on("2027-09-14", "23:59"), "Noch 2 Tage bis zum Fachforum."),
        (on("2027-09-15", "00:00"), "Noch 1 Tag bis zum Fachforum."),
        (on("2027-09-16", "00:00"), "Das Treffen ist heute."),
        (on("2027-09-16", "20:29"), "Das Treffen ist heute."),
        (on("2027-09-16", "20:30"), "Das Treffen ist vorbei."),
    ],
)
def test_the_days_left_are_days_of_the_calendar(now: dt.datetime, line: str) -> None:
    page = visitor(now=now)
    assert line in page.sees
    assert line in page.does("/events").sees


def test_the_page_of_a_meeting_says_in_words_what_is_switched_on_and_offers_the_rest() -> None:
    player = visitor()
    assert player.sees.startswith(f"Fachforum Arbeit\n{WHEN}\n")
    assert player.sees.endswith("Freie Plätze: 60\n\nErinnerung: ausgeschaltet")
    assert player.buttons == [
        "Ich komme",
        "Ich kann nicht",
        "Erinnerung einschalten",
        "Kalender-Datei",
        "Alle Termine",
        "Menü",
    ]
    player = guest()
    assert player.sees.endswith("Freie Plätze: 59\n\nSie sind angemeldet.\nErinnerung: eingeschaltet")
    assert player.buttons == [
        "Ich kann nicht",
        "Erinnerung ausschalten",
        "Kalender-Datei",
        "Alle Termine",
        "Menü",
    ]


def test_a_forum_without_a_limit_speaks_of_no_seats_and_is_never_full() -> None:
    player = guest(with_forum(planned(), "arbeit", seats=None, taken=10_000))
    assert "Freie Plätze" not in player.sees
    assert said_about(player) == COMING


def test_the_council_cannot_be_registered_for() -> None:
    player = visitor(topic="council")
    assert player.sees.startswith("Gemeinderat: Beratung über den Plan\nTag: Donnerstag, 18. November 2027")
    assert player.buttons == ["Erinnerung einschalten", "Kalender-Datei", "Alle Termine", "Menü"]
    assert changes(player.presses("m:come:council")) == []
    assert changes(player.presses("m:cannot:council")) == []
    assert player.sees.startswith("Gemeinderat: Beratung über den Plan")


@pytest.mark.parametrize(
    ("cancellation", "lines"),
    [
        (Cancellation(), ["Wir suchen einen neuen Termin und schreiben Ihnen dann."]),
        (Cancellation(Reason.ILL), ["Grund: Krankheit", "Wir suchen einen neuen Termin"]),
        (CANCELLED_FOR_GOOD, ["Grund: Der Raum ist nicht frei", "Es gibt keinen neuen Termin."]),
    ],
)
def test_a_cancelled_forum_says_so_in_the_list_and_on_its_page(
    cancellation: Cancellation, lines: list[str]
) -> None:
    player = visitor(with_forum(planned(), "arbeit", cancellation=cancellation))
    for screen in (player.sees, player.does("/events").sees):
        assert f"{WHEN}\nDas Treffen fällt aus.\n" in screen
        for line in lines:
            assert line in screen


# Being reminded.


def test_the_reminder_is_confirmed_with_the_times_at_which_it_really_comes() -> None:
    player = listener().opens(Action.REMIND)
    assert player.sees.startswith(
        f"Gut. Wir erinnern Sie: {WEEK_BEFORE} · {DAY_BEFORE}.\n\nFachforum Arbeit\n{WHEN}"
    )
    assert changes(player) == [Subscribed(TOPIC)]
    assert said_about(player) == Attendance(), "being reminded is not coming"


def test_without_consent_2_it_is_asked_for_first_and_the_reminder_follows_at_once() -> None:
    player = visitor().opens(Action.REMIND)
    assert player.sees.startswith("Dürfen wir Ihnen in Telegram schreiben?")
    assert player.buttons == ["Ja", "Nein", "Sprache ändern / Language"]
    assert player.stored == Stored(language="de")
    player.taps("Ja")
    assert changes(player) == [ConsentGiven(Purpose.MESSAGES, "1"), Subscribed(TOPIC)]
    assert player.sees.startswith(f"Gut. Wir erinnern Sie: {WEEK_BEFORE} · {DAY_BEFORE}.")
    assert player.stored.answer_consent is None
    assert player.stored.session is None, "nothing of the other world"


def test_consent_2_is_noted_with_version_language_and_day() -> None:
    consent = visitor(now=on("2027-08-20", "23:59")).opens(Action.REMIND).taps("Ja").stored.message_consent
    assert consent is not None
    assert (consent.version, consent.language, consent.day) == ("1", "de", dt.date(2027, 8, 20))


@pytest.mark.parametrize("deed", [Action.REMIND, Action.COME])
def test_who_says_no_to_messages_is_back_on_the_page_and_nothing_is_kept(deed: Action) -> None:
    player = visitor()
    page = player.sees
    player.opens(deed).taps("Nein")
    assert player.sees.endswith(page)
    assert changes(player) == []
    assert player.stored == Stored(language="de")


def test_who_wanted_to_come_and_says_no_to_messages_reads_that_they_are_not_registered() -> None:
    player = visitor().opens(Action.COME).taps("Nein")
    assert "nicht angemeldet" in player.sees


@pytest.mark.parametrize(
    ("now", "deed", "times"),
    [
        (on("2027-09-09", "09:59"), Action.REMIND, [WEEK_BEFORE, DAY_BEFORE]),
        (on("2027-09-09", "10:00"), Action.REMIND, [DAY_BEFORE]),
        (on("2027-09-13", "12:00"), Action.REMIND, [DAY_BEFORE]),
        (on("2027-09-13", "12:00"), Action.COME, [DAY_BEFORE, HOURS_BEFORE]),
        (on("2027-09-15", "16:59"), Action.COME, [DAY_BEFORE, HOURS_BEFORE]),
        (on("2027-09-15", "17:00"), Action.COME, [HOURS_BEFORE]),
        (on("2027-09-15", "17:00"), Action.REMIND, []),
        (on("2027-09-16", "15:59"), Action.COME, [HOURS_BEFORE]),
        (on("2027-09-16", "16:00"), Action.COME, []),
        (on("2027-09-16", "17:59"), Action.REMIND, []),
        (on("2027-09-16", "17:59"), Action.COME, []),
    ],
)
def test_who_comes_late_is_told_what_is_left(now: dt.datetime, deed: Action, times: list[str]) -> None:
    player = listener(now=now).opens(deed)
    none_left = "Gut. Vor diesem Treffen kommt keine Erinnerung mehr. Wenn sich etwas ändert, schreiben wir"
    assert (f"Gut. Wir erinnern Sie: {' · '.join(times)}." if times else none_left) in player.sees
    assert TOPIC in player.stored.subscriptions


def test_a_reminder_two_hours_before_that_falls_into_the_night_is_not_promised() -> None:
    early = with_forum(planned(), "arbeit", meeting=meeting("2027-09-16", "09:30", "11:00"))
    player = guest(early)
    assert f"Wir erinnern Sie: {WEEK_BEFORE} · {DAY_BEFORE}." in player.sees


def test_the_times_follow_the_wall_clock_over_the_end_of_summer_time() -> None:
    late = with_forum(planned(), "arbeit", meeting=meeting("2027-11-01"))
    assert (
        "Wir erinnern Sie: 25. Oktober 2027, 10:00 Uhr · 31. Oktober 2027, 17:00 Uhr ·"
        " 1. November 2027, 16:00 Uhr." in guest(late).sees
    )


def test_while_the_date_is_open_it_is_promised_to_write_then() -> None:
    player = visitor(with_forum(planned(), "arbeit", meeting=None))
    assert player.buttons == ["Erinnerung einschalten", "Alle Termine", "Menü"]
    player.opens(Action.REMIND).taps("Ja")
    assert player.sees == (
        "Gut. Wir schreiben Ihnen, sobald der Termin feststeht.\n\nFachforum Arbeit\n\n"
        "Erinnerung: eingeschaltet"
    )
    assert player.stored.subscriptions == {TOPIC}


def test_of_the_council_one_is_reminded_the_day_before() -> None:
    player = listener(topic="council").opens(Action.REMIND)
    assert "Wir erinnern Sie: 17. November 2027, 17:00 Uhr." in player.sees
    assert player.stored.subscriptions == {"council"}


def test_a_cancelled_forum_for_which_a_new_date_is_looked_for_can_be_waited_for() -> None:
    player = listener(with_forum(planned(), "arbeit", cancellation=Cancellation()))
    assert "Ich komme" not in player.buttons
    assert player.opens(Action.REMIND).sees.startswith(
        "Gut. Wir schreiben Ihnen, sobald der Termin feststeht."
    )


def test_a_reminder_switched_on_in_the_list_of_subscriptions_shows_on_the_page() -> None:
    player = newcomer(content=planned()).does("/reminders").taps("Ja").taps("Fachforum Arbeit")
    player.does("/events").opens(Action.EVENT, TOPIC)
    assert player.sees.endswith("Erinnerung: eingeschaltet")


def test_the_reminder_goes_on_at_once_when_consent_2_was_given_at_another_door() -> None:
    player = newcomer(content=planned()).taps("Nur Nachrichten").taps("Ja").does("/events")
    assert changes(player.opens(Action.EVENT, TOPIC).opens(Action.REMIND)) == [Subscribed(TOPIC)]


# Coming.


def test_who_comes_is_registered_reminded_and_told_how_to_free_the_seat() -> None:
    player = listener().opens(Action.COME)
    assert player.sees.startswith(
        "Danke, Sie sind angemeldet. Wenn Sie doch nicht kommen, tippen Sie bitte auf „Ich kann nicht“."
        " Dann wird der Platz frei.\n\n"
        f"Gut. Wir erinnern Sie: {WEEK_BEFORE} · {DAY_BEFORE} · {HOURS_BEFORE}."
    )
    assert changes(player) == [Subscribed(TOPIC), ForumReplied(TOPIC, Reply.COMING)]
    assert said_about(player) == COMING


def test_without_consent_2_it_is_asked_for_first_and_the_registration_follows_at_once() -> None:
    player = visitor().opens(Action.COME)
    assert player.sees.startswith("Dürfen wir Ihnen in Telegram schreiben?")
    assert player.stored == Stored(language="de")
    player.taps("Ja")
    assert changes(player) == [
        ConsentGiven(Purpose.MESSAGES, "1"),
        Subscribed(TOPIC),
        ForumReplied(TOPIC, Reply.COMING),
    ]
    assert "Danke, Sie sind angemeldet." in player.sees


def test_the_last_seat_can_be_taken() -> None:
    player = guest(with_forum(planned(), "arbeit", seats=1, taken=0))
    assert said_about(player) == COMING
    assert "Freie Plätze: 0" in player.sees


@pytest.mark.parametrize("who", [visitor, listener])
def test_a_full_forum_says_so_and_registers_nobody(who: type[Player]) -> None:
    player = who(with_forum(planned(), "arbeit", taken=60))
    before = player.stored
    player.opens(Action.COME)
    assert player.sees.startswith(
        f"Für dieses Fachforum gibt es keinen freien Platz mehr.\n\nFachforum Arbeit\n{WHEN}"
    )
    assert "/topics" in player.sees
    assert changes(player) == []
    assert player.stored == before
    assert "Ich komme" in player.buttons, "a seat may be given back"


def test_a_forum_that_fills_up_while_consent_is_asked_for_registers_nobody() -> None:
    player = visitor().opens(Action.COME)
    player.content = with_forum(planned(), "arbeit", taken=60)
    player.taps("Ja")
    assert player.sees.startswith("Für dieses Fachforum gibt es keinen freien Platz mehr.")
    assert changes(player) == [ConsentGiven(Purpose.MESSAGES, "1")]


def test_who_has_a_seat_in_a_full_forum_is_never_told_that_it_is_full() -> None:
    player = guest()
    player.content = with_forum(planned(), "arbeit", taken=60)
    player.presses("m:come:forum_arbeit")
    assert player.sees.startswith("Danke, Sie sind angemeldet.")
    assert changes(player) == []


@pytest.mark.parametrize(
    "what",
    [
        {"meeting": None},
        {"cancellation": Cancellation()},
        {"cancellation": CANCELLED_FOR_GOOD},
        {"meeting": meeting("2027-08-18", "10:00", "12:30")},
    ],
    ids=["open date", "cancelled", "cancelled for good", "over"],
)
@pytest.mark.parametrize("deed", ["come", "cannot"])
@pytest.mark.parametrize("who", [visitor, listener])
def test_one_can_neither_come_nor_decline_where_there_is_no_date_ahead(
    what: dict[str, object], deed: str, who: type[Player]
) -> None:
    player = who(with_forum(planned(), "arbeit", **what))
    page, before = player.sees, player.stored
    assert not {"Ich komme", "Ich kann nicht"} & set(player.buttons)
    player.presses(f"m:{deed}:forum_arbeit")
    assert player.sees == page
    assert player.stored == before


@pytest.mark.parametrize(
    "what",
    [{"cancellation": CANCELLED_FOR_GOOD}, {"meeting": meeting("2027-08-18", "10:00", "12:30")}],
    ids=["cancelled for good", "over"],
)
@pytest.mark.parametrize("who", [visitor, listener])
def test_of_what_will_not_come_any_more_nobody_is_reminded(
    what: dict[str, object], who: type[Player]
) -> None:
    player = who(with_forum(planned(), "arbeit", **what))
    page, before = player.sees, player.stored
    assert not {"Erinnerung einschalten", "Erinnerung ausschalten"} & set(player.buttons)
    assert "Erinnerung:" not in player.sees
    player.presses("m:remind:forum_arbeit")
    assert player.sees == page
    assert player.stored == before


def test_a_sitting_that_is_over_can_be_looked_at_but_not_waited_for() -> None:
    player = visitor(topic="council", now=on("2027-11-19", "09:00"))
    assert "Das Treffen ist vorbei." in player.sees
    assert player.buttons == ["Alle Termine", "Menü"]
    assert changes(player.presses("m:remind:council")) == []


def test_a_registration_from_an_old_button_is_for_the_date_that_holds_now() -> None:
    player = listener()
    old = player.screen
    player.content = with_forum(planned(), "arbeit", meeting=meeting("2027-10-05", "19:00", "21:00"))
    player.taps("Ich komme", on=old)
    assert "Tag: Dienstag, 5. Oktober 2027\nZeit: 19:00 Uhr" in player.sees
    assert "Wir erinnern Sie: 28. September 2027, 10:00 Uhr · 4. Oktober 2027, 17:00 Uhr" in player.sees
    assert "16. September" not in player.sees


# Not coming.


def test_who_cannot_come_gives_the_seat_back_and_may_change_their_mind() -> None:
    player = guest(with_forum(planned(), "arbeit", seats=1, taken=0))
    player.content = with_forum(planned(), "arbeit", seats=1, taken=1)
    player.opens(Action.CANNOT_COME)
    assert player.sees.startswith(
        "Danke für die Nachricht. Sie sind für dieses Fachforum nicht angemeldet.\n\nFachforum Arbeit"
    )
    assert "Freie Plätze: 1" in player.sees
    assert "Sie haben gesagt: Ich kann nicht." in player.sees
    assert "Ich kann nicht" not in player.buttons
    assert changes(player) == [ForumReplied(TOPIC, Reply.NOT_COMING)]
    player.content = with_forum(planned(), "arbeit", seats=1, taken=0)
    player.opens(Action.COME)
    assert said_about(player) == COMING
    assert "Freie Plätze: 0" in player.sees


def test_who_cannot_come_keeps_what_they_subscribed_to_because_changes_are_still_told() -> None:
    assert guest().opens(Action.CANNOT_COME).stored.subscriptions == {TOPIC}


def test_who_cannot_come_and_never_agreed_to_messages_is_thanked_and_nothing_is_stored() -> None:
    player = visitor().opens(Action.CANNOT_COME)
    assert player.sees.startswith("Danke für die Nachricht.")
    assert changes(player) == []
    assert player.stored == Stored(language="de")
    assert "Sie haben gesagt" not in player.sees, "nobody keeps that"


def test_who_cannot_come_reads_that_only_changes_are_still_told_and_may_stop_those_too() -> None:
    player = guest().opens(Action.CANNOT_COME)
    assert player.sees.endswith(
        "Sie haben gesagt: Ich kann nicht.\nWir schreiben Ihnen nur, wenn sich der Termin ändert."
    )
    assert player.buttons[:3] == ["Ich komme", "Erinnerung einschalten", "Nichts mehr zu diesem Treffen"]
    player.opens(Action.STOP_TOPIC)
    assert player.sees.endswith("Sie haben gesagt: Ich kann nicht.\nErinnerung: ausgeschaltet")
    assert player.stored.subscriptions == frozenset()


@pytest.mark.parametrize(
    "way",
    [
        lambda player: player.opens(Action.REMIND),
        lambda player: player.opens(Action.STOP_TOPIC).opens(Action.REMIND),
        lambda player: player.opens(Action.STOP_TOPIC).presses("m:sub:forum_arbeit"),
    ],
    ids=["while changes are told", "after all was stopped", "in the list of subscriptions"],
)
def test_who_wants_reminders_again_is_no_longer_somebody_who_cannot_come(way) -> None:  # type: ignore[no-untyped-def]
    """Reminders that are promised must come, and none comes to somebody who cannot come."""
    player = guest().opens(Action.CANNOT_COME)
    way(player)
    assert ForumReplied(TOPIC, None) in changes(player)
    assert said_about(player) == Attendance()
    assert TOPIC in player.stored.subscriptions
    player.does("/events").opens(Action.EVENT, TOPIC)
    assert player.sees.endswith("Erinnerung: eingeschaltet")
    assert "Sie haben gesagt" not in player.sees
    assert player.buttons[:2] == ["Ich komme", "Ich kann nicht"]


def test_who_subscribed_before_they_said_that_they_cannot_come_is_left_alone() -> None:
    player = guest().opens(Action.CANNOT_COME).presses("m:sub:forum_arbeit")
    assert changes(player) == [], "switched on already: nothing has been asked for"
    assert said_about(player) == NOT_COMING


# Nothing more about a meeting.


def test_nothing_more_about_a_meeting_leaves_everything_else_as_it_is() -> None:
    player = guest().does("/reminders").taps("Entwurf des Plans").does("/events").opens(Action.EVENT, TOPIC)
    player.opens(Action.STOP_TOPIC)
    assert player.sees.startswith(
        "Gut. Zu diesem Treffen schicken wir nichts mehr.\n\nFachforum Arbeit\n" + WHEN
    )
    assert player.sees.endswith("Sie sind angemeldet.\nErinnerung: ausgeschaltet")
    assert changes(player) == [Unsubscribed(frozenset({TOPIC}))]
    assert player.stored.subscriptions == {"plan_draft"}
    assert player.stored.message_consent is not None
    assert said_about(player) == COMING, "the registration stays"


def test_nothing_more_about_the_council() -> None:
    player = listener(topic="council").opens(Action.REMIND).opens(Action.STOP_TOPIC)
    assert player.sees.startswith("Gut. Zu diesem Treffen schicken wir nichts mehr.\n\nGemeinderat")
    assert player.stored.subscriptions == frozenset()


def test_from_an_old_message_one_can_stop_what_is_over_or_cancelled() -> None:
    for what in ({"cancellation": CANCELLED_FOR_GOOD}, {"meeting": meeting("2027-08-18", "10:00", "12:00")}):
        player = guest()
        player.content = with_forum(planned(), "arbeit", **what)
        player.presses("m:stopit:forum_arbeit")
        assert player.sees.startswith("Gut. Zu diesem Treffen schicken wir nichts mehr.")
        assert player.stored.subscriptions == frozenset()


# The calendar file.


@pytest.mark.parametrize("topic", [TOPIC, "council"])
def test_the_calendar_file_is_sent_and_the_screen_stays(topic: str) -> None:
    player = visitor(topic=topic)
    shown = len(player.shown)
    player.opens(Action.CALENDAR)
    assert player.turn is not None
    assert player.turn.events == (CalendarFileRequested(topic),)
    assert len(player.shown) == shown
    assert player.stored == Stored(language="de")


def test_without_a_date_there_is_no_file_and_the_page_says_why() -> None:
    player = visitor(with_forum(planned(), "arbeit", meeting=None)).presses("m:ics:forum_arbeit")
    assert "Der Termin steht noch nicht fest." in player.sees
    assert changes(player) == []


def test_of_a_cancelled_forum_the_file_can_still_be_had_from_an_old_message() -> None:
    player = visitor()
    old = player.screen
    player.content = with_forum(planned(), "arbeit", cancellation=Cancellation())
    assert changes(player.taps("Kalender-Datei", on=old)) == [CalendarFileRequested(TOPIC)]


# Unknown topics and repeated presses.


@pytest.mark.parametrize(
    "topic",
    ["", "forum_", "forum_nirgends", "arbeit", "results", "plan_draft", "forum_arbeit_", "0", "remind", "."],
)
@pytest.mark.parametrize("deed", ["event", "remind", "come", "cannot", "ics"])
@pytest.mark.parametrize("who", [visitor, listener])
def test_an_unknown_meeting_leads_to_the_list_and_changes_nothing(
    topic: str, deed: str, who: type[Player]
) -> None:
    player = who()
    before = player.stored
    player.presses(f"m:{deed}:{topic}" if topic else f"m:{deed}")
    assert player.sees.startswith("Termine der Fachforen")
    assert player.stored == before


@pytest.mark.parametrize("argument", ["remind.nirgends", "come.council", "come.", "remind", "come.results"])
def test_a_forged_consent_for_an_unknown_meeting_consents_and_subscribes_to_nothing(argument: str) -> None:
    player = visitor().presses(f"m:msgyes:{argument}")
    assert changes(player) == [ConsentGiven(Purpose.MESSAGES, "1")]
    assert player.stored.subscriptions == frozenset()
    assert player.stored.attendance == ()


def test_a_forged_refusal_for_an_unknown_meeting_leads_to_the_menu() -> None:
    player = visitor().presses("m:msgno:come.nirgends")
    assert player.sees == "Was möchten Sie tun?"
    assert player.stored == Stored(language="de")


@pytest.mark.parametrize(
    "deeds",
    [
        [Action.REMIND],
        [Action.COME],
        [Action.CANNOT_COME],
        [Action.COME, Action.CANNOT_COME],
        [Action.COME, Action.STOP_TOPIC],
        [Action.REMIND, Action.STOP_TOPIC],
    ],
)
def test_a_repeated_press_changes_nothing_and_shows_the_same(deeds: list[Action]) -> None:
    player = listener()
    for deed in deeds:
        player.opens(deed)
    before, seen = player.stored, player.sees
    player.content = with_forum(planned(), "arbeit", taken=60 - seats_shown(seen))
    player.taps_again()
    assert changes(player) == []
    assert (player.stored, player.sees) == (before, seen)


def seats_shown(page: str) -> int:
    return int(page.partition("Freie Plätze: ")[2].split("\n")[0])


def test_a_repeated_yes_to_messages_changes_nothing() -> None:
    player = visitor().opens(Action.COME).taps("Ja")
    before = player.stored
    player.taps_again()
    assert changes(player) == []
    assert player.stored == before


# The page as it stands in the chat later on.


def test_a_page_that_is_shown_again_after_the_forum_was_cancelled_does_not_promise_a_date() -> None:
    player = at_the_page_of_a_forum().opens(Action.COME)
    player.content = with_forum(planned(), "arbeit", cancellation=CANCELLED_FOR_GOOD)
    player.says("hallo")
    assert "Das Treffen fällt aus." in player.sees
    assert "Wir schreiben Ihnen, sobald der Termin feststeht" not in player.sees


def test_a_page_that_is_shown_again_after_the_forum_does_not_promise_messages() -> None:
    player = at_the_page_of_a_forum().opens(Action.COME)
    player.now = on("2027-09-17", "09:00")
    player.says("hallo")
    assert "Das Treffen ist vorbei." in player.sees
    assert "schreiben wir Ihnen" not in player.sees


def test_a_page_that_is_shown_again_after_a_seat_was_freed_does_not_say_that_there_is_none() -> None:
    full = with_forum(planned(), "arbeit", taken=60)
    player = at_the_page_of_a_forum(full).opens(Action.COME)
    player.content = with_forum(planned(), "arbeit", taken=59)
    player.says("hallo")
    assert "Freie Plätze: 1" in player.sees
    assert "keinen freien Platz mehr" not in player.sees


def test_a_page_does_not_confirm_a_reminder_that_is_not_switched_on() -> None:
    player = visitor().presses("m:event:forum_arbeit.confirmed")
    assert "Erinnerung: ausgeschaltet" in player.sees
    assert "Wir erinnern Sie" not in player.sees


def at_the_page_of_a_forum(content: Content | None = None) -> Player:
    """Somebody who takes part, wants messages, and looks at the page of a forum."""
    player = in_topic("arbeit", content=content or planned())
    player.does("/reminders").opens(Action.AGREE_MESSAGES)
    return player.does("/events").opens(Action.EVENT, TOPIC)


def test_every_page_about_a_meeting_shows_the_way_back_to_an_open_question() -> None:
    player = in_topic("arbeit", "working", content=planned()).does("/events").opens(Action.EVENT, TOPIC)
    for deed in (
        lambda: player.opens(Action.COME).taps("Ja"),
        lambda: player.opens(Action.CANNOT_COME),
        lambda: player.opens(Action.STOP_TOPIC),
        lambda: player.opens(Action.REMIND),
    ):
        deed()
        assert player.buttons[0] == "Zurück zur Frage"
    assert player.taps("Zurück zur Frage").session.place == Asking("arbeit", "arb_fit")


# Needs, and interpreting above all.


def invited(language: str = "de", consent: str = "Ja", **more: object) -> Player:
    """Somebody who asked to be invited to the forum about work, and says now what they need there."""
    more = {"content": planned(), "phone": language, **more}
    player = walk_to_thanks(in_topic("arbeit", language=LANGUAGES[language], **more), "invite")
    return player.opens(Action.AGREE_MESSAGES if consent == "Ja" else Action.DECLINE_MESSAGES)


LANGUAGES = {"de": "Deutsch", "tr": "Türkçe", "ar": "العربية"}


def notes(player: Player) -> list[Event]:
    return [event for event in changes(player) if isinstance(event, InterpreterNoted)]


def test_who_needs_interpreting_and_wants_reminders_has_it_noted_with_the_contact() -> None:
    player = invited().opens(Action.NEEDS)
    assert said_about(player) == Attendance()
    answer(player, "interpreter+childcare")
    assert notes(player) == [InterpreterNoted(TOPIC, True)]
    assert said_about(player) == Attendance(wants_interpreter=True)
    assert player.person.attendance.keys() == {TOPIC}, "no other forum"
    assert notes(player.does("/topics")) == [], "noted once"


def test_what_else_somebody_needs_is_not_noted_with_the_contact() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "evening+company+childcare")
    assert notes(player) == []
    assert player.stored.attendance == ()


def test_without_consent_2_nothing_is_noted_and_a_later_reminder_makes_up_for_it() -> None:
    player = invited(consent="Nein").opens(Action.NEEDS)
    answer(player, "interpreter!")
    assert player.stored.attendance == ()
    player.does("/events").opens(Action.EVENT, TOPIC).opens(Action.REMIND)
    assert player.stored.attendance == ()
    player.taps("Ja")
    assert notes(player) == [InterpreterNoted(TOPIC, True)]
    assert said_about(player) == Attendance(wants_interpreter=True)


def test_with_consent_2_but_no_subscription_to_that_forum_nothing_is_noted() -> None:
    player = invited(consent="Nein").does("/reminders").taps("Ja").taps("Fachforum Wohnen")
    player.does("/topics").opens(Action.FIELD, "arbeit").opens(Action.REVIEW).opens(Action.THANKS)
    answer(player.opens(Action.FOLLOW_NO).opens(Action.NEEDS), "interpreter!")
    assert player.stored.attendance == ()


def test_a_need_that_is_taken_back_is_taken_off_the_contact() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!").opens(Action.NEEDS)
    player.picks("nothing").picks("_done")
    assert notes(player) == [InterpreterNoted(TOPIC, False)]
    assert said_about(player) == Attendance()


def test_a_need_stays_beside_what_was_said_about_coming() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!").does("/events").opens(Action.EVENT, TOPIC).opens(Action.COME)
    assert said_about(player) == Attendance(Reply.COMING, wants_interpreter=True)
    player.opens(Action.CANNOT_COME)
    assert said_about(player) == Attendance(Reply.NOT_COMING, wants_interpreter=True)


def test_who_wants_nothing_more_about_a_forum_has_their_need_taken_off_the_contact() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!").does("/events").opens(Action.EVENT, TOPIC)
    player.opens(Action.REMIND) if Action.REMIND in deeds(player) else None
    player.opens(Action.STOP_TOPIC)
    assert notes(player) == [InterpreterNoted(TOPIC, False)]
    assert player.answers["forum_needs"] == ("interpreter",), "the answer is still there, and counted"


def deeds(player: Player) -> set[Action]:
    return {press.action for press in player.screen.presses}  # type: ignore[union-attr]


def test_answers_that_start_again_take_the_need_off_the_contact() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!").does("/topics").opens(Action.FIELD, "arbeit").opens(Action.RESTART)
    assert notes(player) == [InterpreterNoted(TOPIC, False)]


def test_an_invitation_that_is_taken_back_takes_need_and_note_along() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!").opens(Action.REVIEW).opens(Action.EDIT, "arbeit.arb_forum")
    player.picks("decline")
    assert "forum_needs" not in player.answers
    assert TOPIC not in player.stored.subscriptions
    assert said_about(player) == Attendance()


def test_after_the_forum_nothing_is_noted_any_more() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!")
    player.now = on("2027-09-16", "20:30")
    assert notes(player.does("/topics")) == [InterpreterNoted(TOPIC, False)]
    assert notes(player.does("/topics")) == []


def test_when_the_answers_cannot_be_found_any_more_what_was_noted_stays() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!")
    player.stored = replace(player.stored, session=None, answers=(), answer_consent=None)
    assert notes(player.does("/events")) == []
    assert said_about(player) == Attendance(wants_interpreter=True)


@pytest.mark.parametrize(
    ("language", "now", "told"),
    [
        ("tr", on("2027-09-16", "17:00"), True),
        ("tr", on("2027-09-09", "18:00"), True),
        ("tr", on("2027-09-09", "17:59"), False),
        ("ar", on("2027-09-16", "17:00"), False),
    ],
    ids=["on the day", "seven days before", "earlier: it may still be found", "confirmed"],
)
def test_who_needs_interpreting_that_is_not_confirmed_reads_so_on_the_page(
    language: str, now: dt.datetime, told: bool
) -> None:
    player = invited(language).opens(Action.NEEDS)
    answer(player, "interpreter!")
    player.now = now
    player.does("/events").opens(Action.EVENT, TOPIC)
    assert (NO_INTERPRETER in player.sees) == (told and language == "tr")
    assert "للأسف لا تتوفر في هذا اللقاء ترجمة شفوية للغتكم." not in player.sees
    player.content = with_forum(planned(), "arbeit", support=Support(interpreting=("tr", "ar")))
    assert NO_INTERPRETER not in player.does("/events").opens(Action.EVENT, TOPIC).sees


def test_the_page_says_that_interpreting_is_missing_as_soon_as_somebody_registers() -> None:
    player = invited("tr", consent="Nein").opens(Action.NEEDS)
    answer(player, "interpreter!")
    player.now = on("2027-09-14", "12:00")
    player.does("/events").opens(Action.EVENT, TOPIC).opens(Action.COME)
    assert NO_INTERPRETER in player.opens(Action.AGREE_MESSAGES).sees


# Everything off, stop, block.


@pytest.mark.parametrize(
    ("way", "page"),
    [
        (lambda player: player.does("/stop"), SheetName.STOPPED),
        (lambda player: player.says("Stopp!"), SheetName.STOPPED),
        (lambda player: player.says("durdur"), SheetName.STOPPED),
        (lambda player: player.presses("m:alloff"), SheetName.MENU),
    ],
    ids=["command", "word", "word of another language", "button"],
)
def test_the_end_of_all_messages_gives_every_seat_back_and_says_so(way, page: SheetName) -> None:  # type: ignore[no-untyped-def]
    player = walk_to_thanks(in_topic("arbeit", content=planned()))
    player.does("/reminders").taps("Ja").taps("Entwurf des Plans")
    for topic in (TOPIC, "forum_wohnen"):
        player.does("/events").opens(Action.EVENT, topic).opens(Action.COME)
    answers = player.answers
    way(player)
    assert player.sees.startswith(
        "Wir schicken Ihnen keine Nachrichten mehr. Ihre Antworten bleiben gespeichert."
    )
    assert "\n\nSie sind zu keinem Fachforum angemeldet." in player.sees
    gone = frozenset({TOPIC, "forum_wohnen", "plan_draft"})
    assert changes(player) == [Unsubscribed(gone), MessagesDeclined()]
    assert player.session.place == Sheet(page, "ended" if page is SheetName.MENU else "")
    assert player.stored.subscriptions == frozenset()
    assert player.stored.message_consent is None
    assert player.stored.attendance == ()
    assert player.answers == answers
    assert player.says("hallo").sees.count("zu keinem Fachforum angemeldet") == 1, "the page stays as it is"
    way(player)
    assert changes(player) == []
    assert player.sees.startswith("Wir schicken Ihnen keine Nachrichten mehr.")


@pytest.mark.parametrize("who", ["participant", "newcomer"])
def test_a_double_tap_on_ending_all_messages_does_not_hide_that_the_seats_are_gone(who: str) -> None:
    player = guest() if who == "newcomer" else at_the_page_of_a_forum().opens(Action.COME)
    player.presses("m:alloff")
    assert "Sie sind zu keinem Fachforum angemeldet." in player.sees
    player.presses("m:alloff")
    assert changes(player) == []
    assert "Sie sind zu keinem Fachforum angemeldet." in player.sees


@pytest.mark.parametrize("way", ["/stop", "m:alloff"])
def test_who_had_no_seat_reads_nothing_of_seats(way: str) -> None:
    for player in (listener().opens(Action.REMIND), guest().opens(Action.CANNOT_COME)):
        player.does(way) if way[0] == "/" else player.presses(way)
        assert "Wir schicken Ihnen keine Nachrichten mehr." in player.sees
        assert "Anmeldungen" not in player.sees
        assert player.stored.attendance == ()


def test_the_menu_opened_again_does_not_speak_of_lost_seats() -> None:
    player = guest().presses("m:alloff")
    assert "zu keinem Fachforum angemeldet" in player.sees
    assert player.presses("m:menu").sees == "Was möchten Sie tun?"


def test_a_stop_word_on_an_open_question_that_was_meant_gives_the_seats_back_too() -> None:
    player = in_topic("werte", "s4", "none", content=planned())
    player.does("/events").opens(Action.EVENT, TOPIC).opens(Action.COME).taps("Ja").taps("Zurück zur Frage")
    player.says("stopp")
    assert said_about(player) == COMING, "it is asked about first"
    player.picks("_stop")
    assert player.stored.attendance == ()
    assert "Sie sind zu keinem Fachforum angemeldet." in player.sees


def test_needs_noted_with_the_contact_go_with_the_messages_and_are_not_noted_again() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!").does("/stop")
    assert player.stored.attendance == ()
    assert notes(player.does("/topics")) == []
    assert player.stored.attendance == ()


def test_who_blocks_the_bot_keeps_no_seat() -> None:
    player = guest()
    player.meets(BlockedBot())
    assert player.stored == Stored()


def test_a_new_consent_after_a_stop_is_asked_for_and_noted_anew() -> None:
    player = guest().does("/stop").does("/events").opens(Action.EVENT, TOPIC).opens(Action.COME)
    assert player.sees.startswith("Dürfen wir Ihnen in Telegram schreiben?")
    assert TOPIC in player.taps("Ja").stored.subscriptions
    assert said_about(player) == COMING


def test_registrations_work_after_the_questions_are_closed() -> None:
    late = with_forum(planned(), "arbeit", meeting=meeting("2028-03-02"))
    player = visitor(late, now=on("2028-02-20", "12:00")).opens(Action.COME).taps("Ja")
    assert player.sees.startswith("Danke, Sie sind angemeldet.")


def test_my_data_names_what_was_said_about_every_forum() -> None:
    player = invited().opens(Action.NEEDS)
    answer(player, "interpreter!")
    player.does("/events").opens(Action.EVENT, TOPIC).opens(Action.COME)
    player.does("/events").opens(Action.EVENT, "forum_wohnen").opens(Action.CANNOT_COME)
    player.does("/mydata")
    for line in (
        "Angemeldet: Fachforum Arbeit",
        "„Ich kann nicht“ gesagt: Fachforum Wohnen",
        "Dolmetschen gewünscht: Fachforum Arbeit",
        "Nachrichten: Fachforum Arbeit",
    ):
        assert line in player.sees


def test_a_town_whose_council_has_no_date_yet_can_still_be_waited_for() -> None:
    player = listener(with_council(planned(), meeting=None), "council").opens(Action.REMIND)
    assert player.sees.startswith("Gut. Wir schreiben Ihnen, sobald der Termin feststeht.\n\nGemeinderat")


def test_what_a_turn_about_a_meeting_changes_is_stored_from_its_events_alone() -> None:
    """The player stores what the events say; a change made to the person without one would be lost."""
    player = guest()
    assert player.turn is not None
    assert player.turn.person == player.person
    for deed in (Action.CANNOT_COME, Action.STOP_TOPIC, Action.REMIND, Action.COME):
        player.opens(deed)
        assert player.turn.person == player.person, deed
