"""How fast a mailing may go, and how long it will take: plain numbers, for who sends and who plans.

Must not know who is written to.
"""

from __future__ import annotations

import datetime as dt

from conversations.reminders import QUIET_FROM, after_quiet

#: Telegram takes about 30 messages a second of a bot (Bots FAQ, "My bot is hitting limits", 2026-11).
MESSAGES_PER_SECOND = 30
#: What is kept free for answers while people write to the bot, at most.
MOST_KEPT_FREE = 10


def estimate_end(count: int, now: dt.datetime) -> dt.datetime:
    """Say when the last of so many messages goes out; nothing goes in the quiet hours.

    `now` is in the time zone of the programme. Answers to people take a part of what is allowed, so
    a fifth is left to them.
    """
    left = dt.timedelta(seconds=count / (MESSAGES_PER_SECOND * 0.8))
    moment = after_quiet(now)
    while True:
        closes = dt.datetime.combine(moment.date(), QUIET_FROM, moment.tzinfo)
        open_for = closes.astimezone(dt.UTC) - moment.astimezone(dt.UTC)
        if left <= open_for:
            return (moment.astimezone(dt.UTC) + left).astimezone(now.tzinfo)
        left -= open_for
        moment = after_quiet(closes)


def estimate_duration(count: int, now: dt.datetime) -> dt.timedelta:
    """Say how long so many messages take from now on, quiet hours included."""
    return estimate_end(count, now) - now
