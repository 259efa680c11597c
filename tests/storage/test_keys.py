"""Keys: the file is private and whole, what is sealed opens in its place only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.keyring import ring_from_keys
from storage.keys import (
    KeyDestroyedError,
    KeyFileError,
    KeyRing,
    SealBrokenError,
    check_key_place,
    create_key_file,
    destroy_respondent_key,
    load_key_file,
)
from tests.support.databases import ANNA, BORIS, make_keys

KEYS = make_keys()


def test_a_new_file_is_private_explains_itself_and_gives_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "mitreden.key"
    made, read = create_key_file(path), load_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "Keep a copy" in path.read_text(encoding="utf-8")
    assert made.person_mac(ANNA) == read.person_mac(ANNA)
    assert read.open_contact(made.seal_contact(b"x", "a"), "a") == b"x"


def test_a_file_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "mitreden.key"
    create_key_file(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="never replaced"):
        create_key_file(path)
    assert path.read_bytes() == before


def test_each_installation_has_its_own_keys(tmp_path: Path) -> None:
    one, other = create_key_file(tmp_path / "one"), create_key_file(tmp_path / "other")
    assert one.pseudonym(ANNA) != other.pseudonym(ANNA)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "mitreden.key"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_key_file(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: text.replace("contact =", "kontakt ="), "Line 6 .* is not understood"),
        (
            lambda text: "".join(line for line in text.splitlines(True) if "words =" not in line),
            "no line 'words",
        ),
        (lambda text: text + text, "is not understood"),
        (lambda text: text.replace("words = ", "words = !"), "not a key in base64"),
        (lambda text: text.replace("words = ", "words = AAAA"), "32 bytes"),
        (lambda _: "", "no line 'contact"),
        (lambda _: "x" * 20_000, "is not a key file"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, change: object, sentence: str) -> None:
    path = tmp_path / "mitreden.key"
    create_key_file(path)
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(KeyFileError, match=sentence) as caught:
        load_key_file(path)
    assert "AAAA" not in str(caught.value)


def test_other_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="There is no key file"):
        load_key_file(tmp_path / "missing")
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    binary.chmod(0o600)
    with pytest.raises(KeyFileError, match="is not a key file"):
        load_key_file(binary)
    with pytest.raises(KeyFileError, match="cannot be read: is a directory"):
        load_key_file(tmp_path)
    with pytest.raises(KeyFileError, match="cannot be written: no such file"):
        create_key_file(tmp_path / "nowhere" / "key")
    with pytest.raises(KeyFileError, match="There is no key file"):
        destroy_respondent_key(tmp_path / "missing")


def test_keys_must_differ() -> None:
    with pytest.raises(ValueError, match="different"):
        ring_from_keys(contact=b"a" * 32, words=b"a" * 32, respondent=None)


def test_the_data_folder_is_no_place_for_keys(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "link").symlink_to(data)
    check_key_place(tmp_path / "mitreden.key", data)
    check_key_place(tmp_path / "data.key", data)
    for inside in (
        data / "mitreden.key",
        data / "deep" / "k",
        tmp_path / "link" / "k",
        data / ".." / "data" / "k",
    ):
        with pytest.raises(KeyFileError, match="inside the data folder"):
            check_key_place(inside, data)


def test_destroying_the_respondent_key_leaves_words_readable(tmp_path: Path) -> None:
    path = tmp_path / "mitreden.key"
    before = create_key_file(path)
    words, session = before.seal_respondent(b"words", "w"), before.seal_session(b"session", "s")
    for _ in range(2):
        destroy_respondent_key(path)
    after = load_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert (before.can_find_respondents, after.can_find_respondents) == (True, False)
    assert after.person_mac(ANNA) == before.person_mac(ANNA)
    assert after.open_respondent(words, "w") == b"words"
    for impossible in (
        lambda: after.pseudonym(ANNA),
        lambda: after.message_mark(ANNA, 1),
        lambda: after.seal_session(b"", "s"),
        lambda: after.open_session(session, "s"),
    ):
        with pytest.raises(KeyDestroyedError):
            impossible()


def test_the_keys_of_a_person_differ_by_purpose_and_person() -> None:
    found = {KEYS.person_mac(ANNA), KEYS.pseudonym(ANNA), KEYS.person_mac(BORIS), KEYS.pseudonym(BORIS)}
    assert len(found) == 4
    assert {len(value) for value in found} == {32}
    assert KEYS.message_mark(ANNA, 12) != KEYS.message_mark(ANNA, 13)
    assert KEYS.message_mark(1, 23) != KEYS.message_mark(12, 3)


def test_nothing_secret_is_shown() -> None:
    assert repr(KEYS) == str(KEYS) == "KeyRing(…)"
    with pytest.raises(AttributeError):
        KEYS._person = b""  # type: ignore[misc]


Seal = tuple[object, object]
SEALS = [
    (KeyRing.seal_contact, KeyRing.open_contact),
    (KeyRing.seal_respondent, KeyRing.open_respondent),
    (KeyRing.seal_session, KeyRing.open_session),
]


@given(plain=st.binary(max_size=300), context=st.text(max_size=40))
@pytest.mark.parametrize(("seal", "open_"), SEALS)
def test_what_is_sealed_opens(seal: object, open_: object, plain: bytes, context: str) -> None:
    context = context.encode("utf-8", "ignore").decode()
    sealed = seal(KEYS, plain, context)  # type: ignore[operator]
    assert open_(KEYS, sealed, context) == plain  # type: ignore[operator]
    assert sealed != seal(KEYS, plain, context)  # type: ignore[operator]
    assert len(plain) < 8 or plain not in sealed


@given(
    plain=st.binary(max_size=40),
    position=st.integers(min_value=0),
    change=st.integers(min_value=1, max_value=255),
    cut=st.integers(min_value=0, max_value=60),
)
def test_what_was_changed_does_not_open(plain: bytes, position: int, change: int, cut: int) -> None:
    sealed = bytearray(KEYS.seal_contact(plain, "a:1"))
    cut_short = bytes(sealed[:cut]) if cut < len(sealed) else b""
    sealed[position % len(sealed)] ^= change
    for broken in (bytes(sealed), cut_short):
        with pytest.raises(SealBrokenError, match="Something sealed as a cannot be opened"):
            KEYS.open_contact(broken, "a:1")


def test_each_seal_opens_with_its_own_key_and_place_only() -> None:
    sealed = KEYS.seal_contact(b"x", "a")
    for open_, context in ((KEYS.open_contact, "b"), (KEYS.open_respondent, "a"), (KEYS.open_session, "a")):
        with pytest.raises(SealBrokenError):
            open_(sealed, context)
