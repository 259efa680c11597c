"""Access (Auskunft): everything stored about one person, for `/mydata`.

The document has this form; times are ISO 8601 in UTC, what was never given is null:

    format          "mitreden-mydata-1"
    contact         null, or language, has_consented, message_consent {version, language, day},
                    subscriptions [topic], follow_consent {version, language, day}, followed_themes
                    [theme], told_station, told_day, has_stopped,
                    attendance [{topic, reply, wants_interpreter}], announcements [{announcement_id, state,
                    language, message_id, sent_at}], screen_message_id, seen_day, telegram_id
    respondent      null, or consent {version, language, week}, source, session (an object),
                    answers [{scope, step, codes [code], language, wording {hash, text}, week, words,
                    message_mark, review, released, voice}]; voice is null, or
                    {state, duration_seconds, attempts, file_id, size_bytes, mime_type,
                    not_before, lease_until, delete_after, data_base64}
    updates         [{update_id, state, reason, attempts, not_before, received_at, body}]
    messages        [{kind, purpose, lane, body, revision, attempts, was_interrupted, not_before,
                    lease_until, created_at, reminder_id, announcement_id, policy}]
    staff_state     null, or {state, seen_at}: where a member of the staff stands
    staff_member    null, or {member_id, telegram_id, origin, roles [role], language, joined_at,
                    reminded_week, deputies [{member_id, stands_in_for, until}],
                    invites [{roles [role], invited_by, expires_at}]}

Left out are only the keyed hashes and random ids under which rows are found: they say nothing
about the person, and in the wrong hands would lead to the rows.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, bindparam, or_, select

from conversations.person import Consent
from storage import contexts
from storage.answers import open_words, split_codes
from storage.contacts import find_contact
from storage.keyring import KeyRing
from storage.staff_members import split_roles
from storage.tables import (
    announcement_copy,
    answer,
    contact,
    inbox,
    outbox,
    respondent,
    staff_deputy,
    staff_invite,
    staff_member,
    staff_state,
    voice,
    wording,
)

FORMAT = "mitreden-mydata-1"

_NOTED = select(contact.c.seen_day, contact.c.told_station, contact.c.told_day).where(
    contact.c.id == bindparam("key")
)
_RESPONDENT = select(respondent).where(respondent.c.pseudonym == bindparam("whose"))
_ANSWERS = (
    select(answer, wording.c.text.label("wording_text"))
    .select_from(answer.outerjoin(wording, wording.c.hash == answer.c.wording))
    .where(answer.c.pseudonym == bindparam("whose"))
    .order_by(answer.c.scope, answer.c.step)
)
_COPIES = (
    select(announcement_copy)
    .where(announcement_copy.c.contact_id == bindparam("key"))
    .order_by(announcement_copy.c.announcement_id)
)
_STAFF_STATE = select(staff_state).where(staff_state.c.person_mac == bindparam("mac"))
_STAFF_MEMBER = select(staff_member).where(staff_member.c.person_mac == bindparam("mac"))
_DEPUTIES = select(staff_deputy).where(
    or_(staff_deputy.c.member_id == bindparam("key"), staff_deputy.c.stands_in_for == bindparam("key"))
)
_INVITES = select(staff_invite).where(staff_invite.c.invited_by == bindparam("key"))
_VOICES = select(voice).where(voice.c.pseudonym == bindparam("whose"))


def load_everything(connection: Connection, keys: KeyRing, telegram_id: int) -> dict[str, Any]:
    """Load everything stored about a person, ready for JSON.

    After the freeze date answers cannot be found any more, so `respondent` is null.
    Raises: SealBrokenError.
    """
    chat_mac = keys.person_mac(telegram_id)
    return {
        "format": FORMAT,
        "contact": _load_contact(connection, keys, telegram_id),
        "respondent": _load_respondent(connection, keys, keys.pseudonym(telegram_id))
        if keys.can_find_respondents
        else None,
        "updates": [_describe_update(keys, row) for row in _of_chat(connection, inbox, chat_mac)],
        "messages": [_describe_message(keys, row) for row in _of_chat(connection, outbox, chat_mac)],
        "staff_state": _load_staff_state(connection, keys, chat_mac),
        "staff_member": _load_staff_member(connection, keys, chat_mac),
    }


def _load_contact(connection: Connection, keys: KeyRing, telegram_id: int) -> dict[str, Any] | None:
    found = find_contact(connection, keys, telegram_id)
    if found is None:
        return None
    noted = connection.execute(_NOTED, {"key": found.id}).one()
    return {
        "telegram_id": found.telegram_id,
        "language": found.language,
        "has_consented": found.has_consented,
        "message_consent": _describe_consent(found.message_consent),
        "subscriptions": sorted(found.subscriptions),
        "follow_consent": _describe_consent(found.follow_consent),
        "followed_themes": sorted(found.followed),
        "told_station": noted.told_station,
        "told_day": _write(noted.told_day),
        "has_stopped": found.has_stopped,
        "attendance": [
            {
                "topic": topic,
                "reply": None if said.reply is None else said.reply.value,
                "wants_interpreter": said.wants_interpreter,
            }
            for topic, said in sorted(found.attendance.items())
        ],
        "announcements": [
            {
                "announcement_id": copy.announcement_id,
                "state": copy.state,
                "language": copy.language,
                "message_id": copy.message_id,
                "sent_at": _write(copy.sent_at),
            }
            for copy in connection.execute(_COPIES, {"key": found.id})
        ],
        "screen_message_id": found.screen_message_id,
        "seen_day": _write(noted.seen_day),
    }


def _describe_consent(consent: Consent | None) -> dict[str, Any] | None:
    if consent is None:
        return None
    return {"version": consent.version, "language": consent.language, "day": consent.day.isoformat()}


def _load_respondent(connection: Connection, keys: KeyRing, pseudonym: bytes) -> dict[str, Any] | None:
    row = connection.execute(_RESPONDENT, {"whose": pseudonym}).mappings().first()
    if row is None:
        return None
    voices = {
        (spoken["scope"], spoken["step"]): _describe_voice(keys, spoken)
        for spoken in connection.execute(_VOICES, {"whose": pseudonym}).mappings()
    }
    return {
        "consent": {
            "version": row["consent_version"],
            "language": row["consent_language"],
            "week": row["consent_week"],
        },
        "source": row["source"],
        "session": json.loads(keys.open_session(row["session_sealed"], contexts.session(pseudonym))),
        "answers": [
            _describe_answer(keys, given) | {"voice": voices.get((given["scope"], given["step"]))}
            for given in connection.execute(_ANSWERS, {"whose": pseudonym}).mappings()
        ],
    }


def _describe_answer(keys: KeyRing, row: RowMapping) -> dict[str, Any]:
    place = (row["pseudonym"], row["scope"], row["step"])
    return {
        "scope": row["scope"],
        "step": row["step"],
        "codes": list(split_codes(row["codes"])),
        "language": row["language"],
        "wording": {"hash": row["wording"], "text": row["wording_text"]},
        "week": row["week"],
        "words": open_words(keys, row["words_sealed"], contexts.words(*place)),
        "message_mark": row["message_mark"],
        "review": row["review"],
        "released": open_words(keys, row["released_sealed"], contexts.released(*place)),
    }


def _describe_voice(keys: KeyRing, row: RowMapping) -> dict[str, Any]:
    announced: list[Any] = [None, None, None]
    if row["file_id_sealed"] is not None:
        opened = keys.open_respondent(row["file_id_sealed"], contexts.voice_file(row["id"]))
        announced = json.loads(opened)
    data = None
    if row["data_sealed"] is not None:
        opened = keys.open_respondent(row["data_sealed"], contexts.voice_data(row["id"]))
        data = base64.b64encode(opened).decode()
    return {
        "state": row["state"],
        "duration_seconds": row["duration_seconds"],
        "attempts": row["attempts"],
        "file_id": announced[0],
        "size_bytes": announced[1],
        "mime_type": announced[2],
        "not_before": _write(row["not_before"]),
        "lease_until": _write(row["lease_until"]),
        "delete_after": _write(row["delete_after"]),
        "data_base64": data,
    }


def _of_chat(connection: Connection, table: Table, chat_mac: bytes) -> list[RowMapping]:
    statement = select(table).where(table.c.chat_mac == chat_mac).order_by(table.c.id)
    return list(connection.execute(statement).mappings())


def _describe_update(keys: KeyRing, row: RowMapping) -> dict[str, Any]:
    sealed = row["body_sealed"]
    body = None if sealed is None else keys.open_contact(sealed, contexts.inbox_body(row["update_id"]))
    return {
        "update_id": row["update_id"],
        "state": row["state"],
        "reason": row["reason"],
        "attempts": row["attempts"],
        "not_before": _write(row["not_before"]),
        "received_at": _write(row["received_at"]),
        "body": None if body is None else body.decode("utf-8", errors="replace"),
    }


def _describe_message(keys: KeyRing, row: RowMapping) -> dict[str, Any]:
    body = keys.open_contact(row["body_sealed"], contexts.outbox_body(row["purpose"]))
    return {
        "purpose": row["purpose"],
        "kind": row["kind"],
        "lane": row["lane"],
        "body": json.loads(body),
        "revision": row["revision"],
        "attempts": row["attempts"],
        "was_interrupted": row["was_interrupted"],
        "not_before": _write(row["not_before"]),
        "lease_until": _write(row["lease_until"]),
        "created_at": _write(row["created_at"]),
        "reminder_id": row["reminder_id"],
        "announcement_id": row["announcement_id"],
        "policy": row["policy"],
    }


def _load_staff_state(connection: Connection, keys: KeyRing, person_mac: bytes) -> dict[str, Any] | None:
    row = connection.execute(_STAFF_STATE, {"mac": person_mac}).mappings().first()
    if row is None:
        return None
    state = keys.open_contact(row["state_sealed"], contexts.staff_state(person_mac))
    return {"state": json.loads(state), "seen_at": _write(row["seen_at"])}


def _load_staff_member(connection: Connection, keys: KeyRing, person_mac: bytes) -> dict[str, Any] | None:
    row = connection.execute(_STAFF_MEMBER, {"mac": person_mac}).mappings().first()
    if row is None:
        return None
    whose = {"key": row["id"]}
    return {
        "member_id": row["id"],
        "telegram_id": int(keys.open_contact(row["chat_sealed"], contexts.staff_chat(row["id"]))),
        "origin": row["origin"],
        "roles": sorted(split_roles(row["roles"])),
        "language": row["language"],
        "joined_at": _write(row["joined_at"]),
        "reminded_week": row["reminded_week"],
        "deputies": [
            {"member_id": each.member_id, "stands_in_for": each.stands_in_for, "until": _write(each.until)}
            for each in connection.execute(_DEPUTIES, whose)
        ],
        "invites": [
            {
                "roles": sorted(split_roles(each.roles)),
                "invited_by": each.invited_by,
                "expires_at": _write(each.expires_at),
            }
            for each in connection.execute(_INVITES, whose)
        ],
    }


def _write(moment: dt.date | None) -> str | None:
    return None if moment is None else moment.isoformat()
