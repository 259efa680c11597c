"""The way to Telegram: PTB's transport seam on aiohttp, and what a failure says about a request.

Knows HTTP and its errors. Must not know what is sent, and never logs or shows an address: the bot's
token stands in every one of them. So an error raised here carries the class of its cause and the
cause itself, but prints neither.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum

import aiohttp
from aiohttp import client_exceptions as http
from telegram import error as api
from telegram.request import BaseRequest, RequestData

#: Telegram closes idle connections after about 60 s; ours are given up well before.
KEEP_ALIVE_SECONDS = 30.0
#: A hundred of the largest updates stay far below this.
MAX_ANSWER_BYTES = 32 * 1024 * 1024
#: When a 429 names no time.
DEFAULT_HOLD = timedelta(seconds=5)
MAX_HOLD = timedelta(days=1)


class Outcome(StrEnum):
    """What is known about a request once it has ended."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"
    #: 429: not applied, and the whole bot is to be silent for a while.
    HELD = "held"
    #: The message to change is gone or closed to changes.
    GONE = "gone"
    #: The person cannot be reached: blocked, deactivated, never started.
    UNREACHABLE = "unreachable"
    #: The same request would be refused again.
    REFUSED = "refused"
    #: The token is not valid: nothing can be sent at all.
    UNAUTHORISED = "unauthorised"


class AnswerTooLongError(Exception):
    """The server sent more than anybody can need."""


class RequestFailed(api.NetworkError):
    """A request ended without an answer of the Bot API. `cause` says why; the text names its class only."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(type(cause).__name__)
        self.cause = cause


class GarbledAnswer(api.NetworkError):
    """The server answered, but not in the language of the Bot API."""


class FloodWait(api.RetryAfter):
    """429. `wait` is the time the bot has to be silent."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(wait)

    @property
    def retry_after(self) -> timedelta:
        """The same time under PTB's name, without its warning about the type."""
        return self.wait


#: Every class that aiohttp or telegram.error can raise; `tests/bot/test_transport.py` finds a new one.
#: Where aiohttp cannot know whether the bytes were read, the outcome is unknown.
DECISIONS: Mapping[type[BaseException], Outcome] = {
    # Nothing was written: no connection came about.
    aiohttp.ClientConnectorError: Outcome.NOT_APPLIED,
    aiohttp.ClientConnectorDNSError: Outcome.NOT_APPLIED,
    aiohttp.ClientProxyConnectionError: Outcome.NOT_APPLIED,
    http.UnixClientConnectorError: Outcome.NOT_APPLIED,
    aiohttp.ClientSSLError: Outcome.NOT_APPLIED,
    aiohttp.ClientConnectorSSLError: Outcome.NOT_APPLIED,
    aiohttp.ClientConnectorCertificateError: Outcome.NOT_APPLIED,
    aiohttp.ServerFingerprintMismatch: Outcome.NOT_APPLIED,
    aiohttp.ConnectionTimeoutError: Outcome.NOT_APPLIED,  # also: no free connection in the pool
    aiohttp.ClientHttpProxyError: Outcome.NOT_APPLIED,
    aiohttp.InvalidURL: Outcome.NOT_APPLIED,
    aiohttp.InvalidUrlClientError: Outcome.NOT_APPLIED,
    aiohttp.NonHttpUrlClientError: Outcome.NOT_APPLIED,
    socket.gaierror: Outcome.NOT_APPLIED,
    ConnectionRefusedError: Outcome.NOT_APPLIED,
    # A connection broke or fell silent with a request on it. A stale keep-alive looks the same.
    aiohttp.ClientError: Outcome.UNKNOWN,
    aiohttp.ClientConnectionError: Outcome.UNKNOWN,
    aiohttp.ClientConnectionResetError: Outcome.UNKNOWN,
    aiohttp.ClientOSError: Outcome.UNKNOWN,
    aiohttp.ServerConnectionError: Outcome.UNKNOWN,
    aiohttp.ServerDisconnectedError: Outcome.UNKNOWN,
    aiohttp.ServerTimeoutError: Outcome.UNKNOWN,
    aiohttp.SocketTimeoutError: Outcome.UNKNOWN,
    http.UploadAbortedError: Outcome.UNKNOWN,
    TimeoutError: Outcome.UNKNOWN,
    OSError: Outcome.UNKNOWN,
    asyncio.CancelledError: Outcome.UNKNOWN,
    # There was an answer, and it could not be read.
    aiohttp.ClientPayloadError: Outcome.UNKNOWN,
    aiohttp.ClientResponseError: Outcome.UNKNOWN,
    aiohttp.ContentTypeError: Outcome.UNKNOWN,
    aiohttp.TooManyRedirects: Outcome.UNKNOWN,
    aiohttp.RedirectClientError: Outcome.UNKNOWN,
    aiohttp.InvalidUrlRedirectClientError: Outcome.UNKNOWN,
    aiohttp.NonHttpUrlRedirectClientError: Outcome.UNKNOWN,
    aiohttp.WSServerHandshakeError: Outcome.UNKNOWN,
    aiohttp.WSMessageTypeError: Outcome.UNKNOWN,
    AnswerTooLongError: Outcome.UNKNOWN,
    # The Bot API said no, or PTB speaks for it.
    api.TelegramError: Outcome.UNKNOWN,
    api.NetworkError: Outcome.UNKNOWN,
    api.TimedOut: Outcome.UNKNOWN,
    GarbledAnswer: Outcome.UNKNOWN,
    RequestFailed: Outcome.UNKNOWN,
    api.RetryAfter: Outcome.HELD,
    FloodWait: Outcome.HELD,
    api.Conflict: Outcome.NOT_APPLIED,
    api.BadRequest: Outcome.REFUSED,
    api.EndPointNotFound: Outcome.REFUSED,
    api.ChatMigrated: Outcome.REFUSED,
    api.PassportDecryptionError: Outcome.REFUSED,
    api.Forbidden: Outcome.UNREACHABLE,
    api.InvalidToken: Outcome.UNAUTHORISED,
}

#: What descriptions of a 400 mean, by a part of their text in small letters (telegram-bot-api,
#: Client.cpp, read 2026-11). The only place that reads error texts.
_DESCRIPTIONS: tuple[tuple[str, Outcome], ...] = (
    ("message is not modified", Outcome.APPLIED),
    ("message to edit not found", Outcome.GONE),
    ("message to delete not found", Outcome.GONE),
    ("message can't be edited", Outcome.GONE),
    ("no text in the message to edit", Outcome.GONE),  # a voice message: its button leads to a new screen
    ("message_id_invalid", Outcome.GONE),
    ("chat not found", Outcome.UNREACHABLE),
    ("user is deactivated", Outcome.UNREACHABLE),
    ("input_user_deactivated", Outcome.UNREACHABLE),
    ("bot was blocked", Outcome.UNREACHABLE),
    ("peer_id_invalid", Outcome.UNREACHABLE),
    ("can't initiate conversation", Outcome.UNREACHABLE),
)


def classify(error: BaseException) -> Outcome:
    """Say what an error means for the request that raised it. An error nobody knows is unknown.

    >>> classify(api.BadRequest("Message is not modified"))
    <Outcome.APPLIED: 'applied'>
    """
    if isinstance(error, RequestFailed):
        return classify(error.cause)
    if isinstance(error, api.BadRequest):
        text = error.message.lower()
        return next((outcome for part, outcome in _DESCRIPTIONS if part in text), Outcome.REFUSED)
    if type(error) in (api.NetworkError, api.TimedOut) and error.__cause__ is not None:
        return classify(error.__cause__)
    decided = (DECISIONS[kind] for kind in type(error).__mro__ if kind in DECISIONS)
    return next(decided, Outcome.UNKNOWN)


def hold_time(error: BaseException) -> timedelta:
    """Return how long a 429 silences the bot."""
    if isinstance(error, FloodWait):
        return error.wait
    return DEFAULT_HOLD


class AiohttpRequest(BaseRequest):
    """PTB's transport on aiohttp (measured: a fifth of the default's CPU per request).

    `on_date` is told the `Date` in the head of each answer of the server.
    """

    def __init__(
        self,
        *,
        connections: int = 64,
        read_seconds: float = 15.0,
        write_seconds: float = 15.0,
        connect_seconds: float = 5.0,
        proxy: str | None = None,
        on_date: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self._connections = connections
        self._defaults = (read_seconds, write_seconds, connect_seconds, connect_seconds)
        self._proxy = proxy
        self.on_date = on_date
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The time to wait for an answer, in seconds."""
        return self._defaults[0]

    async def initialize(self) -> None:
        """Open the pool. Called on the loop that is to use it; a second call changes nothing."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=KEEP_ALIVE_SECONDS, ttl_dns_cache=300
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the pool and every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one request. PTB calls this.

        Raises: telegram.error.TelegramError for everything but a 2xx answer.
        """
        given = (read_timeout, write_timeout, connect_timeout, pool_timeout)
        body, content_type = _encode(request_data)
        timeout = _timeout(
            *(_seconds(value, default) for value, default in zip(given, self._defaults, strict=True))
        )
        return await self._exchange(method, url, body, content_type, timeout, MAX_ANSWER_BYTES)

    async def call(self, url: str, parameters: Mapping[str, object], read_seconds: float) -> bytes:
        """Call a method with JSON and return the answer as it came, for who decodes it alone.

        Raises: telegram.error.TelegramError for everything but a 2xx answer.
        """
        _, write, connect, pool = self._defaults
        body = json.dumps(dict(parameters)).encode()
        timeout = _timeout(read_seconds, write, connect, pool)
        return (await self._exchange("POST", url, body, "application/json", timeout, MAX_ANSWER_BYTES))[1]

    async def fetch(self, url: str, limit_bytes: int) -> bytes:
        """Download a file of at most this size.

        Raises: telegram.error.TelegramError; with the cause AnswerTooLongError for a larger file.
        """
        timeout = _timeout(*self._defaults)
        try:
            return (await self._exchange("GET", url, None, None, timeout, limit_bytes))[1]
        except api.InvalidToken as error:  # here a 404 speaks of the file, not of the token
            raise api.BadRequest(error.message) from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, object]:
        """Read an answer of the Bot API. Unlike the inherited one, this never logs what it cannot read.

        Raises: GarbledAnswer
        """
        try:
            answer = json.loads(payload)
        except (ValueError, RecursionError):
            raise GarbledAnswer("no JSON") from None
        if not isinstance(answer, dict) or "result" not in answer:
            raise GarbledAnswer("no answer of the Bot API")
        return answer

    async def _exchange(
        self,
        method: str,
        url: str,
        body: bytes | aiohttp.FormData | None,
        content_type: str | None,
        times: aiohttp.ClientTimeout,
        limit_bytes: int,
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise RequestFailed(ConnectionRefusedError("the transport is closed"))
        headers = {"Content-Type": content_type} if content_type else {}
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=times,
                allow_redirects=False,
                proxy=self._proxy,
            ) as response:
                payload = await _read(response, limit_bytes)
                status, retry_after = response.status, response.headers.get("Retry-After")
                self.on_date(response.headers.get("Date"))
        except Exception as error:
            raise RequestFailed(error) from None
        if not 200 <= status <= 299:
            raise refusal(status, payload, retry_after)
        return status, payload


def refusal(status: int, payload: bytes, retry_after: str | None = None) -> api.TelegramError:
    """Make the error for an answer that is not 2xx. Total: the body may be anything.

    A 4xx without the words of the Bot API comes from a proxy or a firewall on the way: it says
    nothing about the person or the token, so it counts as a failure of the network.
    """
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    description, parameters = answer.get("description"), answer.get("parameters")
    is_api = isinstance(description, str) and description != ""
    message = str(description) if is_api else f"HTTP {status}"
    match status:
        case 429:
            in_body = parameters.get("retry_after") if isinstance(parameters, dict) else None
            return FloodWait(_hold(in_body, retry_after))
        case 413:
            return api.BadRequest(message)
        case 401 | 404 if is_api:
            return api.InvalidToken(message)
        case 403 if is_api:
            return api.Forbidden(message)
        case 409 if is_api:
            return api.Conflict(message)
        case _ if is_api and 400 <= status <= 499 and status != 408:
            return api.BadRequest(message)
        case _:
            return api.NetworkError(message)


def _hold(in_body: object, in_header: str | None) -> timedelta:
    if not isinstance(in_body, int) or isinstance(in_body, bool) or in_body <= 0:
        if in_header is None or not in_header.isascii() or not in_header.isdigit():
            return DEFAULT_HOLD
        in_body = int(in_header[:9])
    return min(timedelta(seconds=min(in_body, 10**9)), MAX_HOLD)


def _seconds(given: object, default: float) -> float | None:
    if given is None or isinstance(given, (int, float)):
        return given
    return default


def _timeout(
    read: float | None, write: float | None, connect: float | None, pool: float | None
) -> aiohttp.ClientTimeout:
    """Join PTB's four times. aiohttp has no time for writing: the total bounds it, and slow drips."""
    waiting = None if connect is None or pool is None else connect + pool
    total = None if read is None or write is None or waiting is None else waiting + write + read
    return aiohttp.ClientTimeout(total=total, connect=waiting, sock_connect=connect, sock_read=read)


def _encode(request_data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, str | None]:
    if request_data is None:
        return None, None
    if not request_data.contains_files:
        return json.dumps(request_data.parameters).encode(), "application/json"
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (file_name, content, mime_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=mime_type)
    return form, None


async def _read(response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > limit_bytes:
            raise AnswerTooLongError
        chunks.append(chunk)
    return b"".join(chunks)
