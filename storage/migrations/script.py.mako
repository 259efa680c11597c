"""${message}.

Column types are SQLAlchemy's own and constraints have names: a step must still run when the
tables of today are long forgotten.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one step on."""
    ${upgrades if upgrades else "raise NotImplementedError"}


def downgrade() -> None:
    """There is no way back: the copy made before the step is (`storage.schema`)."""
    raise NotImplementedError
