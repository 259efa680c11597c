"""The pages on which the readers of an announcement are chosen, as toggles that carry the state they lead to.

Pure. How many people that are is counted before a page is drawn.
"""

from __future__ import annotations

from bot.staff.announce_view import View
from bot.staff.announce_words import button, say_audience, say_count, say_title, toggle
from conversations.announcements import Audience
from conversations.languages import Language
from conversations.programme import GENERAL_TOPICS, forum_topic
from conversations.screens import Screen, ScreenButton
from conversations.texts import Plain, text


def audience_screen(view: View) -> Screen:
    """Who gets it by subscription, and the ways to languages and to those who come to a forum."""
    number, audience = view.draft.id, view.written.audience
    topics = (*GENERAL_TOPICS, *(forum_topic(code) for code in view.fields))
    rows: list[tuple[ScreenButton, ...]] = [
        (toggle(text(f"sub.{topic}"), f"topic.{number}.{topic}", is_on=topic in audience.topics),)
        for topic in topics
    ]
    everyone = text("staff.ann.btn.everyone")
    rows.append((toggle(everyone, f"all.{number}", is_on=audience.everyone),))
    rows.append((button("staff.ann.btn.to_languages", f"audlang.{number}"),))
    rows.append((button("staff.ann.btn.to_coming", f"audreg.{number}"),))
    return _page(view, "staff.ann.choose_topics", rows, f"show.{number}")


def audience_languages_screen(view: View) -> Screen:
    """In which languages: all, or only some."""
    number, chosen = view.draft.id, view.written.audience.languages
    rows: list[tuple[ScreenButton, ...]] = [
        (toggle(Plain(language.own_name), f"only.{number}.{language.code}", is_on=language.code in chosen),)
        for language in view.offered
    ]
    rows.append((toggle(text("staff.ann.btn.all_languages"), f"only.{number}.all", is_on=not chosen),))
    return _page(view, "staff.ann.choose_languages", rows, f"aud.{number}")


def audience_forum_screen(view: View) -> Screen:
    """Those who come to a forum."""
    number, chosen = view.draft.id, view.written.audience.coming_to
    topics = tuple(forum_topic(code) for code in view.fields)
    rows: list[tuple[ScreenButton, ...]] = [
        (toggle(text(f"sub.{topic}"), f"reg.{number}.{topic}", is_on=topic == chosen),) for topic in topics
    ]
    return _page(view, "staff.ann.choose_forum", rows, f"aud.{number}")


def with_topic(audience: Audience, topic: str, *, is_on: bool) -> Audience:
    """Add the subscribers of a topic, or leave them out; whoever chooses topics does not mean everybody."""
    topics = audience.topics | {topic} if is_on else audience.topics - {topic}
    return Audience(topics, audience.languages, audience.coming_to, got=audience.got)


def with_everyone(audience: Audience, *, is_on: bool) -> Audience:
    """Mean everybody who can be reached, or nobody yet."""
    return Audience(frozenset(), audience.languages, everyone=is_on, got=audience.got)


def with_language(
    audience: Audience, code: str, offered: tuple[Language, ...], *, is_on: bool
) -> Audience | None:
    """Mean the people of a language, or leave them out. None: there is no such language."""
    codes = {language.code for language in offered}
    if code == "all":
        languages: frozenset[str] = frozenset()
    elif code in codes:
        languages = audience.languages | {code} if is_on else audience.languages - {code}
    else:
        return None
    return Audience(audience.topics, languages, audience.coming_to, audience.everyone, audience.got)


def with_coming(audience: Audience, topic: str, *, is_on: bool) -> Audience:
    """Mean those who come to a forum, beside the subscribers of topics."""
    return Audience(audience.topics, audience.languages, topic if is_on else "", got=audience.got)


def _page(view: View, question: str, rows: list[tuple[ScreenButton, ...]], back: str) -> Screen:
    audience = (*say_audience(view.written.audience, view.fields), *say_count(view.counts, view.begins_at))
    done = (button("staff.btn.done", back),)
    return Screen(((*say_title(view.draft), text(question)), audience), (*rows, done))
