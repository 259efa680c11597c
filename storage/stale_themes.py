"""Themes that many people chose and of which nobody has said yet what became of them.

Numbers only, and none below the smallest group that may be told apart. This module must not know any word,
nor who is reminded.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

from sqlalchemy import Connection, bindparam, func, select

from conversations.content import Content
from conversations.programme import Programme
from conversations.themes import list_themes
from storage.answers import split_codes
from storage.export.selection import SMALLEST_GROUP
from storage.stations import load_newest
from storage.tables import answer

_CHOSEN = (
    select(answer.c.step, answer.c.codes, func.count().label("people"))
    .where(answer.c.scope.in_(bindparam("scopes", expanding=True)))
    .group_by(answer.c.step, answer.c.codes)
)


def list_stale(
    connection: Connection, content: Content, programme: Programme, now: dt.datetime
) -> list[tuple[str, int]]:
    """List the themes without a station whose forum (Fachforum) is over, and how many people chose each.

    Those that most people chose come first; what fewer than the smallest group chose is left out.
    """
    over = [code for code, forum in programme.forums.items() if forum.is_over(now)]
    known = load_newest(connection)
    themes = [theme for code in over for theme in list_themes(content, code) if theme not in known]
    if not themes:
        return []
    counted: Counter[str] = Counter()
    for row in connection.execute(_CHOSEN, {"scopes": over}):
        for code in split_codes(row.codes):
            counted[f"{row.step}.{code}"] += row.people
    stale = [(theme, counted[theme]) for theme in themes if counted[theme] >= SMALLEST_GROUP]
    return sorted(stale, key=lambda found: -found[1])
