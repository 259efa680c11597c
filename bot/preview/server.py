"""The local Bot API over HTTP, `/bot{token}/{method}` and `/file/bot{token}/{path}`; the page at `/`.

Reads requests, applies faults, writes answers and the ledger. What a method does is methods.py's.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from bot.preview.clock import ClockDesk
from bot.preview.errors import ApiError, conflict, too_many_requests
from bot.preview.faults import APPLYING, Entry, Fault, FaultKind, Faults, FloodLimits, Ledger
from bot.preview.methods import Methods
from bot.preview.page import Page
from bot.preview.parameters import Upload, find_method, read_parameters
from bot.preview.people import Person
from bot.preview.profile import BotProfile
from bot.preview.updates import RawJson
from bot.preview.world import World

MAX_UPLOAD_BYTES = 50 * 1024 * 1024
_HANG_SECONDS = 3600.0
_GARBAGE = "<html><body>502 Bad Gateway</body>"


class LocalBotApi:
    """A Bot API server for one bot, with the people who use it."""

    def __init__(
        self,
        token: str,
        clock: Callable[[], datetime],
        rng: random.Random,
        bot_username: str,
        people: Iterable[Person] = (),
        *,
        bot_name: str = "Preview",
        strict: bool = True,
        flood: FloodLimits | None = None,
        clock_desk: ClockDesk | None = None,
    ) -> None:
        self.token = token
        self.strict = strict
        self.flood = flood
        self.faults = Faults(rng)
        self.ledger = Ledger()
        profile = BotProfile(int(token.partition(":")[0]), bot_name, bot_username)
        self.world = World(clock, rng, profile, people)
        self._methods = Methods(self.world)
        self._page = Page(self.world, clock_desk)
        self._runner: web.AppRunner | None = None
        self._stopping: asyncio.Event | None = None

    def application(self) -> web.Application:
        """Return a new aiohttp application with the routes of the API and of the page."""
        app = web.Application(client_max_size=MAX_UPLOAD_BYTES)
        app.on_response_prepare.append(self._date)
        app.router.add_route("*", "/bot{token:[^/]+}/{method}", self._answer)
        app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", self._download)
        self._page.add_routes(app)
        return app

    async def start(self, host: str, port: int) -> str:
        """Listen and return the base URL; port 0 takes any free one.

        Raises: OSError if the port is in use.
        """
        self._stopping = asyncio.Event()
        self.world.updates.open()
        runner = web.AppRunner(
            self.application(), handler_cancellation=True, shutdown_timeout=1.0, access_log=None
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        bound_port = runner.addresses[0][1]
        shown_host = f"[{host}]" if ":" in host else host
        return f"http://{shown_host}:{bound_port}"

    async def stop(self) -> None:
        """Stop listening and end every waiting request; the world stays readable."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        if self._stopping is not None:
            self._stopping.set()
        self.world.updates.close()
        await self._page.close()
        await runner.cleanup()

    async def _date(self, request: web.Request, response: web.StreamResponse) -> None:
        """Date an answer by the clock of this world; aiohttp would take the machine's."""
        response.headers["Date"] = format_datetime(self.world.clock().astimezone(UTC), usegmt=True)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self.token:
                raise ApiError(401, "Unauthorized")
            method = find_method(request.match_info["method"])
            given = await _read_body(request)
        except ApiError as error:
            self._note(request.match_info["method"], {}, str(error.code))
            return _refusal(error)
        fault = self.faults.pick(method, given.get("chat_id"))
        if fault is not None and fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.seconds)
        if fault is not None and fault.kind not in APPLYING:
            return self._reject(request, method, given, fault)
        return await self._carry_out(request, method, given, fault)

    async def _carry_out(
        self, request: web.Request, method: str, given: dict[str, Any], fault: Fault | None
    ) -> web.StreamResponse:
        try:
            params = read_parameters(method, given, strict=self.strict)
            self._check_flood(method, params)
            result = await self._methods.call(method, params)
        except ApiError as error:
            self._note(method, given, f"{error.code} {error.description}")
            return _refusal(error)
        if fault is None or fault.kind is FaultKind.DELAY:
            self._note(method, params, "ok", result)
            return _success(result)
        self._note(method, params, fault.kind.value, result)
        match fault.kind:
            case FaultKind.APPLY_THEN_500:
                return _refusal(ApiError(500, "Internal Server Error"))
            case FaultKind.APPLY_THEN_GARBAGE:
                return web.Response(text=_GARBAGE, content_type="text/html")
            case FaultKind.APPLY_THEN_TRUNCATED:
                whole = _render_success(result)
                return web.Response(text=whole[: len(whole) // 2], content_type="application/json")
            case FaultKind.APPLY_THEN_HANG if self._stopping is not None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(fault.seconds or _HANG_SECONDS):
                        await self._stopping.wait()
        return _cut(request)

    def _reject(
        self, request: web.Request, method: str, given: dict[str, Any], fault: Fault
    ) -> web.StreamResponse:
        self._note(method, given, fault.kind.value)
        match fault.kind:
            case FaultKind.REJECT_429:
                return _refusal(too_many_requests(int(fault.seconds)))
            case FaultKind.REJECT_401:
                return _refusal(ApiError(401, "Unauthorized"))
            case FaultKind.REJECT_409:
                return _refusal(conflict())
            case FaultKind.REJECT_500:
                return _refusal(ApiError(500, "Internal Server Error"))
        return _cut(request)

    def _check_flood(self, method: str, params: dict[str, Any]) -> None:
        if self.flood is None:
            return
        chats = [params["chat_id"]] if "chat_id" in params else []
        wait = self.flood.take(method, chats, asyncio.get_running_loop().time())
        if wait is not None:
            raise too_many_requests(wait)

    def _note(self, method: str, params: dict[str, Any], outcome: str, result: Any = None) -> None:
        at = asyncio.get_running_loop().time()
        applied = outcome == "ok" or outcome.startswith("apply")
        self.ledger.note(Entry(method, params, outcome, applied, at, result))

    async def _download(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self.token:
            return _refusal(ApiError(401, "Unauthorized"))
        fault = self.faults.pick("file", None)
        if fault is not None and fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.seconds)
        elif fault is not None:
            return self._reject_download(request, fault)
        stored = self.world.files.find_path(request.match_info["path"])
        self._note(
            "file", {"path": request.match_info["path"]}, "ok" if stored else "404", stored is not None
        )
        if stored is None:
            return _refusal(ApiError(404, "Not Found"))
        return web.Response(body=stored.content, content_type="application/octet-stream")

    def _reject_download(self, request: web.Request, fault: Fault) -> web.Response:
        self._note("file", {"path": request.match_info["path"]}, fault.kind.value)
        if fault.kind is FaultKind.REJECT_429:
            return _refusal(too_many_requests(int(fault.seconds)))
        if fault.kind is FaultKind.REJECT_500:
            return _refusal(ApiError(500, "Internal Server Error"))
        return _cut(request)


async def _read_body(request: web.Request) -> dict[str, Any]:
    given: dict[str, Any] = dict(request.query)
    if request.method == "GET" or not request.can_read_body:
        return given
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text())
        except (ValueError, RecursionError) as error:
            raise ApiError(400, "Bad Request: can't parse JSON object") from error
        if not isinstance(body, dict):
            raise ApiError(400, "Bad Request: expected a JSON object")
        return given | body
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            mime_type = value.content_type or "application/octet-stream"
            given[name] = Upload(value.filename, mime_type, value.file.read())
        else:
            given[name] = value.decode() if isinstance(value, (bytes, bytearray)) else value
    return given


def _render_success(result: Any) -> str:
    if isinstance(result, list):
        items = (item if isinstance(item, RawJson) else json.dumps(item) for item in result)
        return f'{{"ok": true, "result": [{",".join(items)}]}}'
    return json.dumps({"ok": True, "result": result})


def _success(result: Any) -> web.Response:
    return web.Response(text=_render_success(result), content_type="application/json")


def _refusal(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.retry_after_seconds is not None:
        body["parameters"] = {"retry_after": error.retry_after_seconds}
        headers["Retry-After"] = str(error.retry_after_seconds)
    return web.json_response(body, status=error.code, headers=headers)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)
