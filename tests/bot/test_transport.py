"""The transport against real sockets that fail in every way, and the table of what that means."""

from __future__ import annotations

import asyncio
import inspect
import json
import socket
import struct
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import aiohttp
import pytest
import telegram.error
from telegram import Bot, InputFile

from bot.transport import (
    DECISIONS,
    DEFAULT_HOLD,
    AiohttpRequest,
    AnswerTooLongError,
    FloodWait,
    GarbledAnswer,
    Outcome,
    RequestFailed,
    classify,
    hold_time,
    refusal,
)
from tests.support.telegram_world import TOKEN, World

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start a server that treats each connection with a function; returns its base URL."""
    servers: list[asyncio.Server] = []
    writers: list[asyncio.StreamWriter] = []

    async def start(handler: Handler) -> str:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            try:
                await handler(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bot"

    yield start
    for writer in writers:
        writer.close()
    for server in servers:
        server.close()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return await reader.readexactly(int(length[0].partition(b":")[2])) if length else b""


def answering(raw: bytes) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(raw)
        await writer.drain()

    return handle


def http(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def failure_of(url: str, **settings: float) -> BaseException:
    """Send a message to a server and return the error, which must not show the token anywhere."""
    bot = Bot(TOKEN, base_url=url, request=AiohttpRequest(**settings))  # type: ignore[arg-type]
    await bot.request.initialize()
    try:
        await bot.send_message(1, "Guten Tag")
    except Exception as error:
        shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
        assert TOKEN not in shown
        assert TOKEN.partition(":")[2] not in shown
        return error
    finally:
        await bot.request.shutdown()
    raise AssertionError("the request succeeded")


def cause_of(error: BaseException) -> BaseException:
    assert isinstance(error, RequestFailed)
    return error.cause


async def test_a_refused_connection_is_not_applied() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/bot"
    error = await failure_of(url)
    assert isinstance(cause_of(error), aiohttp.ClientConnectorError)
    assert classify(error) is Outcome.NOT_APPLIED


async def test_an_unknown_host_is_not_applied() -> None:
    error = await failure_of("http://nobody.invalid/bot", connect_seconds=2)
    assert isinstance(cause_of(error), aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    assert classify(error) is Outcome.NOT_APPLIED


async def test_a_wrong_address_is_not_applied_and_not_shown() -> None:
    error = await failure_of("htp:/nowhere/bot")
    assert isinstance(cause_of(error), aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError)
    assert classify(error) is Outcome.NOT_APPLIED


async def test_no_free_connection_is_not_applied(serve: Serve) -> None:
    arrived = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        arrived.set()
        await reader.read()

    bot = Bot(TOKEN, base_url=await serve(hang), request=AiohttpRequest(connections=1))
    await bot.request.initialize()
    first = asyncio.create_task(bot.send_message(1, "eins"))
    await arrived.wait()
    with pytest.raises(RequestFailed) as caught:
        await bot.send_message(1, "zwei", pool_timeout=0.01, connect_timeout=0.01)
    assert isinstance(caught.value.cause, aiohttp.ConnectionTimeoutError)
    assert classify(caught.value) is Outcome.NOT_APPLIED
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    await bot.request.shutdown()


async def test_silence_after_the_request_is_unknown(serve: Serve) -> None:
    async def hang(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await reader.read()

    error = await failure_of(await serve(hang), read_seconds=0.05)
    assert isinstance(cause_of(error), aiohttp.ServerTimeoutError)
    assert classify(error) is Outcome.UNKNOWN


async def test_a_drip_ends_at_the_total_time_and_is_unknown(serve: Serve) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    error = await failure_of(await serve(drip), read_seconds=0.05, write_seconds=0.05, connect_seconds=0.05)
    assert isinstance(cause_of(error), TimeoutError)
    assert classify(error) is Outcome.UNKNOWN


async def test_a_closed_connection_is_unknown(serve: Serve) -> None:
    error = await failure_of(await serve(answering(b"")))
    assert isinstance(cause_of(error), aiohttp.ServerDisconnectedError)
    assert classify(error) is Outcome.UNKNOWN


async def test_a_reset_connection_is_unknown(serve: Serve) -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    error = await failure_of(await serve(reset))
    assert isinstance(cause_of(error), aiohttp.ClientOSError)
    assert not isinstance(cause_of(error), aiohttp.ClientConnectorError)
    assert classify(error) is Outcome.UNKNOWN


async def test_a_stale_connection_is_unknown_and_nothing_is_sent_twice_in_silence(serve: Serve) -> None:
    seen: list[bytes] = []
    sent = http(200, b'{"ok":true,"result":true}').replace(b"Connection: close", b"Connection: keep-alive")

    async def close_at_the_second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(sent)
        seen.append(await read_request(reader))

    bot = Bot(TOKEN, base_url=await serve(close_at_the_second), request=AiohttpRequest())
    await bot.request.initialize()
    assert await bot.delete_message(1, 2)
    with pytest.raises(RequestFailed) as caught:
        await bot.delete_message(1, 3)
    assert classify(caught.value) is Outcome.UNKNOWN
    assert [json.loads(body)["message_id"] for body in seen] == [2, 3]
    await bot.request.shutdown()


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"ok"', aiohttp.ClientPayloadError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", aiohttp.ClientError),
        (b"SSH-2.0-OpenSSH\r\n\r\n", aiohttp.ClientResponseError),
    ],
)
async def test_an_answer_that_breaks_off_is_unknown(
    serve: Serve, raw: bytes, cause: type[BaseException]
) -> None:
    error = await failure_of(await serve(answering(raw)))
    assert isinstance(cause_of(error), cause)
    assert classify(error) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [b"<html>proxy</html>", b"", b"null", b"[]", b'{"ok":true}', b"[" * 3000],
)
async def test_success_without_a_message_is_unknown(serve: Serve, body: bytes) -> None:
    error = await failure_of(await serve(answering(http(200, body))))
    assert classify(error) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (301, b"", Outcome.UNKNOWN),
        (500, b"", Outcome.UNKNOWN),
        (502, b"<html>", Outcome.UNKNOWN),
        (503, b'{"ok":false,"description":"x"}', Outcome.UNKNOWN),
        (599, b"[" * 3000, Outcome.UNKNOWN),
        (408, b"", Outcome.UNKNOWN),
        (400, b'{"description":"Bad Request: message text is empty"}', Outcome.REFUSED),
        (400, b'{"description":"Bad Request: chat not found"}', Outcome.UNREACHABLE),
        (400, b'{"description":"Bad Request: MESSAGE is not MODIFIED: x"}', Outcome.APPLIED),
        (400, b'{"description":"Bad Request: message to edit not found"}', Outcome.GONE),
        (400, b'{"description":"Bad Request: message can\'t be edited"}', Outcome.GONE),
        (400, b'{"description":7,"parameters":[]}', Outcome.UNKNOWN),
        (401, b"<html>the firewall wants a password</html>", Outcome.UNKNOWN),
        (403, b"<html>the firewall forbids this</html>", Outcome.UNKNOWN),
        (404, b"<html>the proxy is starting</html>", Outcome.UNKNOWN),
        (409, b"[]", Outcome.UNKNOWN),
        (413, b"", Outcome.REFUSED),
        (401, b'{"description":"Unauthorized"}', Outcome.UNAUTHORISED),
        (404, b'{"description":"Not Found"}', Outcome.UNAUTHORISED),
        (403, b'{"description":"Forbidden: bot was blocked by the user"}', Outcome.UNREACHABLE),
        (409, b'{"description":"Conflict"}', Outcome.NOT_APPLIED),
        (429, b'{"parameters":{"retry_after":7}}', Outcome.HELD),
        (429, b"<html>", Outcome.HELD),
    ],
)
async def test_every_status_has_its_outcome(serve: Serve, status: int, body: bytes, outcome: Outcome) -> None:
    assert classify(await failure_of(await serve(answering(http(status, body))))) is outcome


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        ('{"parameters":{"retry_after":7}}', "9", 7),
        ("{}", "9", 9),
        ("{}", None, DEFAULT_HOLD.total_seconds()),
        ('{"parameters":{"retry_after":true}}', "soon", DEFAULT_HOLD.total_seconds()),
        ('{"parameters":{"retry_after":-3}}', "²", DEFAULT_HOLD.total_seconds()),
        ('{"parameters":{"retry_after":1e400}}', None, DEFAULT_HOLD.total_seconds()),
        ('{"parameters":{"retry_after":99999999999999999999}}', None, 86_400),
    ],
)
def test_a_429_says_how_long(body: str, header: str | None, seconds: float) -> None:
    error = refusal(429, body.encode(), header)
    assert isinstance(error, FloodWait)
    assert hold_time(error) == error.retry_after == timedelta(seconds=seconds)


def subclasses(base: type[BaseException]) -> set[type[BaseException]]:
    return {base}.union(*(subclasses(kind) for kind in base.__subclasses__()))


def test_every_error_of_aiohttp_is_decided() -> None:
    kinds = {kind for kind in subclasses(aiohttp.ClientError) if kind.__module__.startswith("aiohttp.")}
    assert len(kinds) > 25
    assert kinds - set(DECISIONS) == set()


def test_every_error_of_telegram_is_decided() -> None:
    kinds = {kind for _, kind in inspect.getmembers(telegram.error, inspect.isclass)}
    kinds = {kind for kind in kinds if issubclass(kind, telegram.error.TelegramError)}
    assert len(kinds) > 10
    assert kinds - set(DECISIONS) == set()


def test_what_nobody_knows_is_unknown() -> None:
    assert classify(ZeroDivisionError()) is Outcome.UNKNOWN
    assert classify(KeyError("result")) is Outcome.UNKNOWN


def test_the_cause_that_ptb_wraps_decides() -> None:
    error = telegram.error.NetworkError("wrapped")
    error.__cause__ = ConnectionRefusedError()
    assert classify(error) is Outcome.NOT_APPLIED


async def test_files_go_as_multipart_and_the_rest_as_json(world: World) -> None:
    sabine = world.person()
    await world.bot.send_document(sabine.id, InputFile(b"{}", filename="daten.json"), caption="Ihre Daten")
    assert sabine.last.content["document"]["file_name"] == "daten.json"
    assert sabine.last.text == "Ihre Daten"
    await world.bot.send_message(sabine.id, "Grüß Gott ⁨سلام⁩ 🙂")
    assert sabine.last.text == "Grüß Gott ⁨سلام⁩ 🙂"


async def test_a_download_has_a_limit(world: World) -> None:
    stored = world.api.world.files.add("voice", b"x" * 1000, "audio/ogg")
    url = f"{world.bot.base_file_url}/{stored.file_path}"
    assert await world.request.fetch(url, 1000) == b"x" * 1000
    with pytest.raises(RequestFailed) as caught:
        await world.request.fetch(url, 999)
    assert isinstance(caught.value.cause, AnswerTooLongError)
    with pytest.raises(telegram.error.BadRequest):
        await world.request.fetch(f"{url}.gone", 1000)


async def test_a_closed_transport_sends_nothing(world: World) -> None:
    await world.request.shutdown()
    with pytest.raises(RequestFailed) as caught:
        await world.bot.send_message(1, "zu spät")
    assert classify(caught.value) is Outcome.NOT_APPLIED


def test_what_cannot_be_read_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(GarbledAnswer) as caught:
        AiohttpRequest.parse_json_payload(b"secret <html>")
    assert "secret" not in caplog.text + str(caught.value)
