"""The export: which rows stand where, what is merged or hidden, and that it is all or nothing."""

from __future__ import annotations

import datetime as dt
import os
import signal
import stat
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from storage.database import Database
from storage.export import ExportError, ExportSummary, Selection, write_export
from storage.export.profile_sheet import HIDDEN_WITH_IT, TOO_SMALL, hide_small
from storage.keyring import KeyRing, ring_from_keys
from storage.tables import answer
from tests.storage.export.world import VOICE, WEEK, World, make_content, read_rows

CONTENT = make_content()
FILES = {"answers.csv", "profile.csv", "texts.csv", "codebook.csv"}


@pytest.fixture
def world(database: Database, keys: KeyRing) -> World:
    return World(database, keys)


def export(world: World, folder: Path, *fields: str, since: dt.date | None = None) -> ExportSummary:
    return write_export(world.database, world.keys, CONTENT, folder, Selection(fields, since))


def rows(folder: Path, name: str = "answers") -> list[list[str]]:
    return read_rows(folder / f"{name}.csv")[1:]


def test_every_answer_of_a_small_world_stands_where_it_should(world: World, tmp_path: Path) -> None:
    now = world.word("arb_now", "de", "Was passt am besten?\nworking = Ich arbeite")
    world.come(*range(1, 13), source="vhs")
    world.answer(*range(2, 13), codes=("looking",), week="2027-W32")
    world.answer(1, step="x_comment", codes=("text",), words="Danke!")
    world.answer(1, step="arb_now", codes=("own",), words="Ich lerne")
    world.answer(1, step="arb_measure", codes=("mentors", "courses"))
    world.answer(1, scope="forum_arbeit", step="forum_needs", codes=("evening", "childcare"))
    world.answer(1, scope="werte", step="wer_future", codes=("voice",), voice=VOICE)
    world.answer(1, scope="werte", step="wer_goal", codes=("_skip",))
    world.answer(1, scope="profile", step="prof_role", codes=("settled",))

    summary = export(world, tmp_path)

    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == FILES
    heading, *written = read_rows(tmp_path / "answers.csv")
    assert ";".join(heading) == "respondent;field;step;type;codes;label_de;language;wording;week;source"
    assert [row[0] for row in written] == sorted(row[0] for row in written)
    assert len({row[0] for row in written}) == 12
    assert all(len(row[0]) == 13 and row[0].startswith("r") for row in written)
    end = ["de", "arb_measure.de", WEEK, "vhs"]
    [anna] = [[row[1:] for row in written if row[0] == whose] for whose in {row[0] for row in written}
              if [row[0] for row in written].count(whose) > 1]  # fmt: skip
    assert anna == [
        ["arbeit", "arb_now", "single", "own", "Eigene Antwort", "de", now, WEEK, "vhs"],
        ["arbeit", "arb_measure", "multi", "mentors|courses", "Patenschaften | + Kurse", *end],
        ["arbeit", "forum_needs", "multi", "evening|childcare", "Ein Termin am Abend | Kinderbetreuung",
         "de", "forum_needs.de", WEEK, "vhs"],
        ["arbeit", "x_comment", "open", "text", "(Freitext)", "de", "x_comment.de", WEEK, "vhs"],
        ["werte", "wer_future", "open", "voice", "(Sprachnachricht)", "de", "wer_future.de", WEEK, "vhs"],
        ["werte", "wer_goal", "single_statements", "_skip", "(übersprungen)", "de", "wer_goal.de", WEEK,
         "vhs"],
    ]  # fmt: skip
    others = [row[1:] for row in written if row[4] == "looking"]
    assert others == 11 * [
        ["arbeit", "arb_now", "single", "looking", "Ich suche; Arbeit", "de", now, "2027-W32", "vhs"]
    ]
    assert (summary.respondents, summary.answers, summary.texts) == (12, 17, 0)
    assert (summary.waiting_texts, summary.waiting_voices) == (2, 1)
    assert (summary.first_week, summary.folder) == (None, tmp_path)


def test_sixty_people_and_every_answer_exactly_once(world: World, tmp_path: Path) -> None:
    people = range(1, 61)
    world.come(*people)
    given_answers: Counter[tuple[str, str, str]] = Counter()
    for number in people:
        for step, scope, codes in (
            ("arb_now", "arbeit", ("working", "looking", "own", "_skip")[number % 4]),
            ("arb_measure", "arbeit", ("mentors|courses", "internships")[number % 2]),
            ("wer_goal", "werte", ("law", "respect", "_skip")[number % 3]),
        ):
            if number % 7 or scope != "werte":
                world.answer(number, scope=scope, step=step, codes=tuple(codes.split("|")))
                given_answers[scope, step, codes] += 1
    export(world, tmp_path)
    written = rows(tmp_path)
    assert Counter((row[1], row[2], row[4]) for row in written) == given_answers
    assert len({(row[0], row[2]) for row in written}) == len(written) == sum(given_answers.values())
    assert len({row[0] for row in written}) == 60
    assert all(row[5] for row in written)


def test_what_the_content_no_longer_has_keeps_its_code(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 11))
    world.answer(*range(1, 11), codes=("gone",))
    world.answer(*range(1, 11), step="arb_measure", codes=("mentors", "gone"))
    world.answer(*range(1, 11), step="arb_old", codes=("_skip",))
    world.answer(*range(1, 11), scope="verkehr", step="ver_now", codes=("bus",))
    export(world, tmp_path)
    written = [row[1:6] for row in rows(tmp_path)]
    assert written[:4] == [
        ["arbeit", "arb_now", "single", "gone", ""],
        ["arbeit", "arb_measure", "multi", "mentors|gone", "Patenschaften | "],
        ["arbeit", "arb_old", "", "_skip", "(übersprungen)"],
        ["verkehr", "ver_now", "", "bus", ""],
    ]
    assert len(written) == 40


def test_ids_and_order_are_new_in_every_export(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 41))
    for person in range(1, 41):
        world.answer(person, codes=(f"code{person}",))
    orders = []
    for name in ("one", "two"):
        export(world, tmp_path / name)
        orders.append([(row[0], row[4]) for row in rows(tmp_path / name)])
    assert not {whose for whose, _ in orders[0]} & {whose for whose, _ in orders[1]}
    codes = [[code for _, code in order] for order in orders]
    assert codes[0] != codes[1]
    assert sorted(codes[0]) == sorted(codes[1])
    with world.database.reading() as connection:
        stored = connection.execute(answer.select().order_by(answer.c.pseudonym)).all()
    assert codes[0] != [row.codes for row in stored]
    names = "".join(whose for order in orders for whose, _ in order)
    assert not any(row.pseudonym.hex()[:8] in names for row in stored)


def test_small_languages_and_sources_are_merged(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 13))
    world.come(*range(13, 23), source="vhs")
    world.come(*range(23, 32), source="plakat")
    world.answer(*range(1, 11), language="de")
    world.answer(*range(11, 20), language="tr")
    world.answer(*range(11, 20), step="arb_measure", codes=("mentors",), language="tr")
    world.answer(*range(20, 32), language="ar")
    world.answer(1, scope="profile", step="prof_role", codes=("settled",), language="tr")
    export(world, tmp_path)
    written = rows(tmp_path)
    assert Counter(row[6] for row in written) == {"de": 10, "ar": 12, "other": 18}
    assert Counter(row[9] for row in written if row[2] == "arb_now") == {"": 12, "vhs": 10, "other": 9}
    # A wording has a language in the codebook, so it would tell what the language does not.
    assert {row[7] for row in written if row[6] == "other"} == {""}
    assert all(row[7] for row in written if row[6] != "other")


def test_groups_are_counted_among_the_answers_selected(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 11), source="vhs")
    world.answer(*range(1, 11))
    world.answer(*range(1, 10), scope="werte", step="wer_goal", codes=("law",))
    export(world, tmp_path, "werte")
    assert [row[1:] for row in rows(tmp_path)] == 9 * [
        ["werte", "wer_goal", "single_statements", "law", "Recht", "other", "", WEEK, "other"]
    ]


def test_fields_and_whole_weeks_are_selected(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 11))
    world.answer(*range(1, 11), week="2027-W32")
    world.answer(*range(1, 11), step="arb_measure", codes=("mentors",), week="2027-W33")
    world.answer(*range(1, 11), scope="forum_arbeit", step="forum_needs", codes=("evening",), week="2027-W34")
    world.answer(*range(1, 11), scope="werte", step="wer_goal", codes=("law",), week="2028-W01")

    def steps(*fields: str, since: dt.date | None = None) -> set[str]:
        export(world, tmp_path, *fields, since=since)
        return {row[2] for row in rows(tmp_path)}

    assert steps("arbeit") == {"arb_now", "arb_measure", "forum_needs"}
    assert steps("werte") == {"wer_goal"}
    assert steps("arbeit", "werte", since=dt.date(2027, 8, 22)) == {"arb_measure", "forum_needs", "wer_goal"}
    assert steps(since=dt.date(2027, 8, 23)) == {"forum_needs", "wer_goal"}
    assert export(world, tmp_path, "arbeit", since=dt.date(2027, 8, 18)).first_week == "2027-W33"
    assert steps("werte", since=dt.date(2028, 1, 10)) == set()


def test_the_profile_is_counted_question_by_question(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 61))
    for codes, people in (
        ("new_arrival", range(1, 31)),
        ("settled", range(31, 46)),
        ("helper", range(46, 58)),
        ("_skip", (58, 59)),
    ):
        world.answer(*people, scope="profile", step="prof_role", codes=(codes,))
    world.answer(*range(1, 21), scope="profile", step="prio_field", codes=("werte",))
    world.answer(*range(21, 41), scope="profile", step="prio_field", codes=("arbeit",))
    world.answer(1, scope="profile", step="prof_old", codes=("gone",))
    export(world, tmp_path, "werte", since=dt.date(2030, 1, 1))
    assert read_rows(tmp_path / "profile.csv") == [
        ["step", "code", "label_de", "count"],
        ["prof_role", "new_arrival", "Neu hier", "30"],
        # Two who skipped, hidden behind twelve, would still be two to four: so fifteen are hidden too.
        ["prof_role", "settled", "Lange hier", ">=10"],
        ["prof_role", "helper", "Ich helfe", ">=10"],
        ["prof_role", "prefer_not", "Keine Angabe", "<10"],
        ["prof_role", "_skip", "(übersprungen)", "<10"],
        ["prio_field", "arbeit", "Arbeit", ">=10"],
        ["prio_field", "werte", "Werte", "20"],
        ["prio_field", "dont_know", "Weiß nicht", "<10"],
        ["prio_field", "_skip", "(übersprungen)", "<10"],
        ["prof_old", "gone", "", "<10"],
    ]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=7))
def test_no_hidden_number_follows_from_the_sum(numbers: list[int]) -> None:
    shown = hide_small({str(place): number for place, number in enumerate(numbers)})
    hidden = [number for place, number in enumerate(numbers) if not shown[str(place)].isdigit()]
    small = [number for number in hidden if number < 10]
    assert all(shown[str(place)] == TOO_SMALL for place, number in enumerate(numbers) if number < 10)
    assert all(
        shown[str(place)] in (str(number), HIDDEN_WITH_IT)
        for place, number in enumerate(numbers) if number >= 10
    )  # fmt: skip
    if not small or len(hidden) == len(numbers):
        return
    # What somebody can work out who knows the sum: each small number lies between two bounds.
    large = len(hidden) - len(small)
    for _ in small:
        highest = min(9, sum(hidden) - 10 * large)
        lowest = 0 if large else max(0, sum(hidden) - 9 * (len(small) - 1))
        assert highest > lowest
    assert len(hidden) >= 2
    assert sum(hidden) >= 20


def test_only_released_texts_leave_and_nothing_leads_to_the_person(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 31), source="vhs")
    for person in range(1, 31):
        language = "tr" if person <= 9 else "de"
        words = f"Text {person}"
        world.answer(
            person, scope="werte", step="wer_future", codes=("text",), words=words, language=language
        )
    world.answer(30, codes=("own",), words="=Arbeit")
    world.release_everything()
    world.answer(1, scope="arbeit", step="x_comment", codes=("text",), words="noch nicht gelesen")
    world.answer(2, scope="werte", step="wer_future", codes=("text",), words="geändert", language="tr")
    summary = export(world, tmp_path)
    assert (summary.texts, summary.waiting_texts) == (30, 2)
    heading, *written = read_rows(tmp_path / "texts.csv")
    assert heading == ["field", "step", "language", "text"]
    expected = [
        ["werte", "wer_future", "other" if person <= 9 else "de", f"Text {person}"]
        for person in range(1, 31)
        if person != 2
    ]
    assert sorted(written) == sorted([*expected, ["arbeit", "arb_now", "de", "'=Arbeit"]])
    export(world, tmp_path / "again")
    assert rows(tmp_path / "again", "texts") != written
    export(world, tmp_path, "arbeit")
    assert rows(tmp_path, "texts") == [["arbeit", "arb_now", "other", "'=Arbeit"]]


def test_the_codebook_explains_every_code_and_wording(world: World, tmp_path: Path) -> None:
    shown = world.word("wer_goal", "tr", "Hangi hedef?\nlaw = Hukuk")
    world.word("old_step", "de", "Alte Frage")
    export(world, tmp_path)
    heading, *written = read_rows(tmp_path / "codebook.csv")
    assert heading == ["entry", "field", "step", "type", "code", "label_de", "wording", "language", "text"]
    assert [row[4] for row in written if row[0] == "missing"] == ["_skip", "_nr", "_na"]
    assert all(row[5] and row[8] for row in written if row[0] in ("missing", "sign"))
    for row in (
        ["step", "werte", "wer_future", "open", "", "Was ist Ihnen wichtig?", "", "", ""],
        ["code", "werte", "wer_future", "open", "voice", "(Sprachnachricht)", "", "", ""],
        ["code", "werte", "wer_goal", "single_statements", "law", "Recht", "", "de",
         "Alle halten sich an Gesetze."],
        ["code", "arbeit", "arb_measure", "multi", "courses", "'+ Kurse", "", "", ""],
        ["code", "*", "forum_needs", "multi", "evening", "Ein Termin am Abend", "", "", ""],
        ["code", "profile", "prio_field", "single", "arbeit", "Arbeit", "", "", ""],
        ["wording", "werte", "wer_goal", "single_statements", "", "", shown, "tr",
         "Hangi hedef? | law = Hukuk"],
    ):  # fmt: skip
        assert written.count(row) == 1, row
    [old] = [row for row in written if row[2] == "old_step"]
    assert old[1:4] + old[7:] == ["", "old_step", "", "de", "Alte Frage"]
    steps = [step.id for flow in (*CONTENT.fields, CONTENT.profile) for step in flow.steps]
    assert sorted(row[2] for row in written if row[0] == "step") == sorted(steps)


def test_an_empty_database_gives_empty_files(world: World, tmp_path: Path) -> None:
    summary = export(world, tmp_path / "deep" / "er")
    assert (summary.respondents, summary.answers, summary.texts) == (0, 0, 0)
    assert rows(tmp_path / "deep" / "er") == []
    assert {row[3] for row in rows(tmp_path / "deep" / "er", "profile")} == {"<10"}


def test_files_are_private_and_take_the_place_of_earlier_ones(world: World, tmp_path: Path) -> None:
    world.come(1)
    world.answer(1)
    for name in FILES:
        (tmp_path / name).write_text("old")
    export(world, tmp_path)
    for name in FILES:
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert (tmp_path / name).read_bytes() != b"old"


def test_the_files_show_one_moment(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 3))
    world.answer(1, scope="werte", step="wer_future", codes=("text",), words="eins")
    world.release_everything()

    def answer_meanwhile(_done: int, _total: int) -> None:
        # Called for the last time between the answers and the texts.
        with world.database.transaction() as connection:
            connection.execute(delete(answer))

    summary = write_export(
        world.database, world.keys, CONTENT, tmp_path, Selection(), progress=answer_meanwhile
    )
    assert (summary.answers, summary.texts) == (1, 1)
    assert len(rows(tmp_path, "texts")) == 1


@pytest.mark.parametrize("nameless", [True, False])
def test_an_export_that_fails_leaves_the_folder_as_it_was(
    world: World, tmp_path: Path, nameless: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not nameless:
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    folder = tmp_path / "out"
    world.come(*range(1, 601))
    world.answer(*range(1, 601))
    export(world, folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert set(before) == FILES

    def interrupt(done: int, total: int) -> None:
        assert done < total
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_export(world.database, world.keys, CONTENT, folder, Selection(), interrupt)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


_KILLED = """
import os, signal, sys
from pathlib import Path
from storage.database import Database
from storage.export import Selection, write_export
from tests.storage.export.world import make_content
from tests.support.databases import make_keys

def kill(done, total):
    if done > total // 2:
        os.kill(os.getpid(), signal.SIGKILL)

write_export(Database.open(sys.argv[1]), make_keys(), make_content(), Path(sys.argv[2]), Selection(), kill)
"""


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without a name need Linux (O_TMPFILE)")
def test_an_export_that_is_killed_leaves_nothing(world: World, database_url: str, tmp_path: Path) -> None:
    world.come(*range(1, 2001))
    world.answer(*range(1, 2001))
    folder = tmp_path / "out"
    folder.mkdir()
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", _KILLED, database_url, str(folder)], cwd=root, check=False)
    assert run.returncode == -signal.SIGKILL
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_written_to_is_one_sentence(world: World, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=r"^The folder .* cannot be written to: [a-z ]+\.$"):
        export(world, tmp_path / place)


def test_texts_under_another_key_are_one_sentence(world: World, tmp_path: Path) -> None:
    world.come(1)
    world.answer(1, codes=("own",), words="geheim")
    world.release_everything()
    other = ring_from_keys(contact=b"c" * 32, words=b"x" * 32, respondent=None)
    with pytest.raises(ExportError, match="the key file belongs to another database"):
        write_export(world.database, other, CONTENT, tmp_path, Selection())
    assert not any(file.name in FILES for file in tmp_path.iterdir())


def test_an_export_works_after_the_freeze(world: World, tmp_path: Path) -> None:
    world.come(1)
    world.answer(1, codes=("own",), words="geheim")
    world.release_everything()
    frozen = ring_from_keys(contact=b"c" * 32, words=b"w" * 32, respondent=None)
    write_export(world.database, frozen, CONTENT, tmp_path, Selection())
    assert [row[3] for row in rows(tmp_path, "texts")] == ["geheim"]


def test_progress_ends_at_the_whole(world: World, tmp_path: Path) -> None:
    world.come(*range(1, 301))
    world.answer(*range(1, 301))
    told: list[tuple[int, int]] = []
    write_export(world.database, world.keys, CONTENT, tmp_path, Selection(), lambda *step: told.append(step))
    assert told == [(500, 600), (600, 600)]


def test_memory_does_not_grow_with_the_answers(world: World, tmp_path: Path) -> None:
    people = range(1, 2_001)
    peaks = []
    for part in (people[:200], people[200:]):
        world.crowd(part, answers_each=10)
        export(world, tmp_path)
        tracemalloc.start()
        summary = export(world, tmp_path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (summary.answers, summary.texts) == (20_000, 2_000)
    assert peaks[1] < 1.5 * peaks[0], peaks
