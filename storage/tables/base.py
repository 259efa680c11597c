"""What all tables share: one catalogue, names for constraints, and how numbers and sets are stored."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Integer, MetaData
from sqlmodel import SQLModel

#: Telegram's ids need up to 52 bits (Bot API, "Chat"); SQLite numbers only plain INTEGER keys.
Identity = BigInteger().with_variant(Integer, "sqlite")

WITHOUT_ROWID = {"sqlite_with_rowid": False}
#: Row numbers are never used twice, so that a late result cannot meet a newer row.
NEVER_REUSED = {"sqlite_autoincrement": True}


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """Allow a column the values of a closed set only."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Row(SQLModel):
    """What all tables share: one catalogue of tables, in which every constraint has a name."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
