"""The readers of an announcement (Ankündigung): who is to get it, counted or a page at a time.

Nobody who has said stop is among them, and nobody without a language. This module must not know what an
announcement says, nor how far it is.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    cast,
    false,
    func,
    null,
    or_,
    select,
    true,
)

from conversations.announcements import Audience, Mode
from conversations.programme import Reply
from storage.announcements import Draft
from storage.tables import announcement_copy, attendance, contact, subscription
from storage.vocabulary import CopyState

_copy = announcement_copy
_behind: BindParameter[str] = bindparam("behind")


def count_by_language(connection: Connection, audience: Audience, mode: Mode = Mode.SEND) -> dict[str, int]:
    """Count who would get an announcement now, by language. Reads everybody."""
    rows = connection.execute(
        select(contact.c.language, func.count().label("people"))
        .where(_wanted(audience, mode))
        .group_by(contact.c.language)
    )
    return {row.language: row.people for row in rows}


def is_reader(connection: Connection, audience: Audience, contact_id: str, mode: Mode = Mode.SEND) -> bool:
    """Tell whether a contact is still among those who are to get it."""
    one = select(contact.c.id).where(contact.c.id == contact_id, _wanted(audience, mode))
    return connection.execute(one).first() is not None


def select_page(draft: Draft) -> Select[Any]:
    """Select the next readers behind a contact (`behind`), so many (`most`).

    To mend something that went out, its message is taken along.
    """
    audience = draft.announcement.audience
    if audience.got is None or draft.announcement.mode is Mode.SEND:
        no_message = cast(null(), _copy.c.message_id.type).label("message_id")
        no_time = cast(null(), _copy.c.sent_at.type).label("sent_at")
        rows: Select[Any] = select(contact.c.id, contact.c.language, no_message, no_time)
    else:
        got = announcement_copy.alias("got")
        rows = select(contact.c.id, got.c.language, got.c.message_id, got.c.sent_at).join(
            got, and_(got.c.contact_id == contact.c.id, got.c.announcement_id == audience.got)
        )
    return (
        rows.where(contact.c.id > _behind, _wanted(audience, draft.announcement.mode))
        .order_by(contact.c.id)
        .limit(bindparam("most"))
    )


def _wanted(audience: Audience, mode: Mode = Mode.SEND) -> ColumnElement[bool]:
    """Say who is to get it. Nobody who has said stop, and nobody without a language.

    A mistake is taken away from those who have said stop too: that sends them nothing.
    """
    may = and_(contact.c.language.is_not(None), contact.c.has_stopped.is_(False))
    if mode is Mode.WITHDRAW:
        may = true()
    if audience.languages:
        may = and_(may, contact.c.language.in_(sorted(audience.languages)))
    if audience.got is not None:
        got = announcement_copy.alias("of_got")
        return and_(
            may,
            select(got.c.contact_id)
            .where(
                got.c.announcement_id == audience.got,
                got.c.contact_id == contact.c.id,
                got.c.state == CopyState.SENT.value,
            )
            .exists(),
        )
    if audience.everyone:
        return may
    wanted: list[ColumnElement[bool]] = []
    if audience.topics:
        wanted.append(
            select(subscription.c.contact_id)
            .where(
                subscription.c.contact_id == contact.c.id,
                subscription.c.topic.in_(sorted(audience.topics)),
            )
            .exists()
        )
    if audience.coming_to:
        wanted.append(
            select(attendance.c.contact_id)
            .where(
                attendance.c.contact_id == contact.c.id,
                attendance.c.topic == audience.coming_to,
                attendance.c.reply == Reply.COMING.value,
            )
            .exists()
        )
    return and_(may, contact.c.message_consent_day.is_not(None), or_(false(), *wanted))
