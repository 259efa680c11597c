"""The settings, read once from the environment and from `.env`, as one frozen value.

The only place that reads the environment. All mistakes are reported together, and a misspelt
name is refused instead of ignored, because a setting that does nothing is worse than none.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "MITREDEN_"
TELEGRAM_API_URL = "https://api.telegram.org"
#: Where a Bot API for trials lives.
LOCAL_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]{10,}")


#: The name of the SQLite file in the data folder.
DATABASE_FILE = "mitreden.sqlite"


class StartError(Exception):
    """A command cannot do its work. The message is one sentence for the operator."""


class SettingsError(Exception):
    """The settings cannot be used. Each line of the message names one mistake."""


class Settings(BaseSettings):
    """What an operator decides. Field names are the names in the environment without the prefix."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    telegram_token: SecretStr | None = Field(default=None, description="the bot's token from @BotFather")
    telegram_api_url: str = Field(
        default=TELEGRAM_API_URL,
        pattern=r"^https?://[^/\s]+[^\s]*[^/\s]$|^https?://[^/\s]+$",
        description="base address of the Bot API, called as {url}/bot{token}/{method}",
    )
    data_dir: Path = Field(default=Path("data"), description="folder of the SQLite file")
    key_file: Path = Field(
        default=Path("mitreden.key"), description="file of the keys, outside the data folder"
    )
    database_url: str | None = Field(
        default=None, description="SQLAlchemy address; without it an SQLite file in the data folder"
    )
    staff_ids: frozenset[int] = Field(
        default=frozenset(),
        description="Telegram ids of the staff: numbers, separated by commas",
    )
    one_person_mode: bool = Field(
        default=False, description="yes or no: whether an announcement may go out without a second person"
    )
    announce_without_page: bool = Field(
        default=False,
        description="yes or no: whether an announcement may lack a link to the same text on the town's pages",
    )
    content: Path | None = Field(
        default=None, description="folder with the town's own fields, texts, town file and translations"
    )

    @field_validator("content", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("staff_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return [part.strip() for part in value.split(",") if part.strip()]

    @field_validator("telegram_token")
    @classmethod
    def _looks_like_a_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError("not a token")
        return value

    @property
    def reaches_people(self) -> bool:
        """Whether there may be people behind the Bot API: it is not on this machine."""
        return urlsplit(self.telegram_api_url).hostname not in LOCAL_HOSTS

    def get_database_url(self) -> str:
        """Return the address of the database; the SQLite file has a fixed name in the data folder."""
        return self.database_url or f"sqlite:///{(self.data_dir / DATABASE_FILE).resolve()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take values only from the mapping given to `parse_settings`."""
        return (init_settings,)


def load_settings() -> Settings:
    """Read the settings of this process: the environment, and `.env` in the current folder below it.

    Raises: SettingsError.
    """
    in_file = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return parse_settings({**in_file, **os.environ})  # noqa: TID251  the one place that may


def parse_settings(environment: Mapping[str, str]) -> Settings:
    """Make settings from a mapping of names to values. Names without our prefix are not looked at.

    Raises: SettingsError with one line for each mistake.
    """
    given = {name: value for name, value in environment.items() if name.startswith(PREFIX)}
    known = {PREFIX + name.upper(): name for name in Settings.model_fields}
    mistakes = [_name_mistake(name, tuple(known)) for name in given if name not in known]
    values = {known[name]: value for name, value in given.items() if name in known and value != ""}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        mistakes += [_value_mistake(str(fault["loc"][0])) for fault in error.errors(include_input=False)]
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return settings


def _name_mistake(name: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else f" Known are {', '.join(known)}."
    return f"There is no setting {name}.{hint}"


def _value_mistake(field_name: str) -> str:
    """Say what a setting must be. Its value is not repeated: it may be the token."""
    described = Settings.model_fields[field_name].description
    return f"{PREFIX}{field_name.upper()} does not hold {described}."
