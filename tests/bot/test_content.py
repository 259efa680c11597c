"""Reading the content: the shipped one, and a town's folder in front of it."""

# ruff: noqa: E501 (one mistake a line)

from pathlib import Path

import pytest

from bot.content import SHIPPED_CONTENT, ContentFolderError, LoadedContent, init_content, load_content
from conversations.languages import LANGUAGES
from conversations.mistakes import ContentError

SHIPPED = load_content()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of the town's, as `mitreden init` makes it."""
    init_content(tmp_path / "town")
    return tmp_path / "town"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def change(path: Path, before: str, after: str) -> int:
    """Change one place of a file; return its line."""
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, (path, before)
    write(path, text.replace(before, after))
    return text[: text.index(before)].count("\n") + 1


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ContentError) as caught:
        load_content(folder)
    return [str(mistake).removeprefix(f"{folder}/") for mistake in caught.value.mistakes]


def offered(loaded: LoadedContent) -> list[str]:
    return [language.code for language in loaded.catalogues.offered]


def test_the_shipped_content_is_complete() -> None:
    content = SHIPPED.content

    assert content.field_codes == ("sprache", "bildung", "arbeit", "wohnen", "werte")
    assert [flow.letter for flow in content.fields] == ["a", "b", "c", "d", "e"]
    assert content.profile.find_step("prof_role") is not None
    assert set(content.programme.forums) == set(content.field_codes)
    assert len(content.texts) > 400
    assert offered(SHIPPED) == [language.code for language in LANGUAGES]


def test_init_copies_what_staff_may_change_and_nothing_else(tmp_path: Path) -> None:
    written = init_content(tmp_path)

    names = sorted(str(path.relative_to(tmp_path)) for path in written)
    assert "town.toml" in names
    assert "fields/arbeit.yaml" in names
    assert "texts/frame.yaml" in names
    assert sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()) == names
    loaded = load_content(tmp_path)
    assert (loaded.content, loaded.gate_problems) == (SHIPPED.content, SHIPPED.gate_problems)
    assert offered(loaded) == offered(SHIPPED)


def test_init_never_overwrites(tmp_path: Path) -> None:
    write(tmp_path / "town.toml", "mine")

    with pytest.raises(ContentFolderError, match=r"town\.toml"):
        init_content(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["town.toml"]
    assert (tmp_path / "town.toml").read_text() == "mine"


def test_a_reworded_question_is_used_and_its_translations_are_outdated_but_served(folder: Path) -> None:
    change(folder / "fields/arbeit.yaml", "Was passt zurzeit am besten zu Ihnen?", "Was machen Sie zurzeit?")
    loaded = load_content(folder)

    assert loaded.catalogues.get("de").find("q.arb_now") == "Was machen Sie zurzeit?"
    assert loaded.catalogues.get("tr").list_outdated() == ("q.arb_now",)
    assert loaded.catalogues.get("tr").find("q.arb_now") == SHIPPED.catalogues.get("tr").find("q.arb_now")
    assert offered(loaded) == offered(SHIPPED)


def test_a_single_text_can_be_changed_and_the_rest_stays(tmp_path: Path) -> None:
    write(tmp_path / "texts/own.yaml", "ui.btn.skip:\n  kind: button\n  de: Weglassen\n")
    loaded = load_content(tmp_path)

    assert loaded.catalogues.get("de").find("ui.btn.skip") == "Weglassen"
    assert loaded.catalogues.get("de").find("ui.btn.back") == "Zurück"


def test_a_new_option_takes_the_other_languages_off_the_menu_until_it_is_translated(folder: Path) -> None:
    change(
        folder / "fields/arbeit.yaml",
        "      - code: looking\n",
        "      - code: unsure\n        label: Ich bin unsicher\n      - code: looking\n",
    )
    loaded = load_content(folder)

    assert offered(loaded) == ["de"]
    assert {problem.key for problem in loaded.gate_problems if problem.blocks} == {"o.arb_now.unsure"}
    assert loaded.catalogues.get("tr").find("o.arb_now.unsure") == "Ich bin unsicher"

    write(
        folder / "locales/tr/LC_MESSAGES/messages.po",
        'msgid ""\nmsgstr ""\n"Language: tr\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgctxt "o.arb_now.unsure"\nmsgid "Ich bin unsicher"\nmsgstr "Emin değilim"\n',
    )
    loaded = load_content(folder)

    assert offered(loaded) == ["de", "tr"]
    assert loaded.catalogues.get("tr").find("o.arb_now.unsure") == "Emin değilim"


def test_a_blocked_translation_is_not_served(folder: Path) -> None:
    write(
        folder / "locales/en/LC_MESSAGES/messages.po",
        'msgid ""\nmsgstr ""\n"Language: en\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgctxt "ui.progress"\nmsgid "Frage {i} von {n}"\nmsgstr "Question {number}"\n',
    )
    loaded = load_content(folder)

    assert "en" not in offered(loaded)
    assert loaded.catalogues.get("en").find("ui.progress") == "Frage {i} von {n}"


def test_the_towns_dates_are_used(folder: Path) -> None:
    change(folder / "town.toml", "starts = 2027-09-16T18:00:00", "starts = 2028-02-16T18:00:00")
    change(folder / "town.toml", "ends = 2027-09-16T20:30:00", "")
    forum = load_content(folder).content.programme.forums["arbeit"]

    assert forum.date is not None
    assert (forum.date.starts.year, forum.date.starts.month, forum.date.ends) == (2028, 2, None)


def test_a_file_from_windows_is_read(folder: Path) -> None:
    path = folder / "texts/frame.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))

    assert load_content(folder).content == SHIPPED.content


def test_a_file_in_another_encoding_is_refused_with_its_line(folder: Path) -> None:
    path = folder / "texts/frame.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_bytes("".join(sign for sign in text if sign < "\u0100").encode("latin-1"))
    line = text[: text.index("Überspringen")].count("\n") + 1

    assert mistakes(folder) == [f"texts/frame.yaml:{line}: This file has letters in another encoding. Save it as “UTF-8”."]  # fmt: skip


def test_mistakes_of_all_files_are_told_together(folder: Path) -> None:
    change(folder / "fields/arbeit.yaml", "type: multi", "type: mulit")
    change(folder / "texts/frame.yaml", "de: Überspringen", "de: no")
    change(folder / "town.toml", "voice_days = 14", "voice_days = 0")

    assert {mistake.partition(":")[0] for mistake in mistakes(folder)} == {
        "fields/arbeit.yaml",
        "texts/frame.yaml",
        "town.toml",
    }


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("fields/arbeit.yaml", "Ich arbeite\n", "Ich arbeite zurzeit in einem oder zwei Berufen\n", "“o.arb_now.working” is 46 wide; a button shows 34."),
        ("fields/arbeit.yaml", "Ich suche Arbeit\n", "Ich arbeite\n", "“o.arb_now.looking” reads the same as o.arb_now.working; both are buttons of “arb_now”."),
        ("fields/arbeit.yaml", "Ich arbeite\n", "Ich arbeite {hier}\n", "“o.arb_now.working” has the gap {hier}, which nothing fills."),
        ("fields/arbeit.yaml", "Ich arbeite\n", '"<b>Ich arbeite</b>"\n', "“o.arb_now.working” has markup; texts are plain."),
        ("texts/frame.yaml", 'ui.progress:\n  kind: message\n  de: "Frage {i} von {n}"', 'ui.progress:\n  kind: message\n  de: "Frage {i} von {m}"', "“ui.progress” has the gap {m}, which nothing fills."),
        ("texts/frame.yaml", "ui.btn.skip:", "ui.btn.skipp:", "Nothing shows the text “ui.btn.skipp”. Did you mean “ui.btn.skip”?"),
        ("town.toml", "[forums.arbeit]", "[forums.arbiet]", "There is no field “arbiet”. Did you mean “arbeit”?"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_file_and_line(
    folder: Path, file: str, before: str, after: str, message: str
) -> None:
    line = change(folder / file, before, after)
    found = mistakes(folder)

    assert any(mistake.startswith(f"{file}:{line}: {message}") for mistake in found), found


def test_a_step_that_looks_at_an_unknown_answer_is_told_at_the_step(folder: Path) -> None:
    line = change(folder / "fields/arbeit.yaml", "when: arb_now = working", "when: arb_now = wrking")

    assert mistakes(folder) == [f"fields/arbeit.yaml:{line - 4}: “arb_now” has no option “wrking”."]


def test_a_text_of_a_question_stays_in_its_file(folder: Path) -> None:
    write(folder / "texts/own.yaml", "q.arb_now:\n  kind: message\n  de: Was?\n")

    assert mistakes(folder) == [
        f"texts/own.yaml:1: “q.arb_now” belongs into {folder}/fields/arbeit.yaml, where it stands too. "
        "Delete it here."
    ]


def test_a_key_in_two_files_is_refused(folder: Path) -> None:
    write(folder / "texts/own.yaml", "ui.btn.skip:\n  kind: button\n  de: Weg\n")

    assert mistakes(folder) == [
        f"texts/own.yaml:1: “ui.btn.skip” stands in {folder}/texts/frame.yaml already. Keep one of the two."
    ]


def test_a_file_with_another_ending_is_not_passed_over_in_silence(folder: Path) -> None:
    write(folder / "texts/own.yml", "")

    assert mistakes(folder) == ["texts/own.yml:1: This file is not read: its name must end in “.yaml”."]


def test_a_second_file_for_a_field_is_refused(folder: Path) -> None:
    (folder / "fields/zzz.yaml").write_bytes((folder / "fields/arbeit.yaml").read_bytes())
    found = mistakes(folder)

    assert f"fields/zzz.yaml:1: The field “arbeit” is taken by {folder}/fields/arbeit.yaml already." in found
    assert any("The id “arb_now” is taken by a step" in mistake for mistake in found)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert mistakes(tmp_path / "nothing") == [f"{tmp_path / 'nothing'}:1: There is no such folder."]


def test_mistakes_in_shipped_files_are_named_from_the_folder_of_the_program() -> None:
    for source in SHIPPED.content.texts.values():
        assert (SHIPPED_CONTENT.parent / source.file).is_file()
        assert source.line > 0
