"""Access: the document holds the union of all rows of a person, and nothing of anybody else."""

from __future__ import annotations

import base64
import json
from typing import Any

from sqlalchemy import Table, select

from storage.access import load_everything
from storage.database import Database
from storage.keyring import KeyRing
from storage.tables import CONTACT_WORLD, RESPONDENT_WORLD
from tests.support.databases import ANNA, BORIS
from tests.support.people import live

#: Random ids and keyed hashes; and what is sealed, which the document shows opened.
LEFT_OUT = {"id", "person_mac", "chat_mac", "pseudonym", "contact_id", "chat_sealed", "token_hash"}
OPENED = {
    "session_sealed": "session", "words_sealed": "words", "released_sealed": "released",
    "file_id_sealed": "file_id", "data_sealed": "data_base64", "body_sealed": "body", "state_sealed": "state",
}  # fmt: skip
RENAMED = {
    "message_consent_version": "version", "message_consent_language": "language",
    "message_consent_day": "day", "consent_version": "version", "consent_language": "language",
    "consent_week": "week", "topic": "subscriptions", "follow_consent_version": "version",
    "follow_consent_language": "language", "follow_consent_day": "day", "theme": "followed_themes",
}  # fmt: skip


def everything(database: Database, keys: KeyRing, person: int = ANNA) -> dict[str, Any]:
    with database.transaction() as connection:
        live(connection, keys, ANNA)
    with database.transaction() as connection:
        live(connection, keys, BORIS, 1, mark="bystander")
    with database.reading() as connection:
        return load_everything(connection, keys, person)


def names_in(document: object) -> set[str]:
    match document:
        case dict():
            return set(document).union(*(names_in(value) for value in document.values()))
        case list():
            return set().union(*(names_in(value) for value in document))
        case _:
            return set()


def test_every_column_is_in_the_document(database: Database, keys: KeyRing) -> None:
    document = everything(database, keys)
    assert json.loads(json.dumps(document)) == document
    columns = {column.name for table in (*CONTACT_WORLD, *RESPONDENT_WORLD) for column in table.columns}
    assert len(columns) > 30
    expected = {RENAMED.get(name, OPENED.get(name, name)) for name in columns - LEFT_OUT}
    assert expected - names_in(document) == set()


def test_everything_said_is_in_the_document(database: Database, keys: KeyRing) -> None:
    document = everything(database, keys)
    written = json.dumps(document, ensure_ascii=False)
    for said in (
        "canary-topic", "canary-forum", "canary-theme", "canary desk",
        "canary-colleague",
        "canary-source", "canary-code", "canary offered", "canary words", "canary released",
        "canary-file", "canary-tag", "canary message", "canary update 1", "canary update 2", "Яка робота?",
    ):  # fmt: skip
        assert said in written
    assert "bystander" not in written
    sounds = [
        answer["voice"]["data_base64"] for answer in document["respondent"]["answers"] if answer["voice"]
    ]
    assert sorted(sound is None for sound in sounds) == [False, True]
    assert b"canary sound" in [base64.b64decode(sound) for sound in sounds if sound]
    assert document["contact"]["telegram_id"] == ANNA


def test_the_document_counts_as_many_rows_as_the_tables(database: Database, keys: KeyRing) -> None:
    document = everything(database, keys)

    def count(table: Table, column: str, value: bytes) -> int:
        with database.reading() as connection:
            return len(connection.execute(select(table).where(table.c[column] == value)).all())

    tables = {table.name: table for table in (*CONTACT_WORLD, *RESPONDENT_WORLD)}
    pseudonym, chat = keys.pseudonym(ANNA), keys.person_mac(ANNA)
    answers = document["respondent"]["answers"]
    assert len(answers) == count(tables["answer"], "pseudonym", pseudonym)
    assert sum(answer["voice"] is not None for answer in answers) == count(
        tables["voice"], "pseudonym", pseudonym
    )
    assert len(document["updates"]) == count(tables["inbox"], "chat_mac", chat)
    assert len(document["messages"]) == count(tables["outbox"], "chat_mac", chat)


def test_who_chose_nothing_has_nearly_nothing(database: Database, keys: KeyRing) -> None:
    from storage.contacts import create_contact
    from tests.support.databases import TODAY

    with database.transaction() as connection:
        create_contact(connection, keys, ANNA, today=TODAY)
        document = load_everything(connection, keys, ANNA)
    assert document["contact"]["message_consent"] is None
    assert document["contact"]["follow_consent"] is None
    assert document["contact"]["followed_themes"] == []
    assert document["respondent"] is None
