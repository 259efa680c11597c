"""The page's web side, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
import pytest

import bot.preview.page as page
from bot.preview.player import Player
from bot.preview.server import LocalBotApi

FOLDER = Path(page.__file__).parent / "page"


async def test_every_file_is_served_and_none_comes_from_elsewhere(
    url: str, http: aiohttp.ClientSession
) -> None:
    files = [path.name for path in FOLDER.iterdir()]
    assert {"index.html", "chat.css", "chat.js", "sample.ogg", "sample.jpg"} <= set(files)
    for name in files:
        async with http.get(f"{url}/static/{name}") as answer:
            assert answer.status == 200
            if not name.endswith(("ogg", "jpg")):
                text = (await answer.text()).replace("http://www.w3.org/", "")
                assert "http://" not in text
                assert "//cdn" not in text
                assert "url(http" not in text
    async with http.get(f"{url}/") as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["..%2Fpage.py", "%2e%2e%2f%2e%2e%2fpage.py", "nothing.js"])
async def test_nothing_outside_the_folder_is_served(url: str, http: aiohttp.ClientSession, name: str) -> None:
    async with http.get(f"{url}/static/{name}") as answer:
        assert answer.status == 404


async def test_another_site_cannot_act_or_listen(
    url: str, http: aiohttp.ClientSession, sabine: Player
) -> None:
    count = len(sabine.messages)
    async with http.post(f"{url}/people/{sabine.id}/text", data='{"text": "a"}') as answer:
        assert answer.status == 415, "a form of another site cannot send application/json"
    assert len(sabine.messages) == count
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(f"{url}/ws", headers={"Origin": "https://evil.example"})


@pytest.mark.parametrize(
    ("deed", "given", "status"),
    [
        ("text", {"text": "  "}, 400),
        ("text", {"text": "x" * 4097}, 400),
        ("text", {}, 400),
        ("edit", {"message_id": 1, "text": "a"}, 400),
        ("fly", {}, 404),
        ("text", {"text": "gut"}, 200),
    ],
)
async def test_deeds_are_checked(
    url: str, http: aiohttp.ClientSession, sabine: Player, deed: str, given: Any, status: int
) -> None:
    async with http.post(f"{url}/people/{sabine.id}/{deed}", json=given) as answer:
        assert answer.status == status


async def test_a_recording_must_be_ogg_with_opus(
    url: str, http: aiohttp.ClientSession, sabine: Player
) -> None:
    headers = {"Content-Type": "audio/ogg"}
    for body, status in ((b"RIFF", 400), ((FOLDER / "sample.ogg").read_bytes(), 200)):
        async with http.post(f"{url}/people/{sabine.id}/voice", data=body, headers=headers) as answer:
            assert answer.status == status
    assert sabine.messages[-1].content["voice"]["duration"] == 3


async def test_the_live_connection_tells_all_and_then_each_change(
    url: str, http: aiohttp.ClientSession, call: Any, sabine: Player, api: LocalBotApi
) -> None:
    async with http.ws_connect(f"{url}/ws") as socket:
        snapshot = await socket.receive_json(timeout=5)
        assert [person["first_name"] for person in snapshot["people"]] == [
            "Ayşe",
            "Omar",
            "Sabine",
            "Grace",
            "Lena",
            "Farida",
            "Selam",
            "Zmarak",
            "Ute",
            "Jan",
        ]
        await call("sendMessage", chat_id=sabine.id, text="a")
        event = await socket.receive_json(timeout=5)
        assert (event["type"], event["message"]["text"], event["message"]["own"]) == ("message", "a", False)
        async with http.post(f"{url}/people", json={"first_name": "Mehmet", "language_code": "tr"}) as answer:
            new_id = (await answer.json())["id"]
        event = await socket.receive_json(timeout=5)
        assert event["person"]["id"] == new_id > 2**31
        await call("setMyName", name="شارك", language_code="ar")
        event = await socket.receive_json(timeout=5)
        omar = event["bots"][str(api.world.person("Omar").id)]
        assert omar["name"] == "شارك"


async def test_documents_are_only_ever_downloaded(
    url: str, http: aiohttp.ClientSession, sabine: Player
) -> None:
    file_id = sabine.sends_document(b"<script>", "a b.html", "text/html").content["document"]["file_id"]
    async with http.get(f"{url}/media/{file_id}") as answer:
        assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a%20b.html"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
