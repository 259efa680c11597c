"""Announcements (Ankündigungen) as they are written, approved and begun: one row each.

Two different people of the staff stand behind every text that goes out, and each change takes back the
approval of what it changed. What is approved is a hash of all that reaches a reader of one language, so
nothing else can be sent under it. How copies go out is `storage.mailings`. This module must not know
a reader, nor how a text looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from conversations.announcement_json import announcement_from_json, announcement_to_json
from conversations.announcements import Announcement, digest_of
from storage.staff_log import COMMAND_LINE, Deed, log
from storage.tables import announcement, approval
from storage.upserts import insert_or_update
from storage.vocabulary import MailingState, Policy

#: Between the approval and the first message everybody can still think better of it.
SECOND_THOUGHTS = dt.timedelta(seconds=60)

_BEGUN = frozenset({MailingState.LISTING, MailingState.SENDING, MailingState.PAUSED, MailingState.DONE})
_RUNNING = frozenset({MailingState.LISTING, MailingState.SENDING})
#: `cursor` of an announcement whose readers are all listed; no contact has this id.
LISTED = "*"

_BY_ID = select(announcement).where(announcement.c.id == bindparam("key"))
_BY_ID_LOCKED = _BY_ID.with_for_update()
_ALL = select(announcement).order_by(announcement.c.id.desc())
_CREATE = insert(announcement).returning(announcement.c.id)
_CHANGE = update(announcement).where(announcement.c.id == bindparam("key"))
_APPROVALS = select(approval.c.language, approval.c.digest).where(
    approval.c.announcement_id == bindparam("key")
)
_APPROVE = insert_or_update(approval, ("announcement_id", "language"), lambda new: {"digest": new["digest"]})
_DISAPPROVE = delete(approval).where(
    approval.c.announcement_id == bindparam("key"),
    approval.c.language.in_(bindparam("languages", expanding=True)),
)


class NoSuchAnnouncementError(LookupError):
    """There is no announcement with this number."""


class ChangedMeanwhileError(Exception):
    """Somebody else has changed the announcement since it was looked at; nothing was changed."""


class WrongStateError(Exception):
    """This cannot be done with the announcement as it stands; nothing was changed."""

    def __init__(self, state: MailingState) -> None:
        super().__init__(state.value)
        self.state = state


class SamePersonError(Exception):
    """Who wrote an announcement cannot approve it; nothing was changed."""


class NoAuthorError(Exception):
    """Nobody who is known has taken the text over yet, so that nobody can approve it."""


class WriterGoneError(Exception):
    """Somebody who wrote on it belongs to the staff no more, and could be the one who approves."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An announcement as it stands. `editors` have changed it, `author` has asked for approval.

    `begins_at` is when it is to go out, or went out.
    """

    id: int
    announcement: Announcement
    state: MailingState
    policy: Policy
    revision: int
    author: str | None
    approver: str | None
    editors: tuple[str, ...]
    corrects: int | None
    begins_at: dt.datetime | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None

    @property
    def has_begun(self) -> bool:
        """Whether somebody may have got it already."""
        return self.state in _BEGUN or self.started_at is not None


def create(
    connection: Connection,
    written: Announcement,
    policy: Policy,
    who: str,
    now: dt.datetime,
    corrects: int | None = None,
) -> int:
    """Put down a new draft and return its number."""
    values = {
        "facts": announcement_to_json(written),
        "state": MailingState.DRAFT.value,
        "policy": policy.value,
        "revision": 1,
        "author": None,
        "editors": who,
        "corrects": corrects,
        "cursor": "",
        "listed_count": 0,
        "sent_count": 0,
        "unknown_count": 0,
        "unreachable_count": 0,
        "failed_count": 0,
        "dropped_count": 0,
    }
    number = int(connection.execute(_CREATE, values).scalar_one())
    log(connection, who, Deed.DRAFT, str(number), now=now)
    return number


def get(connection: Connection, number: int) -> Draft:
    """Load an announcement. Raises: NoSuchAnnouncementError."""
    row = connection.execute(_BY_ID, {"key": number}).first()
    if row is None:
        raise NoSuchAnnouncementError(number)
    return read_draft(row)


def list_all(connection: Connection) -> tuple[Draft, ...]:
    """List every announcement, the newest first."""
    return tuple(read_draft(row) for row in connection.execute(_ALL))


def join_digest(written: Announcement, language: str, seal: str) -> str:
    """Join the hash of what the staff wrote with that of the words a reader sees (`seal`)."""
    return f"{digest_of(written, language)}.{seal}" if seal else digest_of(written, language)


def load_approvals(connection: Connection, number: int) -> Mapping[str, str]:
    """Load what has been approved: a digest for each language, as `join_digest` makes it."""
    return {row.language: row.digest for row in connection.execute(_APPROVALS, {"key": number})}


def change(connection: Connection, draft: Draft, written: Announcement, who: str, now: dt.datetime) -> Draft:
    """Change what an announcement says. Whatever is approved and no longer said loses its approval.

    Once it has begun only what nobody has got may change: languages that were held back.
    Raises: ChangedMeanwhileError, WrongStateError.
    """
    current = _lock(connection, draft)
    if current.state is MailingState.STOPPED:
        raise WrongStateError(current.state)
    approved = load_approvals(connection, draft.id)
    lost = sorted(
        code for code, digest in approved.items() if digest_of(written, code) != digest.partition(".")[0]
    )
    held = sorted(set(approved) & written.held_back - current.announcement.held_back)
    if current.has_begun and (lost or written.audience != current.announcement.audience):
        raise WrongStateError(current.state)
    values: dict[str, object] = {
        "facts": announcement_to_json(written),
        "revision": current.revision + 1,
        "editors": _join(current.editors, who),
    }
    if not current.has_begun and current.state is not MailingState.DRAFT:
        values |= {"state": MailingState.DRAFT.value, "author": None, "approver": None, "begins_at": None}
        lost = sorted(approved)
        log(connection, who, Deed.APPROVAL_LOST, str(draft.id), now=now)
    if lost or held:  # what is held back after all needs a new approval
        connection.execute(_DISAPPROVE, {"key": draft.id, "languages": sorted({*lost, *held})})
    _set(connection, draft.id, **values)
    log(connection, who, Deed.TEXT, str(draft.id), now=now)
    return get(connection, draft.id)


def choose_policy(connection: Connection, draft: Draft, policy: Policy, who: str, now: dt.datetime) -> Draft:
    """Choose what is done where nobody knows whether a copy has arrived; only in a draft.

    Raises: ChangedMeanwhileError, WrongStateError.
    """
    current = _lock(connection, draft)
    if current.state is not MailingState.DRAFT:
        raise WrongStateError(current.state)
    _set(connection, draft.id, policy=policy.value, revision=current.revision + 1)
    log(connection, who, Deed.TEXT, str(draft.id), now=now)
    return get(connection, draft.id)


def request(
    connection: Connection, draft: Draft, who: str, now: dt.datetime, begins_at: dt.datetime | None = None
) -> Draft:
    """Ask for the approval of a second person; from then on `who` is the author.

    Handed over from the command line, it has no author until a member of the staff takes it over.
    Raises: ChangedMeanwhileError, WrongStateError.
    """
    current = _lock(connection, draft)
    if current.state not in (MailingState.DRAFT, MailingState.REQUESTED):
        raise WrongStateError(current.state)
    _set(
        connection,
        draft.id,
        state=MailingState.REQUESTED.value,
        author=None if who == COMMAND_LINE else who,
        begins_at=begins_at or current.begins_at,
        revision=current.revision + 1,
    )
    log(connection, who, Deed.REQUESTED, str(draft.id), now=now)
    return get(connection, draft.id)


def approve(
    connection: Connection,
    draft: Draft,
    who: str,
    now: dt.datetime,
    *,
    languages: Collection[str],
    members: Collection[str],
    alone_allowed: bool,
    seals: Mapping[str, str] = MappingProxyType({}),
) -> Draft:
    """Approve the text of some languages as it stands; it begins a minute later, or when planned.

    One that has begun goes on with the languages that were held back. Whoever wrote on it cannot approve
    it, unless `alone_allowed`; the trail says so then. `members` are the ids of the staff as of now: who
    has left and come back has a new one, so what somebody wrote who is gone cannot be approved.
    `seals` are hashes of the words that readers see, by language.
    Raises: ChangedMeanwhileError, WrongStateError, NoAuthorError, SamePersonError, WriterGoneError.
    """
    current = _lock(connection, draft)
    is_late = current.has_begun
    if current.state is MailingState.STOPPED or not (is_late or current.state is MailingState.REQUESTED):
        raise WrongStateError(current.state)
    if current.author is None:
        raise NoAuthorError
    is_alone = who == current.author or who in current.editors
    if not alone_allowed:
        if is_alone:
            raise SamePersonError
        if not {current.author, *current.editors} - {COMMAND_LINE} <= set(members):
            raise WriterGoneError
    approved = {
        code: join_digest(current.announcement, code, seals.get(code, "")) for code in sorted(languages)
    }
    for code, digest in approved.items():
        values = {"announcement_id": draft.id, "language": code, "digest": digest}
        connection.execute(_APPROVE.of(connection), values)
    if is_late:
        _set(connection, draft.id, approver=who, revision=current.revision + 1)
    else:
        _set(
            connection,
            draft.id,
            state=MailingState.APPROVED.value,
            approver=who,
            begins_at=max(now + SECOND_THOUGHTS, current.begins_at or now),
            revision=current.revision + 1,
        )
    deed = Deed.APPROVED_ALONE if is_alone else Deed.APPROVED
    for code, digest in approved.items():
        log(connection, who, deed, f"{draft.id}:{code}", digest, now=now)
    return get(connection, draft.id)


def cancel(connection: Connection, number: int, who: str, now: dt.datetime) -> Draft:
    """Take back an approval, or the wish for one, before anything has gone out: it is a draft again.

    Raises: NoSuchAnnouncementError, WrongStateError.
    """
    current = _lock_number(connection, number)
    if current.state not in (MailingState.REQUESTED, MailingState.APPROVED):
        raise WrongStateError(current.state)
    approved = sorted(load_approvals(connection, number))
    if approved:
        connection.execute(_DISAPPROVE, {"key": number, "languages": approved})
    _set(
        connection,
        number,
        state=MailingState.DRAFT.value,
        author=None,
        approver=None,
        begins_at=None,
        revision=current.revision + 1,
    )
    log(connection, who, Deed.CANCELLED, str(number), now=now)
    return get(connection, number)


def set_state(
    connection: Connection,
    number: int,
    state: MailingState,
    allowed: Collection[MailingState],
    deed: Deed,
    who: str,
    now: dt.datetime,
) -> Draft:
    """Go on to a state from one that allows it. Raises: NoSuchAnnouncementError, WrongStateError."""
    current = _lock_number(connection, number)
    if current.state not in allowed:
        raise WrongStateError(current.state)
    values: dict[str, object] = {"state": state.value, "revision": current.revision + 1}
    if state is MailingState.LISTING and current.started_at is None:
        values["started_at"] = now
    if state in (MailingState.STOPPED, MailingState.DONE):
        values["ended_at"] = now
    _set(connection, number, **values)
    log(connection, who, deed, str(number), now=now)
    return get(connection, number)


def is_running(state: MailingState) -> bool:
    """Tell whether copies are being listed or sent."""
    return state in _RUNNING


def read_draft(row: Row[tuple[object, ...]]) -> Draft:
    """Read a row of the table."""
    return Draft(
        id=row.id,
        announcement=announcement_from_json(row.facts),
        state=MailingState(row.state),
        policy=Policy(row.policy),
        revision=row.revision,
        author=row.author,
        approver=row.approver,
        editors=tuple(part for part in row.editors.split("|") if part),
        corrects=row.corrects,
        begins_at=row.begins_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _lock(connection: Connection, draft: Draft) -> Draft:
    current = _lock_number(connection, draft.id)
    if current.revision != draft.revision:
        raise ChangedMeanwhileError
    return current


def _lock_number(connection: Connection, number: int) -> Draft:
    row = connection.execute(_BY_ID_LOCKED, {"key": number}).first()
    if row is None:
        raise NoSuchAnnouncementError(number)
    return read_draft(row)


def _set(connection: Connection, number: int, **values: object) -> None:
    connection.execute(_CHANGE, {"key": number, **values})


def _join(editors: tuple[str, ...], who: str) -> str:
    return "|".join(dict.fromkeys((*editors, who)))
