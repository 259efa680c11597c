"""First form: contacts, respondents with their answers, the inbox and the outbox.

Column types are SQLAlchemy's own and constraints have names: a step must still run when the
tables of today are long forgotten.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step on."""
    _create_contacts()
    _create_respondents()
    _create_inbox()
    _create_outbox()


def downgrade() -> None:
    """There is no way back: the copy made before the step is (`storage.schema`)."""
    raise NotImplementedError


def _identity() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _time() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _create_contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_mac", sa.LargeBinary(), nullable=False),
        sa.Column("chat_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("has_consented", sa.Boolean(), nullable=False),
        sa.Column("message_consent_version", sa.String(), nullable=True),
        sa.Column("message_consent_language", sa.String(), nullable=True),
        sa.Column("message_consent_day", sa.Date(), nullable=True),
        sa.Column("screen_message_id", sa.BigInteger(), nullable=True),
        sa.Column("seen_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("person_mac", name=op.f("uq_contact_person_mac")),
        sa.CheckConstraint(
            "(message_consent_version IS NULL) = (message_consent_day IS NULL)"
            " AND (message_consent_version IS NULL) = (message_consent_language IS NULL)",
            name=op.f("ck_contact_message_consent"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subscription",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "topic", name=op.f("pk_subscription")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_subscription_contact"), ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_subscription_topic"), "subscription", ["topic"])


def _create_respondents() -> None:
    op.create_table(
        "respondent",
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("session_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("consent_version", sa.String(), nullable=False),
        sa.Column("consent_language", sa.String(), nullable=False),
        sa.Column("consent_week", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pseudonym", name=op.f("pk_respondent")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answer",
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("codes", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("words_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("message_mark", sa.String(), nullable=True),
        sa.Column("review", sa.String(), nullable=True),
        sa.Column("released_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("pseudonym", "scope", "step", name=op.f("pk_answer")),
        sa.ForeignKeyConstraint(
            ["pseudonym"], ["respondent.pseudonym"], name=op.f("fk_answer_respondent"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("review IN ('waiting', 'released')", name=op.f("ck_answer_review")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "voice",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("pseudonym", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("file_id_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("duration_seconds", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", _time(), nullable=True),
        sa.Column("lease_until", _time(), nullable=True),
        sa.Column("data_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("delete_after", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice")),
        sa.ForeignKeyConstraint(
            ["pseudonym", "scope", "step"],
            ["answer.pseudonym", "answer.scope", "answer.step"],
            name=op.f("fk_voice_answer"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("pseudonym", "scope", "step", name=op.f("uq_voice_pseudonym_scope_step")),
        sa.CheckConstraint("state IN ('waiting', 'fetched', 'failed')", name=op.f("ck_voice_state")),
        sa.CheckConstraint("duration_seconds >= 0", name=op.f("ck_voice_duration_seconds")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_voice_attempts")),
        sqlite_with_rowid=False,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_voice_waiting", "voice", ["id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "wording",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_wording")),
        sqlite_with_rowid=False,
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        _identity(),
        sa.Column("update_id", sa.BigInteger(), nullable=False),
        sa.Column("chat_mac", sa.LargeBinary(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", _time(), nullable=False),
        sa.Column("received_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("update_id", name=op.f("uq_inbox_update_id")),
        sa.CheckConstraint("state IN ('waiting', 'done', 'quarantined')", name=op.f("ck_inbox_state")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_inbox_attempts")),
        sa.CheckConstraint(
            "state <> 'done' OR (body_sealed IS NULL AND chat_mac IS NULL)",
            name=op.f("ck_inbox_emptied"),
        ),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_inbox_waiting", "inbox", ["id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_index(
        "ix_inbox_chat", "inbox", ["chat_mac", "id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index(op.f("ix_inbox_received_at"), "inbox", ["received_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        _identity(),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("chat_mac", sa.LargeBinary(), nullable=False),
        sa.Column("chat_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("was_interrupted", sa.Boolean(), nullable=False),
        sa.Column("not_before", _time(), nullable=False),
        sa.Column("lease_until", _time(), nullable=True),
        sa.Column("created_at", _time(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("purpose", name=op.f("uq_outbox_purpose")),
        sa.CheckConstraint(
            "kind IN ('screen', 'message', 'document', 'retire')", name=op.f("ck_outbox_kind")
        ),
        sa.CheckConstraint("lane IN ('reply', 'bulk')", name=op.f("ck_outbox_lane")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_outbox_revision")),
        sqlite_autoincrement=True,
    )
    free, leased = sa.text("lease_until IS NULL"), sa.text("lease_until IS NOT NULL")
    op.create_index("ix_outbox_chat", "outbox", ["chat_mac", "lane", "id"])
    op.create_index("ix_outbox_due", "outbox", ["lane", "id"], sqlite_where=free, postgresql_where=free)
    op.create_index("ix_outbox_leased", "outbox", ["chat_mac"], sqlite_where=leased, postgresql_where=leased)
