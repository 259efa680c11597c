"""The programme: meetings, what is said about them, who comes, and the way of a reminder out.

Column types are SQLAlchemy's own and constraints have names: a step must still run when the
tables of today are long forgotten.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step on."""
    _create_meetings()
    _create_people()
    op.drop_index("ix_subscription_topic", "subscription")
    op.create_index(op.f("ix_subscription_topic_contact_id"), "subscription", ["topic", "contact_id"])
    op.add_column("outbox", sa.Column("reminder_id", sa.BigInteger(), nullable=True))
    is_reminder = sa.text("reminder_id IS NOT NULL")
    op.create_index(
        "ix_outbox_reminder",
        "outbox",
        ["reminder_id"],
        sqlite_where=is_reminder,
        postgresql_where=is_reminder,
    )


def downgrade() -> None:
    """There is no way back: the copy made before the step is (`storage.schema`)."""
    raise NotImplementedError


def _create_meetings() -> None:
    op.create_table(
        "meeting",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("known", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_meeting")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("earlier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("planned_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("topic", "kind", "revision", name=op.f("uq_reminder_topic_kind_revision")),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'expired', 'replaced')", name=op.f("ck_reminder_state")
        ),
        sa.CheckConstraint("expires_at > due_at", name=op.f("ck_reminder_expires_at")),
        sqlite_autoincrement=True,
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_reminder_waiting", "reminder", ["due_at"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "headcount",
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "what", name=op.f("pk_headcount")),
        sa.CheckConstraint("count >= 0", name=op.f("ck_headcount_count")),
        sqlite_with_rowid=False,
    )


def _create_people() -> None:
    op.create_table(
        "staff_state",
        sa.Column("person_mac", sa.LargeBinary(), nullable=False),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_mac", name=op.f("pk_staff_state")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attendance",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("reply", sa.String(), nullable=True),
        sa.Column("wants_interpreter", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "topic", name=op.f("pk_attendance")),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_attendance_contact"), ondelete="CASCADE"
        ),
        sa.CheckConstraint("reply IN ('coming', 'not_coming')", name=op.f("ck_attendance_reply")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_attendance_topic_reply_contact_id"), "attendance", ["topic", "reply", "contact_id"]
    )
