"""The README says what is true: every setting, every command, every picture, both commands to start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.cli import cli
from bot.settings import PREFIX, Settings
from conversations.languages import LANGUAGES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = [PREFIX + name.upper() for name in Settings.model_fields]
COMMANDS = sorted(str(command.name or command.callback.__name__) for command in cli.registered_commands)


def test_there_are_settings_and_commands_to_look_for() -> None:
    assert len(SETTINGS) >= 6
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_explained(setting: str) -> None:
    assert f"| `{setting}` |" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained(command: str) -> None:
    assert f"`mitreden {command}" in README


def test_no_setting_is_explained_that_does_not_exist() -> None:
    assert sorted(set(re.findall(r"^\| `(MITREDEN_\w+)` \|", README, re.MULTILINE))) == sorted(SETTINGS)


def test_the_example_of_an_env_file_knows_only_settings_that_exist() -> None:
    named = re.findall(
        r"^#?(MITREDEN_\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert named
    assert set(named) <= set(SETTINGS)


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert len(pictures) >= 2
    assert [picture for picture in pictures if not (ROOT / picture).is_file()] == []


def test_every_language_on_offer_is_named() -> None:
    assert [language.own_name for language in LANGUAGES if language.own_name not in README] == []


def test_the_commands_to_start_install_pinned_versions() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert all("-c .ci/constraints.txt" in line for line in lines)


def test_the_pins_name_no_package_index() -> None:
    pins = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    stray = [pin for pin in pins if not pin.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.+]+", pin)]
    assert len(pins) > 20
    assert stray == []
