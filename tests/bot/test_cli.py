"""The command line as an operator meets it: help with an example, one clear sentence, an exit code.

Commands run as processes of their own, with warnings as errors.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli import cli
from bot.settings import TELEGRAM_API_URL
from storage.keys import create_key_file
from tests.support.bot_process import start_bot
from tests.support.databases import PostgresqlServer
from tests.support.world import World, open_world

COMMANDS = sorted(get_command(cli).commands)  # type: ignore[attr-defined]
TOKEN = "123456:a-token-that-looks-like-one"
NO_NETWORK = """
import socket
def refuse(*given, **named):
    print("NETWORK", given)
    raise OSError("the network was asked")
socket.socket.connect = socket.getaddrinfo = refuse
from bot.cli import main
main()
"""


async def run(
    folder: Path, *arguments: str, code: str | None = None, **settings: str
) -> tuple[int, list[str], list[str]]:
    """Run a command to its end; settings are named without MITREDEN_."""
    environment = {f"MITREDEN_{name.upper()}": value for name, value in settings.items()}
    async with start_bot(*arguments, environment=environment, folder=folder, code=code) as bot:
        return await bot.ended(), bot.out, bot.err


async def fails(folder: Path, *arguments: str, code: str | None = None, **settings: str) -> str:
    """Run a command that cannot do its work and return the one line that says why."""
    exit_code, out, err = await run(folder, *arguments, code=code, **settings)
    said = [line for line in err if line and not line.startswith('{"')]  # without log lines
    assert exit_code == 1, (out, err)
    assert not any("Traceback" in line for line in out + err), err
    assert len(said) == 1, said
    assert out == []
    print(said[0])
    return said[0]


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def list_commands() -> dict[tuple[str, ...], Any]:
    """List every command, with its group in front of it where it has one."""
    found: dict[tuple[str, ...], Any] = {}
    for name, command in get_command(cli).commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found |= {(name,): command} if below is None else {(name, each): below[each] for each in below}
    return found


@pytest.mark.parametrize("path", list_commands(), ids=" ".join)
def test_the_help_of_each_command_has_an_example_that_its_options_understand(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(cli, [*path, "--help"], prog_name="mitreden", env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    (example,) = [line for line in shown.output.splitlines() if "Example: " in line]
    words = example.partition("mitreden ")[2].split()
    assert tuple(words[: len(path)]) == path
    options = {word for word in words if word.startswith("--")}
    known = {
        name for option in list_commands()[path].params for name in (*option.opts, *option.secondary_opts)
    }
    assert options <= known


def test_every_command_that_is_there_is_listed_with_one_sentence() -> None:
    shown = CliRunner().invoke(cli, ["--help"], prog_name="mitreden", env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert {"run", "preview", "check", "init"} <= set(COMMANDS)
    for command in COMMANDS:
        assert any(re.match(rf" *{command} +\S+ \S+", line) for line in shown.output.splitlines())


async def test_without_a_token_it_says_where_to_get_one(tmp_path: Path) -> None:
    said = await fails(tmp_path, "run")
    assert "MITREDEN_TELEGRAM_TOKEN" in said
    assert "mitreden preview" in said
    assert names_in(tmp_path) == set(), "nothing has been made"


async def test_a_token_that_telegram_does_not_know_is_told(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        said = await fails(
            tmp_path, "run", telegram_token="123456:another-token-than-that-one", telegram_api_url=world.url
        )
        assert world.api.ledger.of("sendMessage") == []
    assert said == "Telegram does not accept the token in MITREDEN_TELEGRAM_TOKEN."


async def test_what_cannot_be_a_token_is_told_without_repeating_it(tmp_path: Path) -> None:
    said = await fails(tmp_path, "run", telegram_token="1234:geheim und falsch")
    assert "MITREDEN_TELEGRAM_TOKEN" in said
    assert "geheim" not in said


async def test_a_misspelt_setting_is_told_with_the_right_name(tmp_path: Path) -> None:
    said = await fails(tmp_path, "run", telegram_tokn=TOKEN)
    assert said == "There is no setting MITREDEN_TELEGRAM_TOKN. Did you mean MITREDEN_TELEGRAM_TOKEN?"


async def test_every_mistake_in_the_settings_is_told_at_once(tmp_path: Path) -> None:
    code, _, err = await run(tmp_path, "check", telegram_tokn=TOKEN, telegram_api_url="telegram.org", xyz="1")
    assert code == 1
    assert len(err) == 3
    assert not any("Traceback" in line for line in err)


async def test_settings_come_from_a_file_in_the_folder_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MITREDEN_TELEGRAM_TOKN=1\nOTHER=2\n", encoding="utf-8")
    assert "Did you mean" in await fails(tmp_path, "check")


async def test_open_placeholders_are_refused_before_the_network_is_asked(tmp_path: Path) -> None:
    said = await fails(tmp_path, "run", code=NO_NETWORK, telegram_token=TOKEN)
    assert "placeholders" in said
    assert "alt_channel" in said
    assert "mitreden init" in said
    assert not (tmp_path / "data").exists()
    assert TELEGRAM_API_URL.startswith("https://")


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


async def test_a_database_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://bot:geheim@127.0.0.1:{free_port()}/mitreden"
    said = await fails(
        tmp_path, "run", telegram_token=TOKEN, telegram_api_url="http://127.0.0.1:1", database_url=url
    )
    assert "database server on 127.0.0.1 cannot be reached" in said
    assert "geheim" not in said


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "nonsense", "postgresql://x/y", "postgresql+asyncpg://x/y"]
)
async def test_a_database_that_cannot_be_used_is_told(tmp_path: Path, url: str) -> None:
    said = await fails(
        tmp_path, "run", telegram_token=TOKEN, telegram_api_url="http://127.0.0.1:1", database_url=url
    )
    assert "atabase" in said


async def test_a_taken_port_is_told_with_another_one(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        said = await fails(tmp_path, "preview", "--port", str(port))
    assert f"Port {port} is taken" in said
    assert f"--port {port + 1 if port < 65535 else ''}".strip() in said


async def test_an_address_that_is_not_of_this_machine_is_told(tmp_path: Path) -> None:
    said = await fails(tmp_path, "preview", "--port", "0", "--host", "203.0.113.7")
    assert "203.0.113.7" in said


async def run_against(world: World, folder: Path, **settings: str) -> str:
    given = {name.removeprefix("MITREDEN_").lower(): value for name, value in world.environment.items()}
    return await fails(folder, "run", **(given | settings))


async def test_a_content_folder_with_a_mistake_is_told_with_file_and_line(tmp_path: Path) -> None:
    town = tmp_path / "town"
    assert (await run(tmp_path, "init", "town"))[0] == 0
    broken = town / "fields" / "arbeit.yaml"
    lines = broken.read_text(encoding="utf-8").splitlines()
    number = next(index for index, line in enumerate(lines) if line.strip().startswith("type: single"))
    lines[number] = lines[number].replace("single", "singel")
    broken.write_text("\n".join(lines), encoding="utf-8")
    async with open_world(tmp_path) as world:
        said = await run_against(world, tmp_path, content=str(town))
    assert said.startswith(f"{broken}:{number + 1}: ")
    code, out, err = await run(tmp_path, "check", "--content", str(town))
    assert code == 1
    assert err == []
    assert out[0].startswith(f"{broken}:{number + 1}: mistake: ")
    assert out[-1] == "The content cannot be used: 1 mistake."


async def test_a_content_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = await fails(tmp_path, "run", telegram_token=TOKEN, content=str(tmp_path / "nowhere"))
    assert "nowhere" in said


async def test_the_shipped_content_passes_the_check_from_any_folder(tmp_path: Path) -> None:
    code, out, err = await run(tmp_path, "check")
    assert (code, err) == (0, [])
    assert "5 fields" in out[-1]
    assert "languages: de" in out[-1]
    assert "0 mistakes" in out[-1]
    print(out[-1])
    assert names_in(tmp_path) == set()


async def test_init_copies_everything_once_and_never_over_something(tmp_path: Path) -> None:
    code, out, _ = await run(tmp_path, "init", "town")
    assert code == 0
    assert "MITREDEN_CONTENT=town" in out[-1]
    town = tmp_path / "town" / "town.toml"
    town.write_text(town.read_text(encoding="utf-8") + "\n# ours\n", encoding="utf-8")
    said = await fails(tmp_path, "init", "town")
    assert "town.toml" in said
    assert town.read_text(encoding="utf-8").endswith("# ours\n")
    code, out, _ = await run(tmp_path, "check", "--content", "town")
    assert code == 0, out


async def test_a_key_file_in_the_data_folder_is_refused(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        said = await run_against(world, tmp_path, key_file=str(world.data_dir / "mitreden.key"))
        assert "inside the data folder" in said
        assert "MITREDEN_KEY_FILE" in said
        link = tmp_path / "link"
        link.symlink_to(world.data_dir)
        assert "inside" in await run_against(world, tmp_path, key_file=str(link / "mitreden.key"))


async def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        create_key_file(world.key_file)
        world.key_file.chmod(0o644)
        said = await run_against(world, tmp_path)
    assert f"chmod 600 {world.key_file}" in said


async def test_a_key_file_whose_folder_is_missing_is_told(tmp_path: Path) -> None:
    async with open_world(tmp_path) as world:
        said = await run_against(world, tmp_path, key_file=str(tmp_path / "no" / "folder" / "key"))
    assert "cannot be written" in said


@pytest.mark.parametrize("what", ["data folder", "database", "parent"])
async def test_a_data_folder_that_cannot_be_used_is_told(tmp_path: Path, what: str) -> None:
    async with open_world(tmp_path) as world:
        shutil.rmtree(world.data_dir)
        match what:
            case "data folder":
                world.data_dir.write_text("a file", encoding="utf-8")
            case "database":
                world.data_dir.mkdir()
                (world.data_dir / "mitreden.sqlite").write_text("not a database, but long enough" * 50)
            case "parent":
                (tmp_path / "file").write_text("a file", encoding="utf-8")
        settings = {"data_dir": str(tmp_path / "file" / "data")} if what == "parent" else {}
        said = await run_against(world, tmp_path, **settings)
    assert ("mitreden.sqlite" if what == "database" else "data") in said


async def test_lost_and_wrong_keys_are_refused_as_long_as_there_are_data(tmp_path: Path) -> None:
    async with (
        open_world(tmp_path) as world,
        start_bot("run", environment=world.environment, folder=tmp_path) as bot,
    ):
        await bot.ready()
        sabine = world.api.world.person("Sabine")
        sabine.starts()
        await world.api.world.wait_for(lambda: sabine.bot_messages, 60)
        sabine.taps("Deutsch")
        await world.api.world.wait_for(lambda: "Meinung sagen" in str(sabine.last.buttons), 60)
        bot.terminate()
        assert await bot.ended() == 0
    async with open_world(tmp_path) as world:
        key_file = world.key_file
        key_file.rename(tmp_path / "kept")
        said = await run_against(world, tmp_path)
        assert "is missing" in said
        assert not key_file.exists(), "no new keys were made"
        create_key_file(key_file)
        assert "does not belong to this database" in await run_against(world, tmp_path)
        key_file.unlink()
        (tmp_path / "kept").rename(key_file)
        async with start_bot("run", environment=world.environment, folder=tmp_path) as bot:
            await bot.ready()


@pytest.mark.parametrize("kind_of_database", ["sqlite", "postgresql"])
async def test_sigterm_ends_the_bot_with_exit_code_0(
    tmp_path: Path, kind_of_database: str, request: pytest.FixtureRequest
) -> None:
    url = None
    if kind_of_database == "postgresql":
        server: PostgresqlServer = request.getfixturevalue("postgresql_server")
        url = server.new_url(migrated=False)
    async with open_world(tmp_path, database_url=url) as world:
        begun = time.perf_counter()
        async with start_bot("run", environment=world.environment, folder=tmp_path) as bot:
            await bot.ready()
            ready = time.perf_counter() - begun
            sabine = world.api.world.person("Sabine")
            for _ in range(20):
                sabine.starts()
            bot.terminate()
            told = time.perf_counter()
            assert await bot.ended() == 0
            ended = time.perf_counter() - told
        assert not any("Traceback" in line for line in bot.err), bot.err
        print(f"{kind_of_database}: ready after {ready:.2f} s, ended {ended:.2f} s after SIGTERM")
        assert world.key_file.stat().st_mode & 0o777 == 0o600
        if url is None:
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in world.data_dir.iterdir()}
            assert set(modes.values()) == {"0o600"}, modes
        async with start_bot("run", environment=world.environment, folder=tmp_path) as bot:
            await bot.ready()
            await world.api.world.wait_for(lambda: sabine.bot_messages, 60)
    if url is not None:
        server.drop(url)


async def test_sigterm_ends_a_bot_that_cannot_reach_telegram_yet(tmp_path: Path) -> None:
    environment = {
        "MITREDEN_TELEGRAM_TOKEN": TOKEN,
        "MITREDEN_TELEGRAM_API_URL": f"http://127.0.0.1:{free_port()}",
    }
    async with start_bot("run", environment=environment, folder=tmp_path) as bot:
        async with asyncio.timeout(60), bot._news:
            while not any("telegram_unreachable" in line for line in bot.err):
                await bot._news.wait()
        bot.terminate()
        assert await bot.ended() == 0
    assert not any("Traceback" in line for line in bot.err)
    assert TOKEN.partition(":")[2] not in "".join(bot.err)


async def test_a_token_that_is_taken_back_ends_the_bot_with_a_sentence(tmp_path: Path) -> None:
    from bot.preview.faults import FaultKind

    async with (
        open_world(tmp_path) as world,
        start_bot("run", environment=world.environment, folder=tmp_path) as bot,
    ):
        await bot.ready()
        world.api.faults.order(FaultKind.REJECT_401, "getUpdates", times=None)
        world.api.world.person("Sabine").starts()
        assert await bot.ended() == 1
        assert "Telegram does not accept the token of the bot." in bot.err[-1]
        assert not any("Traceback" in line for line in bot.err)


async def test_the_preview_serves_a_page_and_leaves_nothing_behind(tmp_path: Path) -> None:
    import aiohttp

    async with start_bot(
        "preview", "--port", "0", environment={"TMPDIR": str(tmp_path)}, folder=tmp_path
    ) as bot:
        line = await bot.says("can be tried at")
        url = next(word for word in line.split() if word.startswith("http"))
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            assert answer.status == 200
        bot.terminate()
        assert await bot.ended() == 0
    assert bot.err == []
    assert names_in(tmp_path) == set()


async def test_the_preview_can_keep_its_data(tmp_path: Path) -> None:
    for _ in range(2):
        async with start_bot(
            "preview", "--port", "0", "--data", "kept", environment={}, folder=tmp_path
        ) as bot:
            await bot.says("can be tried at")
            bot.terminate()
            assert await bot.ended() == 0
    assert names_in(tmp_path / "kept") == {"data", "mitreden.key"}


async def test_two_previews_of_one_data_folder_and_a_real_token_do_not_meet(tmp_path: Path) -> None:
    """The preview never uses the operator's token, database or data folder."""
    environment: Mapping[str, str] = {
        "MITREDEN_TELEGRAM_TOKEN": TOKEN,
        "MITREDEN_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none",
        "MITREDEN_DATA_DIR": str(tmp_path / "real"),
        "MITREDEN_KEY_FILE": str(tmp_path / "real.key"),
    }
    async with start_bot("preview", "--port", "0", environment=environment, folder=tmp_path) as bot:
        await bot.says("can be tried at")
        bot.terminate()
        assert await bot.ended() == 0
    assert not (tmp_path / "real").exists()
    assert not (tmp_path / "real.key").exists()
    assert names_in(tmp_path) == set()
