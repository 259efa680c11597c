"""Settings: everything wrong is told at once, nothing secret is shown, what is missing has a default."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings, SettingsError, parse_settings

TOKEN = "123456:AbCdEfGhIjKlMnOp_-42"


def test_without_anything_the_defaults_hold() -> None:
    settings = parse_settings({"PATH": "/bin", "OTHER": "x"})
    assert settings.telegram_token is None
    assert settings.reaches_people
    assert settings.data_dir == Path("data")
    assert settings.key_file == Path("mitreden.key")
    assert settings.get_database_url() == f"sqlite:///{Path('data/mitreden.sqlite').resolve()}"
    assert settings.content is None


def test_every_setting_can_be_given() -> None:
    settings = parse_settings(
        {
            "MITREDEN_TELEGRAM_TOKEN": TOKEN,
            "MITREDEN_TELEGRAM_API_URL": "http://127.0.0.1:8081/base",
            "MITREDEN_DATA_DIR": "/srv/data",
            "MITREDEN_KEY_FILE": "/etc/key",
            "MITREDEN_DATABASE_URL": "postgresql+psycopg://x@y/z",
            "MITREDEN_CONTENT": "town",
        }
    )
    assert settings.telegram_token is not None
    assert settings.telegram_token.get_secret_value() == TOKEN
    assert not settings.reaches_people
    assert settings.get_database_url() == "postgresql+psycopg://x@y/z"
    assert settings.content == Path("town")


def test_an_empty_value_is_as_good_as_none() -> None:
    given = {PREFIX + name.upper(): "" for name in Settings.model_fields}
    assert parse_settings(given) == parse_settings({})


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "123456",
        ":abcdefghijkl",
        "123456:kurz",
        "123 456:abcdefghijkl",
        f"{TOKEN} ",
        f"{TOKEN}\n",
        "١٢٣:abcdefghijkl",
    ],
)
def test_what_cannot_be_a_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings({"MITREDEN_TELEGRAM_TOKEN": token})
    assert "MITREDEN_TELEGRAM_TOKEN" in str(caught.value)
    assert token.strip() not in str(caught.value) or token == "x"


@pytest.mark.parametrize(
    "url", ["telegram.org", "ftp://x", "https://", "https://x/", "https://x y", "http:///x"]
)
def test_what_cannot_be_an_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="MITREDEN_TELEGRAM_API_URL"):
        parse_settings({"MITREDEN_TELEGRAM_API_URL": url})


def test_all_mistakes_are_told_together_each_in_a_line() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(
            {
                "MITREDEN_TELEGRAM_TOKEN": "geheim",
                "MITREDEN_TELEGRAM_API_URL": "x",
                "MITREDEN_DATADIR": "x",
                "MITREDEN_COLOUR": "red",
            }
        )
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert "Did you mean MITREDEN_DATA_DIR?" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_the_token_is_shown_nowhere() -> None:
    settings = parse_settings({"MITREDEN_TELEGRAM_TOKEN": TOKEN})
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert TOKEN.partition(":")[2] not in shown


def test_settings_cannot_be_changed_later() -> None:
    settings = parse_settings({})
    with pytest.raises(ValueError, match="frozen"):
        settings.data_dir = Path("elsewhere")


@pytest.mark.parametrize(
    ("url", "reaches"),
    [
        ("https://api.telegram.org", True),
        ("https://botapi.goeppingen.example", True),
        ("http://10.0.0.7:8081", True),
        ("http://127.0.0.1:8081", False),
        ("http://localhost:8081", False),
        ("http://[::1]:8081", False),
    ],
)
def test_only_a_bot_api_on_this_machine_reaches_nobody(url: str, reaches: bool) -> None:
    assert parse_settings({"MITREDEN_TELEGRAM_API_URL": url}).reaches_people == reaches
