"""Reading catalogues, choosing plural forms, and the gate, on small catalogues of our own."""

# ruff: noqa: E501 (one mistake a line)

import gettext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue_gate import GateProblem, Severity, check_entry, gate, width
from bot.catalogues import Catalogue, Entry, MissingTextError, german_entries, parse_po, plural_category
from conversations.condition import ALWAYS
from conversations.flow import Flow, Option, Step, StepKind
from conversations.languages import GERMAN, LANGUAGES, Language
from conversations.mistakes import ContentError
from conversations.texts import SourceText, TextKind

_BY_CODE = {language.code: language for language in LANGUAGES}
TURKISH, ARABIC, EASY = _BY_CODE["tr"], _BY_CODE["ar"], _BY_CODE["de_LS"]


def source(key: str, german: str, kind: TextKind = TextKind.MESSAGE) -> SourceText:
    return SourceText(key, kind, {"other": german})


def po(language: Language, *entries: str, header: str = "") -> str:
    head = f'msgid ""\nmsgstr ""\n"Language: {language.code}\\n"\n'
    head += '"Content-Type: text/plain; charset=UTF-8\\n"\n'
    head += f'"Plural-Forms: {header or language.plural_forms}\\n"\n'
    return "\n".join([head, *entries])


def entry(key: str, german: str, words: str, *flags: str) -> str:
    flag = f"#, {', '.join(flags)}\n" if flags else ""
    return f'{flag}msgctxt "{key}"\nmsgid "{german}"\nmsgstr "{words}"\n'


def counted(key: str, one: str, other: str, *forms: str) -> str:
    head = f'msgctxt "{key}"\nmsgid "{one}"\nmsgid_plural "{other}"\n'
    return head + "".join(f'msgstr[{index}] "{form}"\n' for index, form in enumerate(forms))


def problems(
    language: Language, texts: list[SourceText], *entries: str, header: str = ""
) -> list[GateProblem]:
    parsed = parse_po(po(language, *entries, header=header), "x.po", language)
    return gate(language, parsed, {text.key: text for text in texts}, [])


def told(language: Language, german: str, words: str, kind: TextKind = TextKind.MESSAGE) -> list[str]:
    text = source("a.b", german, kind)
    return [problem.message for problem in problems(language, [text], entry("a.b", german, words))]


def test_a_text_is_found_by_its_key_whatever_the_german_says_now() -> None:
    german = german_entries({"a.b": source("a.b", "Neu"), "c.d": source("c.d", "Nur deutsch")})
    parsed = parse_po(po(TURKISH, entry("a.b", "Alt", "Eski")), "tr.po", TURKISH)
    catalogue = Catalogue(TURKISH, parsed.entries, german)

    assert catalogue.find("a.b") == "Eski"
    assert catalogue.list_outdated() == ("a.b",)
    assert catalogue.find("c.d") == "Nur deutsch"
    with pytest.raises(MissingTextError, match=r"x\.y"):
        catalogue.find("x.y")


def test_an_unchanged_counted_text_is_not_outdated() -> None:
    text = SourceText("a.b", TextKind.MESSAGE, {"one": "{n} Thema", "other": "{n} Themen"})
    parsed = parse_po(
        po(TURKISH, counted("a.b", "{n} Thema", "{n} Themen", "{n} konu", "{n} konu")), "", TURKISH
    )

    assert Catalogue(TURKISH, parsed.entries, german_entries({"a.b": text})).list_outdated() == ()


def test_the_towns_own_entries_stand_in_front() -> None:
    shipped = parse_po(po(TURKISH, entry("a.b", "A", "bir"), entry("c.d", "C", "iki")), "", TURKISH)
    town = parse_po(po(TURKISH, entry("a.b", "A", "üç")), "", TURKISH)
    catalogue = Catalogue(TURKISH, shipped.overridden_by(town).entries, {})

    assert (catalogue.find("a.b"), catalogue.find("c.d")) == ("üç", "iki")


@pytest.mark.parametrize(
    ("count", "form"),
    [(0, "zero"), (1, "one"), (2, "two"), (3, "few"), (10, "few"), (11, "many"), (99, "many"),
     (100, "other"), (102, "other"), (103, "few"), (111, "many")],
)  # fmt: skip
def test_arabic_forms_are_chosen_by_their_name(count: int, form: str) -> None:
    forms = ["zero", "one", "two", "few", "many", "other"]
    parsed = parse_po(po(ARABIC, counted("a.b", "{n} Thema", "{n} Themen", *forms)), "", ARABIC)

    assert Catalogue(ARABIC, parsed.entries, {}).find("a.b", count) == form


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
@given(number=st.integers(0, 100_000))
def test_the_order_of_forms_in_a_catalogue_is_the_order_of_the_categories(
    language: Language, number: int
) -> None:
    expression = language.plural_forms.partition("plural=")[2].rstrip(";")

    assert language.plural_categories[gettext.c2py(expression)(number)] == plural_category(language, number)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (po(TURKISH, entry("a.b", "A", "B"), entry("a.b", "C", "D")), "x.po:11: “a.b” stands here a second time; first in line 7."),
        (po(TURKISH, entry("a.b", "A", "B"), entry("a.b", "C", "D").replace('"a.b"', '""\n"a."\n"b"')), "x.po:11: “a.b” stands here a second time; first in line 7."),
        ('msgid ""\nmsgstr ""\n\nmsgctxt "a.b"\nmsgid "A\nmsgstr "B"\n', "x.po:5: This line is not of a catalogue. Check the quotation marks."),
        ("Hallo\n", "x.po:1: This line is not of a catalogue. Check the quotation marks."),
    ],
)  # fmt: skip
def test_a_broken_catalogue_is_told_with_its_line(text: str, mistake: str) -> None:
    with pytest.raises(ContentError) as caught:
        parse_po(text, "x.po", TURKISH)

    assert mistake in str(caught.value)


def test_a_good_catalogue_passes_the_gate() -> None:
    texts = [
        source("a.b", "Hallo {org}: /delete"),
        SourceText("c.d", TextKind.MESSAGE, {"one": "{n} Thema", "other": "{n} Themen"}),
    ]
    forms = ("لا موضوع", "موضوع", "موضوعان", "{n} مواضيع", "{n} موضوعًا", "{n} موضوع")
    arabic = [entry("a.b", "Hallo {org}: /delete", "مرحبًا {org}: /delete"), counted("c.d", "x", "y", *forms)]

    assert problems(ARABIC, texts, *arabic) == []


@pytest.mark.parametrize(
    ("german", "words", "message"),
    [
        ("Hallo {org}", "Merhaba", "lacks the gap {org}."),
        ("Hallo", "Merhaba {org}", "has the gap {org}, which the German text does not have."),
        ("Hallo {org}", "Merhaba { org }", "has a brace that is not part of a gap."),
        ("Hallo", "", "is empty."),
        ("Hallo", "\u200b \u2800", "is empty."),
        ("Hallo", "\u3164\u00ad", "is empty."),
        ("Hallo", "Mer\ahaba", "has an invisible control character; type the words again."),
        ("Hallo", "Merhaba\u2028dünya", "has an invisible control character; type the words again."),
        ("Hallo", "<b>Merhaba</b>", "has markup; texts are plain."),
        ("Hallo", "**Merhaba**", "has markup; texts are plain."),
        ("Hallo", "Merhaba &amp; selam", "has markup; texts are plain."),
        ("Hallo", "Merhaba\u200f", "has an invisible sign for the direction; the program sets these."),
        ("Hallo", "Merhaba\u2067", "has an invisible sign for the direction; the program sets these."),
        ("Hallo 5", "Merhaba ٥", "has digits other than 0 to 9."),
        ("Löschen: /delete", "Silmek: /sil", "must keep the commands of the German text (/delete)."),
        ("Siehe https://a.de/x", "Bak https://a.com/x", "must keep the addresses of the German text (https://a.de/x)."),
        ("Zurück", "Zurück", "is still the German text."),
        ("Zurück", "Назад", "has letters of another script: Назд"),
    ],
)  # fmt: skip
def test_the_gate_tells_what_is_wrong(german: str, words: str, message: str) -> None:
    assert message in told(TURKISH, german, words)


def test_a_control_character_blocks_however_it_came_into_a_catalogue() -> None:
    """Babel's reader would keep it; a text must not have it, wherever it comes from."""
    for sign in "\x00\x07\x7f\x85\ud800":
        found = list(check_entry(TURKISH, source("a.b", "Hallo"), Entry({"other": f"Mer{sign}haba"}, ())))
        assert found == [(Severity.BLOCKS, "has an invisible control character; type the words again.")]
    assert told(TURKISH, "Hallo", "Merhaba\\n\\tdünya") == []


@pytest.mark.parametrize("sign", ["\\n", "\\t"])
def test_a_button_has_one_line(sign: str) -> None:
    assert told(TURKISH, "Hallo", f"Mer{sign}haba", TextKind.BUTTON) == [
        "has a line break or a tab; a button has one line."
    ]


@pytest.mark.parametrize("words", ["dur,,bitti", ", dur", "dur,", "dur, \u200b"])
def test_a_list_of_words_has_no_empty_one(words: str) -> None:
    """It would end the messages of everybody who sends a sign that shows nothing."""
    assert told(TURKISH, "stopp, ende", words, TextKind.WORDS) == [
        "has an empty word; look for a comma too many."
    ]
    assert told(TURKISH, "stopp, ende", "dur, bitti", TextKind.WORDS) == []


def test_latin_words_in_arabic_are_those_of_the_german_text() -> None:
    assert told(ARABIC, "Das Fachforum (FF)", "لقاء (Fachforum)") == []
    assert told(ARABIC, "Das Forum", "لقاء (Meeting)") == ["has words in another script: Meeting"]


@pytest.mark.parametrize(
    ("code", "right", "wrong"),
    [
        ("ru", "Привет, Göppingen", "Привет, مرحبا"),
        ("bg", "Здравейте", "Γεια"),
        ("el", "Γεια σας", "Привет"),
        ("ti", "ሰላም", "مرحبا"),
        ("fa", "سلام", "Привет"),
        ("ps", "سلام", "ሰላም"),
        ("ku", "Silav", "Sîlav слава"),
        ("ro", "Bună", "Βună"),  # a Greek capital beta, as slips in on a keyboard
    ],
)
def test_letters_of_another_script_block(code: str, right: str, wrong: str) -> None:
    german = "Hallo, Göppingen"

    assert told(_BY_CODE[code], german, right) == []
    (problem,) = problems(_BY_CODE[code], [source("a.b", german)], entry("a.b", german, wrong))
    assert problem.message.startswith("has letters of another script: ")
    assert problem.blocks


def test_a_forgotten_sentence_blocks_and_a_word_that_both_share_is_looked_at() -> None:
    def found(german: str) -> list[tuple[str, bool]]:
        texts = [source("a.b", german)]
        return [
            (each.message, each.blocks) for each in problems(TURKISH, texts, entry("a.b", german, german))
        ]

    assert found("Das wurde hier vergessen.") == [("is still the German text.", True)]
    assert found("Pause") == [("is still the German text.", False)]
    assert found("{org}") == found("112") == [], "there is nothing to translate"


@pytest.mark.parametrize(
    ("german", "words", "is_told"),
    [
        ("Der Gemeinderat hat entschieden.", "Belediye meclisi karar verdi.", True),
        ("Der Gemeinderat hat entschieden.", "Belediye meclisi (Gemeinderat) karar verdi.", False),
        ("Am Tag des Gemeinderats", "Meclis günü", True),
        ("Das Fachforum ist vorbei.", "Konu toplantısı bitti.", True),
        ("Das Fachforum ist vorbei.\\n{forum_name}", "Toplantı bitti.\\n{forum_name}", False),
        ("Die Fachforen sind vorbei.", "Konu toplantıları bitti.", False),
        ("Eine Ausbildung", "Eğitim", True),
    ],
)
def test_official_words_stay_in_brackets(german: str, words: str, is_told: bool) -> None:
    found = told(TURKISH, german, words)

    assert [message.startswith("should keep the German word") for message in found] == [True] * is_told
    assert told(EASY, german, german) == [], "in German they are there anyway"
    assert told(TURKISH, german, words, TextKind.COMMAND) == [], "where there is no room for them"


def test_the_label_of_the_languages_can_be_found_by_everybody() -> None:
    def found(words: str) -> list[str]:
        text = source("menu.language", "Sprache / Language", TextKind.BUTTON)
        entry_ = entry("menu.language", "Sprache / Language", words)
        return [problem.message for problem in problems(TURKISH, [text], entry_) if problem.blocks]

    assert found("Dil") == ["must have the word “Language”, by which everybody finds it."]
    assert found("Dil / Language") == found("Change language") == []


def test_easy_german_may_equal_the_german() -> None:
    assert told(EASY, "Zurück", "Zurück") == []


@pytest.mark.parametrize(
    ("key", "kind", "longest"),
    [
        ("a.b", TextKind.BUTTON, 34),
        ("a.b", TextKind.POPUP, 200),
        ("a.b", TextKind.COMMAND, 256),
        ("a.b", TextKind.MESSAGE, 4096),
        ("bot.name", TextKind.PROFILE, 64),
        ("bot.description", TextKind.PROFILE, 512),
        ("bot.short", TextKind.PROFILE, 120),
    ],
)
def test_the_gate_holds_every_length(key: str, kind: TextKind, longest: int) -> None:
    text = source(key, "A", kind)

    assert problems(TURKISH, [text], entry(key, "A", "b" * longest)) == []
    assert [
        problem.blocks for problem in problems(TURKISH, [text], entry(key, "A", "b" * (longest + 1)))
    ] == [True]


def test_messages_are_measured_in_utf16() -> None:
    assert told(TURKISH, "A", "b" + "🙂" * 2047) == []
    assert told(TURKISH, "A", "🙂" * 2049) == ["has 4098 characters; Telegram takes 4096."]


def test_labels_are_measured_by_what_is_seen() -> None:
    assert width("مُدَرِّس") == 4
    assert width("Geç") == 3
    assert width("e\u0301") == 1
    assert width("漢字") == 4


def test_a_missing_text_and_a_fuzzy_one_block() -> None:
    texts = [source("a.b", "A"), source("c.d", "C")]
    found = problems(TURKISH, texts, entry("c.d", "C", "D", "fuzzy"))

    assert [(problem.key, problem.message, problem.blocks) for problem in found] == [
        ("a.b", "is missing.", True),
        ("c.d", "is marked “fuzzy”: somebody has to confirm it.", True),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "nplurals=1; plural=0;",
        "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 5 : 4);",
    ],
)
def test_a_header_that_counts_otherwise_blocks(header: str) -> None:
    found = problems(ARABIC, [source("a.b", "A")], entry("a.b", "A", "ب"), header=header)

    assert [problem.message for problem in found] == [f"The plural header must be: {ARABIC.plural_forms}"]


def test_plural_forms_must_all_be_there() -> None:
    text = SourceText("c.d", TextKind.MESSAGE, {"one": "{n} A", "other": "{n} B"})

    assert [p.message for p in problems(TURKISH, [text], entry("c.d", "{n} A", "{n} x"))] == [
        "needs the forms one, other."
    ]
    assert [p.message for p in problems(TURKISH, [text], counted("c.d", "{n} A", "{n} B", "x", "y"))] == [
        "lacks the gap {n}."
    ]


def test_two_buttons_of_one_question_that_read_the_same_block() -> None:
    options = (Option("a", "o.q.a"), Option("b", "o.q.b"))
    flow = Flow("x", 1, (Step("q", StepKind.SINGLE, "q.q", ALWAYS, options),))
    texts = {key: source(key, german) for key, german in (("o.q.a", "Keines"), ("o.q.b", "Kein Hindernis"))}
    parsed = parse_po(po(TURKISH, entry("o.q.a", "Keines", "Yok"), entry("o.q.b", "K", "yok ")), "", TURKISH)

    found = gate(TURKISH, parsed, texts, [flow])

    assert [problem.message for problem in found] == ["reads the same as o.q.a; both are buttons of “q”."]


def test_german_is_served_from_its_sources() -> None:
    texts = {"a.b": SourceText("a.b", TextKind.MESSAGE, {"one": "{n} Thema", "other": "{n} Themen"})}
    german = german_entries(texts)
    catalogue = Catalogue(GERMAN, german, german)

    assert catalogue.find("a.b", 1) == "{n} Thema"
    assert catalogue.find("a.b", 2) == "{n} Themen"
    assert catalogue.find("a.b") == "{n} Themen"
    assert german["a.b"].german == ("{n} Thema", "{n} Themen")


@given(st.text(max_size=60) | st.text(alphabet='msgidctxr" \n\\n#,{}', max_size=80))
def test_any_text_is_a_catalogue_or_refused(text: str) -> None:
    try:
        parsed = parse_po(text, "x.po", TURKISH)
    except ContentError as error:
        mistakes = error.mistakes
    else:
        mistakes = ()
        assert all(parsed.entries)
    assert all(mistake.line >= 1 for mistake in mistakes)
