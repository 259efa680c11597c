"""The tables, in two worlds that share no value.

Contact world (`contact` with `subscription`, `attendance`, `followed_theme` and `announcement_copy`; the
staff with `staff_member`, `staff_deputy`, `staff_invite` and `staff_state`; and on their way `inbox` and
`outbox`): sealed and keyed with the contact key. Respondent world (`respondent`, `answer`, `voice`):
found by a pseudonym, dated by ISO week. `wording`, the programme (`meeting`, `reminder`, `headcount`),
what the town says (`announcement`, `approval`, `station`) and the trail of the staff (`staff_log`) belong
to nobody. The tables of people have no row order (no rowid), so that the order of
two inserts says nothing. Rows are not the domain: no module above `storage` may see them.

SQLModel does not validate rows (`table=True`), so what must hold stands in constraints.
"""

from __future__ import annotations

from sqlalchemy import Table

from storage.tables import (  # noqa: F401  they fill the catalogue
    announcements,
    contacts,
    programme,
    queues,
    respondents,
    staff,
)
from storage.tables.base import Row

METADATA = Row.metadata

contact: Table = METADATA.tables["contact"]
subscription: Table = METADATA.tables["subscription"]
attendance: Table = METADATA.tables["attendance"]
followed_theme: Table = METADATA.tables["followed_theme"]
station: Table = METADATA.tables["station"]
announcement: Table = METADATA.tables["announcement"]
approval: Table = METADATA.tables["approval"]
announcement_copy: Table = METADATA.tables["announcement_copy"]
respondent: Table = METADATA.tables["respondent"]
answer: Table = METADATA.tables["answer"]
voice: Table = METADATA.tables["voice"]
wording: Table = METADATA.tables["wording"]
staff_state: Table = METADATA.tables["staff_state"]
staff_member: Table = METADATA.tables["staff_member"]
staff_deputy: Table = METADATA.tables["staff_deputy"]
staff_invite: Table = METADATA.tables["staff_invite"]
staff_log: Table = METADATA.tables["staff_log"]
meeting: Table = METADATA.tables["meeting"]
reminder: Table = METADATA.tables["reminder"]
headcount: Table = METADATA.tables["headcount"]
inbox: Table = METADATA.tables["inbox"]
outbox: Table = METADATA.tables["outbox"]

#: Everything keyed with the contact key; `inbox` and `outbox` are its way in and out.
CONTACT_WORLD = (
    contact,
    subscription,
    attendance,
    followed_theme,
    announcement_copy,
    staff_member,
    staff_deputy,
    staff_invite,
    staff_state,
    inbox,
    outbox,
)
#: Everything keyed with the respondent key.
RESPONDENT_WORLD = (respondent, answer, voice)
