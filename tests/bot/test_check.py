"""The content part of `mitreden check`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.catalogue_gate import Severity
from bot.check import check_content, check_rendered, list_step_screens
from bot.content import SHIPPED_CONTENT, init_content, load_content
from bot.rendering import Rendered, RenderedButton
from conversations.content import Content
from conversations.languages import LANGUAGES
from conversations.screens import Screen
from conversations.texts import text


def test_the_shipped_content_passes_with_open_facts_to_fill_in() -> None:
    report = check_content()

    assert report.passed
    content = load_content().content
    steps = sum(len(flow.steps) for flow in (*content.fields, content.profile))
    assert report.summary.startswith(
        f"5 fields, {steps} questions, {len(content.texts)} texts; "
        f"languages: {', '.join(language.code for language in LANGUAGES)}; 0 mistakes, "
    )
    assert report.findings
    assert all("is still to be filled in" in finding.message for finding in report.findings)
    lines = (SHIPPED_CONTENT / "town.toml").read_text(encoding="utf-8").split("\n")
    for finding in report.findings:
        assert finding.file == "conversations/town.toml"
        assert "‹" in lines[finding.line - 1]


def test_every_step_is_rendered() -> None:
    content = load_content().content
    names = [name for name, _ in list_step_screens(content)]

    assert names == [step.id for flow in (*content.fields, content.profile) for step in flow.steps]
    assert len(names) > 40


def test_mistakes_in_files_are_findings(tmp_path: Path) -> None:
    init_content(tmp_path)
    (tmp_path / "town.toml").write_text("[town]\n")
    report = check_content(tmp_path)

    assert not report.passed
    assert report.summary.startswith("The content cannot be used: ")
    assert str(report.findings[0]).startswith(f"{tmp_path}/town.toml:1: ")


def test_reworded_and_missing_texts_are_findings(tmp_path: Path) -> None:
    init_content(tmp_path)
    path = tmp_path / "fields/werte.yaml"
    path.write_text(
        path.read_text().replace("Vorurteile", "Vor-Urteile").replace("little_contact", "no_contact_yet")
    )
    report = check_content(tmp_path)

    assert not report.passed
    assert "languages: de; " in report.summary
    blocking = [f for f in report.findings if f.severity is Severity.BLOCKS]
    assert report.findings[: len(blocking)] == tuple(blocking)
    assert [str(finding) for finding in blocking if "tr:" in finding.message] == [
        "locales/tr/LC_MESSAGES/messages.po:1: tr: “o.wer_obstacle.no_contact_yet” is missing."
    ]
    outdated = "en: “o.wer_obstacle.prejudice” was translated from an earlier German wording."
    assert outdated in [finding.message for finding in report.findings]


def test_screens_that_are_passed_in_are_rendered_in_every_language() -> None:
    def screens(_: Content) -> Iterator[tuple[str, Screen]]:
        yield "good", Screen(((text("ui.progress", i=1, n=7),),))
        yield "ui.progress", Screen(((text("ui.progress", i=1),),))
        yield "unknown", Screen(((text("no.such_text"),),))

    findings = [f for f in check_content(None, screens).findings if f.severity is Severity.BLOCKS]

    assert len(findings) == 2 * len(LANGUAGES)
    assert findings[0].file == "(program)"
    assert findings[0].message.startswith(
        "The screen “unknown” in Arabic cannot be shown: no text has the key"
    )
    assert findings[-1].file == "conversations/texts/frame.yaml"
    assert "nothing fills the gap {n}" in findings[-1].message


@pytest.mark.parametrize(
    ("rendered", "message"),
    [
        (Rendered(" "), "has no text."),
        (Rendered("a", cut=True), "is longer than the 4096 characters that Telegram takes."),
        (Rendered("a {org}"), "shows the gap {org}."),
        (Rendered("a", ((RenderedButton(" ", "m:menu"),),)), "has a button without a label."),
        (Rendered("a", ((RenderedButton("a", "m:menu"),),) * 2), "has two buttons that do the same."),
        (Rendered("a", ((RenderedButton("a", "m:menu"),),) * 101), "has 101 buttons; Telegram takes 100."),
    ],
)
def test_a_message_is_held_against_telegrams_limits(rendered: Rendered, message: str) -> None:
    assert message in list(check_rendered(rendered))
