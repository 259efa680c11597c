"""The closed sets of words that stand in columns. The values are stored: never change one.

Values only: this module must not know a table, a key or a database.
"""

from __future__ import annotations

from enum import StrEnum


class Review(StrEnum):
    """Where an own answer stands on its way to the staff. NULL in the column: nothing to review."""

    WAITING = "waiting"
    RELEASED = "released"


class VoiceState(StrEnum):
    """Whether the file of a voice answer has been fetched."""

    WAITING = "waiting"
    FETCHED = "fetched"
    FAILED = "failed"


class InboxState(StrEnum):
    """Whether an update has been worked on."""

    WAITING = "waiting"
    DONE = "done"
    QUARANTINED = "quarantined"


class OutboxKind(StrEnum):
    """What goes out: the current screen, a message, a file, or an old message taken out of use."""

    SCREEN = "screen"
    MESSAGE = "message"
    DOCUMENT = "document"
    RETIRE = "retire"


class Lane(StrEnum):
    """How something goes out: an answer to a person at once, a mailing at an even pace."""

    REPLY = "reply"
    BULK = "bulk"


class ReminderState(StrEnum):
    """How far a reminder is: to come or on its way, put out for everybody, too late, or overtaken."""

    WAITING = "waiting"
    DONE = "done"
    EXPIRED = "expired"
    REPLACED = "replaced"


class Policy(StrEnum):
    """What is done where nobody knows whether something has been sent."""

    NEVER_MISSED = "never_missed"
    NEVER_TWICE = "never_twice"


class MailingState(StrEnum):
    """How far an announcement is, from the first draft to the last copy.

    `requested` waits for the approval of a second person, `approved` for its time; `listing` finds out
    who gets it, `sending` sends.
    """

    DRAFT = "draft"
    REQUESTED = "requested"
    APPROVED = "approved"
    LISTING = "listing"
    SENDING = "sending"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"


class CopyState(StrEnum):
    """What became of an announcement for one person. `held`: the text in their language is to come."""

    WAITING = "waiting"
    QUEUED = "queued"
    HELD = "held"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DROPPED = "dropped"


class StaffOrigin(StrEnum):
    """How somebody came to belong to the staff: named in the settings, or by an invitation."""

    SETTINGS = "settings"
    INVITATION = "invitation"
