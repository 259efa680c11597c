"""Announcements and their copies, the staff and what they did, followed themes and stations.

Column types are SQLAlchemy's own and constraints have names: a step must still run when the
tables of today are long forgotten.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _number() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Go one step on."""
    _widen_contacts_and_outbox()
    _create_themes()
    _create_announcements()
    _create_staff()


def downgrade() -> None:
    """There is no way back: the copy made before the step is (`storage.schema`)."""
    raise NotImplementedError


def _widen_contacts_and_outbox() -> None:
    op.add_column(
        "contact", sa.Column("has_stopped", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("contact", sa.Column("follow_consent_version", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("follow_consent_language", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("follow_consent_day", sa.Date(), nullable=True))
    op.add_column(
        "contact", sa.Column("told_station", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("contact", sa.Column("told_day", sa.Date(), nullable=True))
    # Whoever has no consent to messages may have taken it back; nobody can tell any more.
    op.execute("UPDATE contact SET has_stopped = true WHERE message_consent_day IS NULL")
    op.add_column("outbox", sa.Column("announcement_id", sa.BigInteger(), nullable=True))
    op.add_column(
        "outbox", sa.Column("policy", sa.String(), server_default="never_missed", nullable=False)
    )
    is_copy = sa.text("announcement_id IS NOT NULL")
    op.create_index(
        "ix_outbox_announcement",
        "outbox",
        ["announcement_id"],
        sqlite_where=is_copy,
        postgresql_where=is_copy,
    )


def _create_themes() -> None:
    op.create_table(
        "followed_theme",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "theme", name=op.f("pk_followed_theme")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_followed_theme_contact"), ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_followed_theme_theme_contact_id"), "followed_theme", ["theme", "contact_id"])
    op.create_table(
        "station",
        sa.Column("id", _number(), nullable=False),
        sa.Column("theme", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.CheckConstraint(
            "(code = 'not_taken') = (reason IS NOT NULL)", name=op.f("ck_station_reason")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_station_theme_id"), "station", ["theme", "id"])


def _create_announcements() -> None:
    op.create_table(
        "announcement",
        sa.Column("id", _number(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("approver", sa.String(), nullable=True),
        sa.Column("editors", sa.String(), nullable=False),
        sa.Column("corrects", sa.BigInteger(), nullable=True),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("listed_count", sa.Integer(), nullable=False),
        sa.Column("sent_count", sa.Integer(), nullable=False),
        sa.Column("unknown_count", sa.Integer(), nullable=False),
        sa.Column("unreachable_count", sa.Integer(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("dropped_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.CheckConstraint(
            "state IN ('draft', 'requested', 'approved', 'listing', 'sending', 'paused', 'stopped', 'done')",
            name=op.f("ck_announcement_state"),
        ),
        sa.CheckConstraint(
            "policy IN ('never_missed', 'never_twice')", name=op.f("ck_announcement_policy")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_announcement_revision")),
        sqlite_autoincrement=True,
    )
    is_active = sa.text("state IN ('approved', 'listing', 'sending')")
    op.create_index(
        "ix_announcement_active", "announcement", ["id"], sqlite_where=is_active, postgresql_where=is_active
    )
    op.create_table(
        "approval",
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("announcement_id", "language", name=op.f("pk_approval")),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_approval_announcement"),
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "announcement_copy",
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("announcement_id", "contact_id", name=op.f("pk_announcement_copy")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_announcement_copy_contact"), ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'queued', 'held', 'sent', 'unknown', 'failed', 'dropped')",
            name=op.f("ck_announcement_copy_state"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_announcement_copy_contact_id"), "announcement_copy", ["contact_id"])
    op.create_index(
        op.f("ix_announcement_copy_announcement_id_state_contact_id"),
        "announcement_copy",
        ["announcement_id", "state", "contact_id"],
    )


def _create_staff() -> None:
    op.create_table(
        "staff_member",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_mac", sa.LargeBinary(), nullable=False),
        sa.Column("chat_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded_week", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("person_mac", name=op.f("uq_staff_member_person_mac")),
        sa.CheckConstraint("origin IN ('settings', 'invitation')", name=op.f("ck_staff_member_origin")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff_deputy",
        sa.Column("member_id", sa.String(), nullable=False),
        sa.Column("stands_in_for", sa.String(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("member_id", "stands_in_for", name=op.f("pk_staff_deputy")),
        sa.ForeignKeyConstraint(
            ["member_id"], ["staff_member.id"], name=op.f("fk_staff_deputy_staff_member"), ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff_invite",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.String(), nullable=False),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_invite")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff_log",
        sa.Column("id", _number(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_log")),
        sqlite_autoincrement=True,
    )
