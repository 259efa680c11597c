"""Respondents: consent to answers and where a person stands, under a pseudonym.

The session is sealed with the respondent key, so nobody can read it after the freeze date.
This module must not know a contact.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from conversations.person import Consent
from conversations.session import Session, session_from_json, session_to_json
from storage import contexts
from storage.answers import load_answers
from storage.keyring import KeyRing, SealBrokenError
from storage.tables import respondent
from storage.weeks import iso_week, monday_of

_LOAD = select(respondent).where(respondent.c.pseudonym == bindparam("whose")).with_for_update()
_CREATE = insert(respondent)
_CHANGE = update(respondent).where(respondent.c.pseudonym == bindparam("whose"))


class SessionUnreadableError(Exception):
    """What is stored is not a session that this version and these keys can read."""


class RespondentMissingError(Exception):
    """There is nobody whose session could be saved."""


def find_respondent(
    connection: Connection, keys: KeyRing, telegram_id: int
) -> tuple[Consent, Session] | None:
    """Find consent and session of a person, and hold their row until the transaction ends.

    Only in a transaction that writes. The day of the consent is the Monday of its week.
    Raises: SessionUnreadableError, KeyDestroyedError.
    """
    pseudonym = keys.pseudonym(telegram_id)
    row = connection.execute(_LOAD, {"whose": pseudonym}).mappings().first()
    if row is None:
        return None
    try:
        written = keys.open_session(row["session_sealed"], contexts.session(pseudonym)).decode()
        session = session_from_json(written, load_answers(connection, keys, telegram_id))
    except (SealBrokenError, ValueError, KeyError, TypeError) as error:
        # The cause may quote what the person wrote, so only its kind goes on.
        raise SessionUnreadableError(f"A session cannot be read ({type(error).__name__}).") from None
    return _read_consent(row), session


def has_respondent(connection: Connection, keys: KeyRing, telegram_id: int) -> bool:
    """Tell whether somebody has a respondent. Raises: KeyDestroyedError."""
    return connection.execute(_LOAD, {"whose": keys.pseudonym(telegram_id)}).first() is not None


def find_without_session(
    connection: Connection, keys: KeyRing, telegram_id: int, fresh: Session
) -> tuple[Consent, Session] | None:
    """Find the consent of somebody whose session cannot be read, and join `fresh` with their answers.

    Answers that cannot be read either stay out of it. Raises: KeyDestroyedError.
    """
    row = connection.execute(_LOAD, {"whose": keys.pseudonym(telegram_id)}).mappings().first()
    if row is None:
        return None
    try:
        fresh = replace(fresh, answers=load_answers(connection, keys, telegram_id))
    except (SealBrokenError, ValueError):
        fresh = replace(fresh, answers={})
    return _read_consent(row), fresh


def create_respondent(
    connection: Connection,
    keys: KeyRing,
    telegram_id: int,
    *,
    consent: Consent,
    source: str,
    session: Session,
) -> None:
    """Make somebody who answers. Of the day of the consent only the week is kept.

    `source` is the poster or course, or ''. Raises: KeyDestroyedError.
    """
    pseudonym = keys.pseudonym(telegram_id)
    values = {
        "pseudonym": pseudonym,
        "session_sealed": _seal(keys, pseudonym, session),
        "source": source,
        **_consent_values(consent),
    }
    connection.execute(_CREATE, values)


def renew_consent(connection: Connection, keys: KeyRing, telegram_id: int, consent: Consent) -> None:
    """Note that a respondent agreed to another version of the text.

    Raises: RespondentMissingError, KeyDestroyedError.
    """
    _change(connection, keys.pseudonym(telegram_id), _consent_values(consent))


def save_session(connection: Connection, keys: KeyRing, telegram_id: int, session: Session) -> None:
    """Save where a respondent stands, without the answers, which are rows of their own.

    Raises: RespondentMissingError, KeyDestroyedError.
    """
    pseudonym = keys.pseudonym(telegram_id)
    _change(connection, pseudonym, {"session_sealed": _seal(keys, pseudonym, session)})


def _read_consent(row: RowMapping) -> Consent:
    return Consent(row["consent_version"], row["consent_language"], monday_of(row["consent_week"]))


def _seal(keys: KeyRing, pseudonym: bytes, session: Session) -> bytes:
    return keys.seal_session(session_to_json(session).encode(), contexts.session(pseudonym))


def _consent_values(consent: Consent) -> dict[str, object]:
    return {
        "consent_version": consent.version,
        "consent_language": consent.language,
        "consent_week": iso_week(consent.day),
    }


def _change(connection: Connection, pseudonym: bytes, values: dict[str, object]) -> None:
    if connection.execute(_CHANGE, {"whose": pseudonym, **values}).rowcount == 0:
        raise RespondentMissingError("There is no respondent to change.")
