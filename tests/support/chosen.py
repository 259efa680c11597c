"""People who have chosen measures or goals, straight in the database."""

from __future__ import annotations

from conversations.session import Answer
from storage.answers import Wording, save_answer, save_wordings
from storage.database import Database
from storage.keyring import KeyRing
from storage.sessions import create_respondent
from tests.support.databases import ANNA, CONSENT, TODAY, make_session


def answers(
    database: Database, keys: KeyRing, people: int, *codes: str, step: str = "arb_measure", first: int = 0
) -> None:
    """Let so many people choose these codes in a question on work, the first of them with a number."""
    with database.transaction() as connection:
        shown = Wording(step, "de", "…")
        save_wordings(connection, [shown])
        for person in range(ANNA + first, ANNA + first + people):
            create_respondent(connection, keys, person, consent=CONSENT, source="", session=make_session())
            save_answer(
                connection, keys, person, "arbeit", step, Answer(codes), language="de", wording=shown.hash,
                week="2027-W33", delete_voice_after=TODAY,
            )  # fmt: skip
