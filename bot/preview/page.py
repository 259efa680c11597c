"""The chat page: its files, its live connection and what people do on it.

Serves a browser; changes the world only through what a person can do (player.py). Everything it serves
comes from this folder: nothing is fetched from the internet.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import WSMsgType, web

from bot.preview.clock import ClockDesk, ClockError
from bot.preview.files import is_ogg_opus
from bot.preview.messages import Change
from bot.preview.player import Player
from bot.preview.views import view_change, view_world
from bot.preview.world import World

FOLDER = Path(__file__).parent / "page"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
_HEARTBEAT_SECONDS = 20.0
_MAX_WAITING_EVENTS = 2_000


class Page:
    """The web side of the preview. Without a desk the page has no clock to set."""

    def __init__(self, world: World, clock_desk: ClockDesk | None = None) -> None:
        self._world = world
        self._clock_desk = clock_desk
        self._sockets: set[web.WebSocketResponse] = set()
        self._deeds: dict[str, Callable[[Player, dict[str, Any]], object]] = {
            "start": lambda player, given: player.starts(str(given.get("payload", ""))),
            "text": lambda player, given: player.sends_text(str(given["text"])),
            "edit": lambda player, given: player.edits_text(int(given["message_id"]), str(given["text"])),
            "press": lambda player, given: player.presses(int(given["message_id"]), str(given["data"])),
            "sample-voice": lambda player, given: player.sends_voice((FOLDER / "sample.ogg").read_bytes()),
            "photo": lambda player, given: player.sends_photo((FOLDER / "sample.jpg").read_bytes()),
            "contact": lambda player, given: player.sends_contact(),
            "location": lambda player, given: player.sends_location(),
            "block": lambda player, given: player.blocks(),
            "unblock": lambda player, given: player.unblocks(),
            "clear": lambda player, given: player.clears_chat(),
        }

    def add_routes(self, app: web.Application) -> None:
        """Mount the page and its actions."""
        app.router.add_get("/", self._index)
        app.router.add_get("/static/{name}", self._static)
        app.router.add_get("/media/{file_id}", self._media)
        app.router.add_get("/ws", self._live)
        app.router.add_get("/clock", self._show_clock)
        app.router.add_post("/clock", self._set_clock)
        app.router.add_post("/people", self._add_person)
        app.router.add_post("/people/{id}/voice", self._voice)
        app.router.add_post("/people/{id}/{deed}", self._deed)

    async def close(self) -> None:
        """End every live connection."""
        for socket in list(self._sockets):
            await socket.close(code=1001)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(FOLDER / "index.html", headers=_HEADERS)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = FOLDER / request.match_info["name"]
        if path.parent != FOLDER or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=_HEADERS)

    async def _media(self, request: web.Request) -> web.StreamResponse:
        stored = self._world.files.find(request.match_info["file_id"])
        if stored is None:
            raise web.HTTPNotFound
        headers = dict(_HEADERS)
        if stored.kind == "document":
            name = quote(stored.file_name or "file")
            headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return web.Response(
            body=stored.content, content_type=stored.mime_type.partition(";")[0], headers=headers
        )

    async def _live(self, request: web.Request) -> web.StreamResponse:
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="another site may not read the preview")
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_SECONDS)
        await socket.prepare(request)
        events: asyncio.Queue[Change] = asyncio.Queue(_MAX_WAITING_EVENTS)
        snapshot = view_world(self._world) | self._view_clock()
        stop = self._world.listen(lambda change: None if events.full() else events.put_nowait(change))
        self._sockets.add(socket)
        sender = asyncio.create_task(self._send_events(socket, snapshot, events))
        try:
            async for message in socket:
                if message.type == WSMsgType.ERROR:
                    break
        finally:
            stop()
            sender.cancel()
            self._sockets.discard(socket)
        return socket

    async def _send_events(
        self, socket: web.WebSocketResponse, snapshot: dict[str, Any], events: asyncio.Queue[Change]
    ) -> None:
        await socket.send_json(snapshot)
        while True:
            event = view_change(self._world, await events.get())
            if events.full():  # a browser that fell asleep: it reconnects and starts from a new snapshot
                await socket.close(code=1013)
                return
            if event is not None:
                await socket.send_json(event)

    async def _show_clock(self, request: web.Request) -> web.Response:
        return web.json_response(await self._get_desk().view_plan())

    async def _set_clock(self, request: web.Request) -> web.Response:
        desk = self._get_desk()
        try:
            await desk.carry_out(await _json_body(request))
        except ClockError as error:
            return web.json_response({"problem": str(error), "reason": error.reason}, status=400)
        except web.HTTPBadRequest as error:
            return web.json_response({"problem": error.text, "reason": "unclear"}, status=400)
        self._world.changed("clock", detail=self._view_clock())
        return web.json_response(await desk.view_plan())

    def _get_desk(self) -> ClockDesk:
        if self._clock_desk is None:
            raise web.HTTPNotFound(text="this preview has no clock to set")
        return self._clock_desk

    def _view_clock(self) -> dict[str, Any]:
        return {} if self._clock_desk is None else {"clock": self._clock_desk.view()}

    async def _add_person(self, request: web.Request) -> web.Response:
        given = await _json_body(request)
        name, code = str(given.get("first_name", "")).strip(), str(given.get("language_code", ""))
        if not 1 <= len(name) <= 64 or not _LANGUAGE_CODE.fullmatch(code):
            raise web.HTTPBadRequest(text="a name of 1 to 64 characters and a language code are needed")
        return web.json_response({"id": self._world.invent_person(name, code).id})

    async def _deed(self, request: web.Request) -> web.Response:
        given = await _json_body(request)
        deed = self._deeds.get(request.match_info["deed"])
        if deed is None:
            raise web.HTTPNotFound
        try:
            deed(self._player(request), given)
        except (ValueError, LookupError, TypeError) as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        return web.json_response({"ok": True})

    async def _voice(self, request: web.Request) -> web.Response:
        if request.content_type != "audio/ogg":
            raise web.HTTPUnsupportedMediaType(text="send audio/ogg")
        content = await request.read()
        if not is_ogg_opus(content):
            raise web.HTTPBadRequest(text="a voice message is Ogg with Opus inside")
        self._player(request).sends_voice(content)
        return web.json_response({"ok": True})

    def _player(self, request: web.Request) -> Player:
        try:
            return self._world.person(int(request.match_info["id"]))
        except (KeyError, ValueError) as error:
            raise web.HTTPNotFound(text="nobody with this id") from error


async def _json_body(request: web.Request) -> dict[str, Any]:
    if request.content_type != "application/json":  # keeps forms of other sites out
        raise web.HTTPUnsupportedMediaType(text="send application/json")
    try:
        given = await request.json()
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text="no JSON") from error
    if not isinstance(given, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected")
    return given
