"""Reading the town file: the shipped one, and what each mistake is told."""

# ruff: noqa: E501 (one mistake a line)

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import conversations
from conversations.mistakes import ContentError, ContentMistake
from conversations.programme import Forum
from conversations.town_file import find_lines, parse_town
from tests.support.play import language_names

SHIPPED = (Path(conversations.__file__).parent / "town.toml").read_text(encoding="utf-8")


def list_mistakes(text: str) -> tuple[ContentMistake, ...]:
    """Read a file and return its mistakes, none for a good one."""
    try:
        parse_town(text, "town.toml")
    except ContentError as error:
        return error.mistakes or (ContentMistake("", 0, "an error without a mistake"),)
    return ()


def read_changed(before: str, after: str) -> tuple[int, list[str]]:
    """Read the shipped file with one change; return the line of the change and the mistakes."""
    assert SHIPPED.count(before) == 1
    line = SHIPPED[: SHIPPED.index(before)].count("\n") + 1
    with pytest.raises(ContentError) as caught:
        parse_town(SHIPPED.replace(before, after), "town.toml")
    return line, [str(mistake) for mistake in caught.value.mistakes]


def test_the_shipped_file_gives_facts_and_dates() -> None:
    town, programme = parse_town(SHIPPED, "town.toml")

    assert town.facts["org"] == "Stadt Göppingen"
    assert "alt_channel" in town.open_facts
    assert "org" not in town.open_facts
    assert (town.voice_days, town.backup_days) == (14, 30)
    assert town.notice_version == "1"
    assert town.freeze_date < town.delete_date
    assert list(programme.forums) == ["sprache", "bildung", "arbeit", "wohnen", "werte"]
    for forum in programme.forums.values():
        meeting = forum.date
        assert meeting is not None
        assert (meeting.starts.year, meeting.starts.month, meeting.starts.hour) == (2027, 9, 18)
        assert meeting.starts.weekday() < 5
        assert "Beispiel" in meeting.place
    assert programme.council.date is not None
    assert programme.council.date.starts.month == 11


def test_times_hold_in_the_town() -> None:
    _, programme = parse_town(SHIPPED, "town.toml")
    forum, council = programme.forums["arbeit"].date, programme.council.date
    assert forum is not None
    assert council is not None

    assert forum.starts.tzinfo == ZoneInfo("Europe/Berlin")
    assert forum.starts.utcoffset() == dt.timedelta(hours=2)
    assert council.starts.utcoffset() == dt.timedelta(hours=1)


def test_a_forum_without_a_date_is_open() -> None:
    start = SHIPPED.index("starts", SHIPPED.index("[forums.werte]"))
    end = SHIPPED.index("# Sitzung", start)
    _, programme = parse_town(SHIPPED[:start] + SHIPPED[end:], "town.toml")

    assert programme.forums["werte"] == Forum()


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('org = "Stadt', 'ogr = "Stadt', "The block [town] has no entry “ogr”. Did you mean “org”?"),
        ('org = "Stadt Göppingen"', "org = 3", "“org” must be a text in quotation marks."),
        ('org = "Stadt Göppingen"', 'org = ""', "“org” is empty. If it is not known yet, write ‹…›."),
        ("pn_date = 2027-06-01", 'pn_date = "1.6.2027"', "“pn_date” must be a date without quotation marks, such as 2027-09-07."),
        ("voice_days = 14", "voice_days = 1", "“voice_days” must be a whole number from 2 to 365."),
        ("voice_days = 14", "voice_days = true", "“voice_days” must be a whole number from 2 to 365."),
        ("delete_date = 2028-06-30", "delete_date = 2027-06-30", "“delete_date” lies before “freeze_date”."),
        ("starts = 2027-09-16T18:00:00", "starts = 2027-09-16", "“starts” must be a day with a time, such as 2027-09-07T18:00:00."),
        ("starts = 2027-09-16T18:00:00", "starts = 2027-09-16T18:00:00Z", "“starts” must be a day with a time, such as 2027-09-07T18:00:00."),
        ("starts = 2027-09-16T18:00:00", "starts = 2027-03-28T02:30:00", "“starts” falls into the hour that summer time skips."),
        ("ends = 2027-09-16T20:30:00", "ends = 2027-09-16T17:30:00", "“ends” must be later than “starts”."),
        ("ends = 2027-09-16T20:30:00", 'room = "A"', "The block [forums.arbeit] has no entry “room”. Known are: starts, ends, place, address, seats, childcare, step_free, interpreting, map_url, opens, closes."),
        ("seats = 60", "seats = 0", "“seats” must be a whole number from 1 to 10000."),
        ("seats = 60", 'childcare_ = "yes"', "The block [forums.arbeit] has no entry “childcare_”. Did you mean “childcare”?"),
        ('interpreting = ["ar"]\n', 'interpreting = ["klingon"]\n', '“interpreting” must be a list of codes such as ["ar"]. Known are: ' + ", ".join(language_names()) + "."),
        ("map_url = \"https://", "map_url = \"there",  "“map_url” must be a web address that begins with https://."),
        ("seats = 60", "closes = 2027-09-01\nopens = 2027-09-02", "“closes” lies before “opens”."),
        ("seats = 60", 'step_free = "yes"', "“step_free” must be true or false, without quotation marks."),
        ("[council]", "[concil]", "There is no block “concil”. Did you mean “council”?"),
        ("pn_date = 2027-06-01", "pn_date = 2027-13-01", "The file cannot be read here: Expected newline or end of document after a statement. Check quotation marks and dates."),
        ("pn_date = 2027-06-01", "pn_version = 2", "The file cannot be read here: Cannot overwrite a value. Check quotation marks and dates."),
    ],
)  # fmt: skip
def test_mistakes_are_told_with_their_line(before: str, after: str, message: str) -> None:
    line, mistakes = read_changed(before, after)

    assert any(mistake == f"town.toml:{line}: {message}" for mistake in mistakes), mistakes


def test_what_is_missing_is_told_at_its_block() -> None:
    line = SHIPPED[: SHIPPED.index("[town]")].count("\n") + 1
    with pytest.raises(ContentError) as caught:
        parse_town(SHIPPED.replace('org = "Stadt Göppingen"\n', ""), "town.toml")
    mistakes = [str(mistake) for mistake in caught.value.mistakes]

    assert mistakes == [f"town.toml:{line}: The block [town] lacks the entry “org”."]


def test_lines_are_not_taken_from_inside_a_long_text() -> None:
    lines = find_lines('[town]\norg = """\nimprint = 3\n"""\nunit = 1\n')

    assert lines == {"town": 1, "town.org": 2, "town.unit": 5}


@given(st.text(max_size=100) | st.text(alphabet='[]town.forums="\n01-:T ', max_size=100))
def test_any_text_is_read_or_refused(text: str) -> None:
    for source in (text, SHIPPED + text):
        assert all(mistake.line for mistake in list_mistakes(source))
