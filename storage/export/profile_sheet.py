"""`profile.csv`: how many people chose what about themselves, each question for itself.

It always counts everybody, whatever fields and weeks are selected: profiles of the people of
one field would cross the profile with a topic, and two selections that differ by one person
would tell that person's profile.

A number below 10 is shown as `<10`, zero included. How many people took part can be counted
in `answers.csv`, and from that and the numbers shown a hidden one could be computed. So of
each question at least two numbers are hidden, which together stand for at least 20 people,
the smallest first; one that is hidden for this reason is shown as `>=10`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from conversations.flow import PROFILE
from conversations.session import SKIPPED
from storage.answers import split_codes
from storage.export.codes import Codes
from storage.export.selection import SMALLEST_GROUP
from storage.export.sheet import Sheet
from storage.tables import answer

COLUMNS = ("step", "code", "label_de", "count")
#: What stands instead of a number that is too small, and of one that is hidden with it.
TOO_SMALL, HIDDEN_WITH_IT = f"<{SMALLEST_GROUP}", f">={SMALLEST_GROUP}"


def write_profile(connection: Connection, sheet: Sheet, codes: Codes) -> None:
    """Write the numbers of each question about the person."""
    counted = _load_counts(connection)
    known = {step.id: (*codes.codes_of(step), SKIPPED) for step in codes.profile_steps}
    for step_id in (*known, *sorted(counted.keys() - known.keys())):
        chosen = counted.get(step_id, Counter())
        listed = known.get(step_id, ())
        every_code = (*listed, *sorted(chosen.keys() - set(listed)))
        for code, shown in hide_small({code: chosen[code] for code in every_code}).items():
            sheet.add((step_id, code, codes.label(step_id, code), shown))


def hide_small(counts: Mapping[str, int]) -> dict[str, str]:
    """Show the numbers of one question without those that are too small to be shown.

    >>> hide_small({"a": 30, "b": 9, "c": 12, "d": 14})
    {'a': '30', 'b': '<10', 'c': '>=10', 'd': '14'}
    """
    hidden: list[int] = []
    shown = {code: str(count) for code, count in counts.items()}
    for code, count in sorted(counts.items(), key=lambda item: item[1]):
        if count >= SMALLEST_GROUP and _is_covered(hidden):
            break
        hidden.append(count)
        shown[code] = TOO_SMALL if count < SMALLEST_GROUP else HIDDEN_WITH_IT
    return shown


def _is_covered(hidden: list[int]) -> bool:
    """Tell whether none of the hidden numbers follows from their sum."""
    if not hidden:
        return True
    # Numbers below ten whose sum is the greatest possible are all nine.
    all_nine = all(count == SMALLEST_GROUP - 1 for count in hidden)
    return len(hidden) >= 2 and sum(hidden) >= 2 * SMALLEST_GROUP and not all_nine


def _load_counts(connection: Connection) -> dict[str, Counter[str]]:
    statement = (
        select(answer.c.step, answer.c.codes, func.count().label("people"))
        .where(answer.c.scope == PROFILE)
        .group_by(answer.c.step, answer.c.codes)
    )
    found: dict[str, Counter[str]] = {}
    for row in connection.execute(statement):
        for code in split_codes(row.codes):
            found.setdefault(row.step, Counter())[code] += row.people
    return found
