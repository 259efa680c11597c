"""Following measures and goals: being asked, ticking, agreeing, changing it, ending it; and the results."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from conversations.events import ConsentGiven, MessagesDeclined, ThemesFollowed, ThemesUnfollowed
from conversations.incoming import Action
from conversations.person import Consent, Purpose
from conversations.session import Session, Sheet, SheetName, session_from_json, session_to_json
from conversations.stations import Station, StationCode, StationReason
from conversations.themes import field_of, fields_of, in_order, list_every_theme, list_themes, theme_words
from tests.support.play import NOW, Player, in_topic, newcomer, participant, shipped, town, walk_to_thanks

GOAL, MENTORS, COURSES = "arb_future.skills_used", "arb_measure.job_mentors", "arb_measure.work_courses"
QUESTION = "Sollen wir Ihnen sagen, was aus diesen Themen wird?"
NOTHING = "Noch ist nichts ausgewählt. Tippen Sie auf ein Thema."
DAY = dt.date(2027, 11, 18)


def finished(**more: object) -> Player:
    """Somebody who has chosen a goal and two measures about work, and looks at their answers."""
    player = in_topic(
        "arbeit", "working", "s3", "none", "skills_used", "job_mentors+work_courses", "s5", "decline", **more
    )
    return player.opens(Action.REVIEW)


def asked(**more: object) -> Player:
    return finished(**more).opens(Action.THANKS)


def follower(*themes: str, **more: object) -> Player:
    player = asked(**more)
    for theme in themes or (MENTORS,):
        player.opens(Action.FOLLOW_TICK, f"{theme}.1")
    return player.opens(Action.FOLLOW_YES)


def changes(player: Player) -> list[object]:
    assert player.turn is not None
    kinds = (ConsentGiven, ThemesFollowed, ThemesUnfollowed, MessagesDeclined)
    return [event for event in player.turn.events if isinstance(event, kinds)]


def known(theme: str, code: StationCode = StationCode.STARTED, url: str = "") -> dict[str, Station]:
    reason = StationReason.MONEY if code is StationCode.NOT_TAKEN else None
    return {theme: Station(theme, code, reason, url, DAY)}


# Themes


def test_the_themes_of_a_field_are_its_goals_and_measures_without_the_ends_of_lists() -> None:
    themes = list_themes(town(), "arbeit")
    assert themes[0] == GOAL
    assert len(themes) == 12
    assert not {theme.partition(".")[2] for theme in themes} & {"own", "none", "dont_know", "prefer_not"}
    assert list_themes(town(), "gone") == ()
    for code in town().field_codes:
        assert {field_of(town(), theme) for theme in list_themes(town(), code)} == {code}
    assert len(set(list_every_theme(town()))) == len(list_every_theme(town()))


def test_a_theme_is_named_in_full_where_it_has_a_sentence() -> None:
    assert theme_words(town(), GOAL).key == "t.arb_future.skills_used"
    assert theme_words(town(), MENTORS).key == "o.arb_measure.job_mentors"
    assert in_order(town(), [MENTORS, "gone.gone", GOAL]) == (GOAL, MENTORS)
    assert fields_of(town(), ["wer_measure.clubs", MENTORS]) == ("arbeit", "werte")
    for theme in ("gone.gone", "arb_measure.gone", "arb_measure", ""):
        assert field_of(town(), theme) is None
        with pytest.raises(LookupError):
            theme_words(town(), theme)


# Being asked


def test_after_the_review_it_is_asked_once_and_nothing_is_ticked() -> None:
    player = asked()
    assert player.sees.startswith(QUESTION)
    assert "1. Alle können mit ihren Fähigkeiten arbeiten." in player.sees
    assert player.sees.endswith(NOTHING)
    assert player.buttons == [
        "1. Fähigkeiten nutzen", "2. Patenschaften für Arbeitssuchende", "3. Deutsch am Arbeitsplatz",
        "Ja, bitte Bescheid geben", "Nein, danke",
    ]  # fmt: skip
    player.opens(Action.FOLLOW_NO)
    assert player.session.place == Sheet(SheetName.THANKS, "arbeit")
    assert changes(player) == []
    player.opens(Action.REVIEW).opens(Action.THANKS)
    assert player.session.place == Sheet(SheetName.THANKS, "arbeit"), "once for each topic"


def test_the_marks_are_said_in_words_and_only_yes_stores_them() -> None:
    player = asked().opens(Action.FOLLOW_TICK, f"{MENTORS}.1").opens(Action.FOLLOW_TICK, f"{GOAL}.1")
    assert player.sees.endswith("Ausgewählt: Fähigkeiten nutzen · Patenschaften für Arbeitssuchende")
    assert [label for label in player.buttons if label.startswith("✓")] == [
        "✓ 1. Fähigkeiten nutzen", "✓ 2. Patenschaften für Arbeitssuchende",
    ]  # fmt: skip
    assert player.stored.followed == frozenset()
    player.opens(Action.FOLLOW_TICK, f"{GOAL}.0").opens(Action.FOLLOW_YES)
    version = town().town.notice_version
    assert changes(player) == [
        ConsentGiven(Purpose.FOLLOWING, version), ThemesFollowed(frozenset({MENTORS})),
    ]  # fmt: skip
    assert player.person.followed == {MENTORS}
    assert player.person.follow_consent == Consent(version, "de", NOW.date())
    assert player.person.message_consent is None, "a consent of its own"
    assert player.sees.startswith("Gespeichert.")
    assert player.session.place == Sheet(SheetName.THANKS, "arbeit")


def test_yes_without_a_tick_says_what_is_missing() -> None:
    player = asked().opens(Action.FOLLOW_YES)
    assert player.popup == NOTHING
    assert player.sees.endswith(NOTHING)
    assert changes(player) == []
    assert player.session.place == Sheet(SheetName.FOLLOW, "arbeit")


def test_a_double_tap_passes_over_nothing_and_stores_nothing_twice() -> None:
    player = asked().taps_again()
    assert player.sees.startswith(QUESTION), "the end of the review, tapped twice"
    player.opens(Action.FOLLOW_TICK, f"{MENTORS}.1").taps_again().opens(Action.FOLLOW_YES).taps_again()
    assert changes(player) == []
    assert player.person.followed == {MENTORS}


def test_the_review_leads_back_to_it_as_long_as_something_is_left_to_follow() -> None:
    player = asked().opens(Action.FOLLOW_NO).opens(Action.REVIEW).opens(Action.FOLLOW)
    player.opens(Action.FOLLOW_TICK, f"{GOAL}.1").opens(Action.FOLLOW_YES).opens(Action.REVIEW)
    player.opens(Action.FOLLOW)
    assert "Fähigkeiten" not in player.sees, "that is followed already"
    for theme in (MENTORS, COURSES):
        player.opens(Action.FOLLOW_TICK, f"{theme}.1")
    player.opens(Action.FOLLOW_YES)
    assert changes(player) == [ThemesFollowed(frozenset({MENTORS, COURSES}))], "the consent is there"
    assert "Von Themen hören" not in player.opens(Action.REVIEW).buttons


def test_who_chose_no_measure_and_no_goal_is_not_asked() -> None:
    player = in_topic("arbeit", "training", "none", "none", "none!", "s3", "decline").opens(Action.REVIEW)
    assert "Von Themen hören" not in player.buttons
    player.opens(Action.THANKS)
    assert player.session.place == Sheet(SheetName.THANKS, "arbeit")


@pytest.mark.parametrize(
    "forged",
    [
        "ftick:arb_measure.internships.1",
        f"ftick:{MENTORS}.2",
        "ftick:",
        "fyes:bildung",
        "fno:bildung",
        "fyes",
    ],
)
def test_a_forged_button_changes_nothing(forged: str) -> None:
    player = asked()
    before = player.session.place
    player.presses(f"m:{forged}")
    assert (player.session.place, player.stored.followed) == (before, frozenset())


def test_buttons_of_the_question_do_nothing_on_another_page() -> None:
    player = asked().does("/help")
    for press in (f"ftick:{MENTORS}.1", "fyes:arbeit", "fno:arbeit"):
        player.presses(f"m:{press}")
        assert player.session.place == Sheet(SheetName.HELP)
    assert player.stored.followed == frozenset()


def test_a_session_of_an_earlier_version_has_not_been_asked() -> None:
    written = session_to_json(Session("tag", "seed", Sheet(SheetName.MENU), follow_asked=("arbeit",)))
    assert session_from_json(written, {}).follow_asked == ("arbeit",)
    assert session_from_json(written.replace(',"follow_asked":["arbeit"]', ""), {}).follow_asked == ()


# Changing it


def test_reminders_lead_to_what_is_followed_and_a_tap_switches_it_off() -> None:
    player = follower(MENTORS, GOAL).does("/reminders").opens(Action.FOLLOWED)
    assert player.sees.startswith(
        "Zu diesen Themen schreiben wir Ihnen, wenn es etwas Neues gibt:\n\n1. Alle"
    )
    player.opens(Action.UNFOLLOW, GOAL)
    assert changes(player) == [ThemesUnfollowed(frozenset({GOAL}))]
    assert player.person.follow_consent is not None
    player.presses(f"m:unfollow:{GOAL}")
    assert changes(player) == []
    player.opens(Action.UNFOLLOW, MENTORS)
    assert player.person.follow_consent is None, "with the last theme"
    assert player.sees.startswith("Sie haben keine Themen ausgewählt.")


def test_all_themes_off_leaves_subscriptions() -> None:
    player = follower(MENTORS, GOAL).does("/reminders").taps("Entwurf des Plans").taps("Ja")
    player.opens(Action.FOLLOWED).opens(Action.UNFOLLOW_ALL)
    assert changes(player) == [ThemesUnfollowed(frozenset({MENTORS, GOAL}))]
    assert player.person.subscriptions == {"plan_draft"}
    assert player.person.message_consent is not None
    assert player.presses("m:unfollall").stored.followed == frozenset()
    assert changes(player) == []


def test_who_follows_without_consent_2_finds_what_to_switch_off_and_is_asked_before_anything_more() -> None:
    player = follower().does("/reminders")
    assert "Meine Themen" in player.buttons
    player.taps("Entwurf des Plans")
    assert player.session.place == Sheet(SheetName.CONSENT_MESSAGES, "plan_draft")


def test_a_newcomer_has_no_themes_to_list() -> None:
    player = newcomer().does("/reminders").taps("Ja")
    assert "Meine Themen" not in player.buttons
    assert player.presses("m:followed").sees.startswith("Sie haben keine Themen ausgewählt.")


@pytest.mark.parametrize("way", ["/stop", "Stopp!", "alloff"])
def test_whoever_stops_everything_follows_nothing_any_more(way: str) -> None:
    player = follower(MENTORS, GOAL)
    player.presses(f"m:{way}") if way == "alloff" else player.says(way)
    assert changes(player) == [ThemesUnfollowed(frozenset({MENTORS, GOAL})), MessagesDeclined()]
    person = player.person
    assert (person.followed, person.follow_consent, person.has_stopped) == (frozenset(), None, True)
    player.presses("m:review:arbeit").opens(Action.FOLLOW).opens(Action.FOLLOW_TICK, f"{GOAL}.1")
    player.opens(Action.FOLLOW_YES)
    assert player.person.has_stopped is False, "wanting something again takes it back"


def test_stop_is_noted_of_somebody_who_agreed_to_nothing_and_only_once() -> None:
    player = newcomer().does("/stop")
    assert changes(player) == [MessagesDeclined()]
    assert changes(player.does("/stop")) == []
    assert player.does("/reminders").taps("Ja").person.has_stopped is False


def test_an_answer_that_is_changed_ends_nothing_that_is_followed() -> None:
    player = follower().opens(Action.REVIEW).opens(Action.EDIT, "arbeit.arb_measure")
    player.picks("job_mentors").picks("_done")
    assert player.person.followed == {MENTORS}


def test_my_data_names_what_is_followed() -> None:
    player = follower(MENTORS, GOAL).does("/mydata")
    wanted = "Themen, von denen Sie hören möchten: Fähigkeiten nutzen · Patenschaften für Arbeitssuchende"
    assert wanted in player.sees


# What became of it


def test_without_any_station_the_results_say_that_there_is_nothing_yet() -> None:
    player = newcomer().does("/results")
    assert player.sees.startswith("Was ist daraus geworden?\n\nNoch gibt es keine Ergebnisse.")
    assert player.opens(Action.MENU).opens(Action.RESULTS).sees.startswith("Was ist daraus geworden?")


@pytest.mark.parametrize("command", ["/results", "/ergebnisse"])
def test_somebody_who_never_agreed_to_anything_reads_all_results(command: str) -> None:
    player = newcomer(stations=known(MENTORS, StationCode.NOT_TAKEN, "https://www.goeppingen.de/x"))
    player.does(command).opens(Action.RESULTS_FIELD, "arbeit")
    assert player.sees == (
        "Arbeit\n\nPatenschaften für Arbeitssuchende\n"
        "Stand: nicht aufgenommen. Grund: dafür gibt es kein Geld\n"
        "Seit: 18. November 2027\nMehr dazu: https://www.goeppingen.de/x"
    )
    player.opens(Action.RESULTS).opens(Action.RESULTS_FIELD, "wohnen")
    assert "Zu diesem Thema gibt es noch keine Ergebnisse." in player.sees


def test_the_results_begin_with_what_one_follows_also_where_nothing_is_known() -> None:
    player = follower(MENTORS, COURSES)
    player.stations = known(MENTORS)
    said = player.does("/results").sees
    assert said.index("Ihre Themen") < said.index("Patenschaften") < said.index("Deutsch am Arbeitsplatz")
    assert "Deutsch am Arbeitsplatz\nStand: noch nichts Neues" in said
    assert said.endswith("Alle Ergebnisse: Tippen Sie auf ein Thema.")


def test_after_the_freeze_results_and_the_list_of_themes_go_on() -> None:
    player = follower(MENTORS)
    player.now = dt.datetime.combine(town().town.freeze_date, dt.time(12), NOW.tzinfo) + dt.timedelta(days=30)
    player.stored = replace(player.stored, session=None, answers=(), answer_consent=None)
    player.stations = known(MENTORS)
    assert "Stand: begonnen" in player.does("/results").sees
    assert "Patenschaften" in player.does("/reminders").opens(Action.FOLLOWED).sees


def test_more_stations_than_fit_stand_on_another_page() -> None:
    url = "https://www.goeppingen.de/" + "x" * 170
    every = {theme: known(theme, url=url)[theme] for theme in list_every_theme(town())}
    player = newcomer(stations=every).does("/results").opens(Action.RESULTS_FIELD, "arbeit")
    pages = [player.sees]
    while "Mehr lesen" in player.buttons:
        pages.append(player.taps("Mehr lesen").sees)
    assert len(pages) > 1
    assert sum(page.count("Stand: ") for page in pages) == len(list_themes(town(), "arbeit"))
    assert all(len(page) < 4096 for page in pages)


def test_more_followed_themes_than_fit_are_left_to_the_pages_of_the_fields() -> None:
    player = follower()
    player.stored = replace(player.stored, followed=frozenset(list_every_theme(town())))
    assert "Mehr steht auf den Seiten der Themen." in player.does("/results").sees
    assert len(player.sees) < 4096


@pytest.mark.parametrize("argument", ["gone", "arbeit.9", "arbeit.x", "arbeit.-1"])
def test_a_forged_page_of_results_shows_a_page_that_exists(argument: str) -> None:
    player = newcomer(stations=known(MENTORS)).does("/results").presses(f"m:resfield:{argument}")
    assert player.sees.startswith(("Was ist daraus geworden?", "Arbeit"))


def test_a_page_of_results_over_a_question_shows_the_way_back() -> None:
    player = in_topic("arbeit", "working")
    player.stations = known(MENTORS)
    player.does("/results").opens(Action.RESULTS_FIELD, "arbeit").taps("Zurück zur Frage")
    assert player.sees.startswith("Frage 2")


def test_a_theme_that_is_gone_from_the_content_is_shown_to_nobody() -> None:
    player = walk_to_thanks(participant().opens(Action.FIELD, "werte"))
    player.stored = replace(
        player.stored, followed=frozenset({"gone.gone"}), follow_consent=Consent("1", "de", DAY)
    )
    player.stations = known("gone.gone")
    assert "Noch gibt es keine Ergebnisse." in player.does("/results").sees
    assert player.does("/mydata").sees
    player.does("/reminders").opens(Action.FOLLOWED).opens(Action.UNFOLLOW_ALL)
    assert player.stored.followed == frozenset()


def test_every_language_can_say_every_station() -> None:
    for language in shipped().catalogues.offered:
        for code in StationCode:
            player = newcomer(language.menu_name, stations=known(MENTORS, code))
            assert player.does("/results").opens(Action.RESULTS_FIELD, "arbeit").sees
