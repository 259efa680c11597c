"""Stories around the questions: doors, consent, languages, messages, data, erasure, dates."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from conversations.content import Content
from conversations.events import DataFileRequested, EverythingErased
from conversations.flow import Flow
from conversations.incoming import Action
from conversations.person import Person
from conversations.programme import Council, Forum
from conversations.session import Asking, Sheet, SheetName
from tests.support.play import MORE, Player, Stored, in_topic, newcomer, participant, town, walk_to_thanks


def with_notice_version(version: str) -> Content:
    return dataclasses.replace(town(), town=dataclasses.replace(town().town, notice_version=version))


def with_profile(change: dict[str, object], step_id: str) -> Content:
    steps = tuple(
        dataclasses.replace(step, **change) if step.id == step_id else step  # type: ignore[arg-type]
        for step in town().profile.steps
    )
    return dataclasses.replace(town(), profile=dataclasses.replace(town().profile, steps=steps))


# The first screens.


def test_the_very_first_screen_offers_the_languages_by_their_own_names() -> None:
    player = Player(phone="ar-SY").does("/start")
    names = [label.strip("\u200f") for label in player.buttons]
    assert names[:5] == ["العربية", "Deutsch", "Einfaches Deutsch", "Kurdî (Kurmancî)", "ትግርኛ (Tigrinya)"]
    assert names[-1] == MORE
    assert player.stored == Stored()


def test_nothing_but_the_language_is_stored_before_consent() -> None:
    player = newcomer().taps("Meinung sagen").says("Hallo").speaks(seconds=3).does("/topics")
    assert player.stored == Stored(language="de")


def test_whatever_a_stranger_does_leads_to_the_languages() -> None:
    for deed in (
        lambda player: player.does("/topics"),
        lambda player: player.does("/delete"),
        lambda player: player.says("Hallo"),
        lambda player: player.presses("m:topics"),
        lambda player: player.presses("q:k3f9:1:arb_now:working"),
        lambda player: player.presses("nonsense"),
    ):
        player = Player()
        deed(player)
        assert "اختيار اللغة" in player.sees
        assert player.stored == Stored()


def test_the_role_is_asked_once_and_the_topics_stand_in_the_official_order() -> None:
    player = participant("helper")
    assert player.buttons == ["Sprache", "Bildung", "Arbeit", "Wohnen", "Werte, Regeln und Normen", "Menü"]
    assert player.sees == "Wählen Sie ein Thema. Sie können auch mehrere nacheinander machen."


def test_a_town_that_does_not_ask_the_role_goes_straight_to_the_topics() -> None:
    player = newcomer(content=with_profile({"enabled": False}, "prof_role"))
    player.taps("Meinung sagen").taps("Ja, ich stimme zu").taps("Arbeit")
    assert player.session.place == Asking("arbeit", "arb_now")


@pytest.mark.parametrize("step_id", ["x_comment", "prio_field", "forum_needs"])
def test_a_question_the_town_has_switched_off_has_no_button(step_id: str) -> None:
    player = walk_to_thanks(participant().taps("Arbeit"), "invite").taps("Ja")
    walk_to_thanks(player.taps("Nächstes Thema").taps("Wohnen"), "invite")
    label = {
        "x_comment": "Noch etwas sagen",
        "prio_field": "Welches Thema zuerst?",
        "forum_needs": "Was ich für das Treffen brauche",
    }[step_id]
    assert label in player.buttons
    player.content = with_profile({"enabled": False}, step_id)
    player.taps("Meine Antworten ansehen").taps("Alles stimmt")
    assert label not in player.buttons


# Consent.


def test_a_refusal_is_accepted_without_persuasion() -> None:
    player = newcomer().taps("Meinung sagen").taps("Nein, danke")
    assert player.sees.startswith("In Ordnung. Wir speichern keine Antworten")
    assert player.buttons == [
        "Nur Nachrichten",
        "Termine der Fachforen",
        "Was ist der Integrationsplan?",
        "Sprache ändern / Language",
    ]
    assert player.stored == Stored(language="de")


def test_somebody_under_16_is_told_of_other_ways() -> None:
    player = newcomer().taps("Meinung sagen").taps("Ich bin unter 16")
    assert player.sees.endswith("Andere Wege zum Mitmachen: (youth_contact)")
    assert player.stored == Stored(language="de")


@pytest.mark.parametrize("label", ["Nein, danke", "Ich bin unter 16"])
def test_who_has_answered_already_and_refuses_is_told_what_is_stored(label: str) -> None:
    player = newcomer().taps("Meinung sagen")
    old = player.screen
    player.taps("Ja, ich stimme zu").picks("resident").taps(label, on=old)
    assert player.session.place == Sheet(SheetName.MY_DATA)
    assert "Wir haben keine Antworten gespeichert" not in player.sees
    assert "Alles löschen" in player.buttons


def test_consent_is_noted_with_version_language_and_day() -> None:
    consent = participant().stored.answer_consent
    assert consent is not None
    assert (consent.version, consent.language, consent.day) == ("1", "de", dt.date(2027, 8, 18))


def test_a_second_tap_on_consent_changes_nothing() -> None:
    player = newcomer().taps("Meinung sagen").taps("Ja, ich stimme zu")
    before = player.stored
    assert player.taps_again().stored == before


def test_a_changed_notice_is_shown_before_the_next_answer_and_leads_back_to_the_question() -> None:
    player = in_topic("arbeit")
    player.content = with_notice_version("2")
    player.taps("Ich arbeite")
    assert player.sees.startswith("Unsere Datenschutzhinweise haben sich geändert.")
    assert "arb_now" not in player.answers
    player.taps("Ja, ich stimme zu")
    assert player.session.place == Asking("arbeit", "arb_now")
    consent = player.stored.answer_consent
    assert consent is not None
    assert consent.version == "2"
    assert player.taps("Ich arbeite").answers["arb_now"] == ("working",)


def test_a_changed_notice_stands_before_words_voices_and_edits_too() -> None:
    player = in_topic("werte", "s4", "none").says("Man grüßt sich.").picks("_back")
    message, before, player.content = player.message, player.stored, with_notice_version("2")
    for deed in (
        lambda: player.says("Anders."),
        lambda: player.speaks(seconds=5),
        lambda: player.edits(message, "Anders."),
    ):
        deed()
        assert player.sees.startswith("Unsere Datenschutzhinweise haben sich geändert.")
        assert player.words["wer_future"] == "Man grüßt sich."
        player.stored = before


def test_who_does_not_agree_to_a_changed_notice_keeps_their_answers_and_is_told_so() -> None:
    player = in_topic("arbeit", "working")
    player.content = with_notice_version("2")
    player.taps("5 – sehr gut").taps("Nein, danke")
    assert player.session.place == Sheet(SheetName.MY_DATA)
    assert player.answers == {"prof_role": ("resident",), "arb_now": ("working",)}
    player.taps("Zurück zur Frage")
    assert player.session.place == Sheet(SheetName.CONSENT_CHANGED)


# Languages.


def test_another_language_redraws_the_question_and_keeps_the_answers() -> None:
    player = in_topic("arbeit", "working").does("/language").taps("Türkçe")
    assert player.sees.split("\n")[0].endswith("Türkçe")
    assert player.session.place == Asking("arbeit", "arb_fit")
    assert player.answers == {"prof_role": ("resident",), "arb_now": ("working",)}


def test_a_language_button_far_up_in_the_chat_redraws_the_question_too() -> None:
    player = Player().does("/start")
    old = player.screen
    player.taps("Deutsch").taps("Meinung sagen").taps("Ja, ich stimme zu").taps("English", on=old)
    assert player.session.place == Asking("profile", "prof_role")
    assert player.stored.language == "en"


def test_somebody_who_took_the_wrong_language_reads_the_welcome_in_the_right_one() -> None:
    player = newcomer("English").does("/language").taps("Deutsch")
    assert "Willkommen!" in player.sees
    assert player.buttons == ["Meinung sagen", "Nur Nachrichten", "Nur ansehen", "Sprache ändern / Language"]


def test_a_language_that_does_not_exist_changes_nothing() -> None:
    player = newcomer().presses("m:lang:xx")
    assert player.stored == Stored(language="de")
    assert player.buttons[:2] == ["Deutsch", "Einfaches Deutsch"]


# Messages only, and stopping.


def test_messages_only_needs_consent_2_and_no_other() -> None:
    player = newcomer().taps("Nur Nachrichten")
    assert player.sees.startswith("Dürfen wir Ihnen in Telegram schreiben?")
    player.taps("Ja")
    assert player.stored.message_consent is not None
    assert player.stored.answer_consent is None
    assert player.stored.subscriptions == frozenset()
    player.taps("Fachforum Arbeit").taps("Entwurf des Plans")
    assert player.stored.subscriptions == {"forum_arbeit", "plan_draft"}
    assert "✓ Fachforum Arbeit" in player.buttons


def test_who_declines_messages_gets_none() -> None:
    player = newcomer().taps("Nur Nachrichten").taps("Nein")
    assert player.stored == Stored(language="de")
    assert player.stored.load() == Person("de")


def test_a_toggle_carries_where_it_leads_so_that_a_second_tap_changes_nothing() -> None:
    player = newcomer().taps("Nur Nachrichten").taps("Ja").taps("Fachforum Arbeit").taps_again()
    assert player.stored.subscriptions == {"forum_arbeit"}
    player.taps("Fachforum Arbeit").taps_again()
    assert player.stored.subscriptions == frozenset()


def test_one_tap_switches_everything_off_and_says_what_stays() -> None:
    player = newcomer().taps("Nur Nachrichten").taps("Ja").taps("Fachforum Arbeit")
    player.taps("Alles ausschalten")
    assert player.stored.subscriptions == frozenset()
    assert player.sees.startswith(
        "Wir schicken Ihnen keine Nachrichten mehr. Ihre Antworten bleiben gespeichert."
    )


def test_a_forged_subscription_without_consent_2_asks_for_it_first() -> None:
    player = newcomer().presses("m:sub:forum_arbeit")
    assert player.stored.subscriptions == frozenset()
    player.taps("Ja")
    assert player.stored.subscriptions == {"forum_arbeit"}


# One's own data.


def test_my_data_says_in_words_what_is_stored() -> None:
    player = in_topic("arbeit", "working").does("/mydata")
    for line in ("Deutsch", "Arbeit", "Ich arbeite", "Ich wohne in Göppingen"):
        assert line in player.sees
    player.opens(Action.DATA_FILE)
    assert player.turn is not None
    assert player.turn.events == (DataFileRequested(),)


def test_erasing_everything_asks_once_and_makes_a_stranger() -> None:
    player = in_topic("arbeit", "working").does("/delete")
    assert player.answers["arb_now"] == ("working",)
    player.taps("Ja, alles löschen")
    assert player.stored == Stored()
    assert player.turn is not None
    assert isinstance(player.turn.events[0], EverythingErased)
    assert player.sees.startswith("Ihre Antworten und Einstellungen sind gelöscht.")


def test_a_second_tap_on_erasing_leaves_the_farewell_on_the_screen() -> None:
    player = in_topic("arbeit").does("/delete").taps("Ja, alles löschen")
    farewell = player.sees
    player.taps_again()
    assert player.sees == farewell
    assert player.stored == Stored()


def test_after_erasing_old_buttons_do_nothing_and_start_begins_anew() -> None:
    player = in_topic("arbeit")
    old = player.screen
    player.does("/delete").taps("Ja, alles löschen").taps("Ich arbeite", on=old)
    assert player.stored == Stored()
    player.does("/start").taps("Deutsch")
    assert player.buttons == ["Meinung sagen", "Nur Nachrichten", "Nur ansehen", "Sprache ändern / Language"]


def test_who_does_not_erase_after_all_keeps_everything() -> None:
    player = in_topic("arbeit", "working").does("/delete")
    before = player.stored.answers
    assert player.taps("Nein").stored.answers == before


# Dates.


def test_after_the_freeze_date_nothing_can_be_answered_and_everything_says_so() -> None:
    player = in_topic("werte", "s4", "none").says("Man grüßt sich.").picks("_back")
    before, old, message = player.stored, player.screen, player.message
    last = player.content.town.freeze_date
    player.now = dt.datetime.combine(last, dt.time(23, 59), player.now.tzinfo)
    assert player.says("Noch rechtzeitig.").words["wer_future"] == "Noch rechtzeitig."
    player.now += dt.timedelta(minutes=1)
    for deed in (
        lambda: player.taps("Weiter", on=old),
        lambda: player.says("Zu spät."),
        lambda: player.speaks(seconds=5),
        lambda: player.edits(message, "Zu spät."),
        lambda: player.presses("m:edit:werte.wer_now"),
        lambda: player.presses("m:field:arbeit"),
        lambda: player.presses("m:agree"),
        lambda: player.does("/topics"),
    ):
        player.stored = before
        deed()
        assert player.sees.startswith("Die Befragung ist zu Ende."), player.log[-2:]
        assert player.stored.answers == before.answers
    assert player.does("/events").sees.startswith("Termine")


def test_a_forum_without_a_date_says_so_in_the_invitation_and_in_the_list() -> None:
    programme = dataclasses.replace(
        town().programme, forums={**town().programme.forums, "werte": Forum()}, council=Council()
    )
    content = dataclasses.replace(town(), programme=programme)
    player = participant(content=content).opens(Action.FIELD, "werte")
    for option in ("s4", "none", "_skip", "none", "_done", "s5"):
        player.picks(option)
    assert "Der Termin steht noch nicht fest." in player.sees
    assert "noch nicht" in player.does("/events").sees


# Dialogues that change overnight.


def without(field: str, *step_ids: str) -> Content:
    def cut(flow: Flow) -> Flow:
        return dataclasses.replace(flow, steps=tuple(step for step in flow.steps if step.id not in step_ids))

    fields = tuple(cut(flow) if flow.scope == field else flow for flow in town().fields)
    return dataclasses.replace(town(), fields=fields)


def test_a_topic_whose_last_open_question_is_gone_can_still_be_finished() -> None:
    player = in_topic("werte", "s4", "none", "_skip", "none!", "s5")
    player.content = without("werte", "wer_forum")
    player.does("/topics").taps("Werte, Regeln und Normen").taps("Weiter")
    assert player.session.place == Sheet(SheetName.THANKS, "werte")
    assert player.session.finished == ("werte",)


def test_a_chosen_option_that_is_gone_can_still_be_reviewed_and_changed() -> None:
    player = walk_to_thanks(in_topic("arbeit", "training", "mobility"))
    steps = []
    for step in town().fields[2].steps:
        kept = tuple(option for option in step.options if option.code != "mobility")
        steps.append(dataclasses.replace(step, options=kept))
    changed = dataclasses.replace(town().fields[2], steps=tuple(steps))
    player.content = dataclasses.replace(town(), fields=(*town().fields[:2], changed, *town().fields[3:]))
    player.taps("Meine Antworten ansehen").taps("2. –").taps("Deutsche Sprache")
    assert player.answers["arb_obstacle"] == ("language",)


def test_a_new_question_in_a_finished_topic_is_asked_after_the_next_change() -> None:
    player = in_topic("werte", "s4", "none", "_skip", "none!", "s5", "decline")
    step = dataclasses.replace(town().fields[4].steps[0], id="wer_new")
    changed = dataclasses.replace(town().fields[4], steps=(*town().fields[4].steps, step))
    player.content = dataclasses.replace(town(), fields=(*town().fields[:4], changed))
    player.taps("Meine Antworten ansehen").opens(Action.EDIT, "werte.wer_now").picks("s5")
    assert player.session.place == Asking("werte", "wer_new")
