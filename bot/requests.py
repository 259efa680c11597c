"""What a row of the outbox asks of Telegram: one request, or one and what belongs to it.

Repeating a screen in place changes nothing; a new message can appear twice, which its row accepts. Must
not know when a row is sent, nor what becomes of it.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, assert_never

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, LinkPreviewOptions
from telegram.error import BadRequest, TelegramError

from bot.recordings import NOTHING_RECORDED, Recordings
from bot.transport import Outcome, classify
from storage.sending import ClaimedMessage
from storage.vocabulary import OutboxKind

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True)
class Requests:
    """Makes requests of rows."""

    bot: Bot
    recordings: Recordings = NOTHING_RECORDED
    _sent: dict[tuple[Path, int], str] = field(default_factory=dict, init=False)

    def prepare(self, row: ClaimedMessage) -> Callable[[], Awaitable[int | None]]:
        """Read the body of a row; the result makes the request and returns the id of a new screen.

        Raises: KeyError, TypeError or ValueError where the body is not one of ours.
        """
        body, chat_id = row.body, row.chat_id
        match row.kind:
            case OutboxKind.SCREEN:
                newer = body.get("newer")
                keyboard = _keyboard(body["keyboard"])
                if "unsure" in body and newer is None:  # an unknown copy may lie below: go below that
                    return partial(self._show_below, chat_id, body["text"], keyboard, body["message_id"])
                if body["placement"] == "in_place":
                    old = newer or body["message_id"]
                    return partial(self._show_screen, chat_id, body["text"], keyboard, old)
                return partial(self._show_below, chat_id, body["text"], keyboard, newer)
            case OutboxKind.RETIRE:
                return partial(self._retire, chat_id, body["message_id"])
            case OutboxKind.MESSAGE if "withdraws" in body:
                return partial(self._withdraw, chat_id, int(body["withdraws"]))
            case OutboxKind.MESSAGE if "edits" in body:
                keyboard = _keyboard(body.get("keyboard"))
                return partial(self._edit, chat_id, body["text"], keyboard, int(body["edits"]))
            case OutboxKind.MESSAGE:
                return partial(self._send_text, chat_id, body["text"], _keyboard(body.get("keyboard")))
            case OutboxKind.DOCUMENT if "recording" in body:
                return self._prepare_voice(chat_id, body)
            case OutboxKind.DOCUMENT:
                content = base64.b64decode(body["content_base64"], validate=True)
                file = InputFile(content, filename=body["file_name"])
                return partial(self._send_file, chat_id, file, body.get("caption"))
            case _:
                assert_never(row.kind)

    async def _show_screen(
        self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None, old: int | None
    ) -> int | None:
        if old is not None:
            try:
                await self.bot.edit_message_text(
                    text, chat_id, old, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
                )
                return None
            except BadRequest as error:
                if classify(error) is Outcome.APPLIED:
                    return None
                if classify(error) is not Outcome.GONE:
                    raise
        return await self._send_text(chat_id, text, keyboard)

    async def _show_below(
        self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None, newer: int | None
    ) -> int:
        """Send a new screen, and take the buttons off one that the turn could not know of yet."""
        message_id = await self._send_text(chat_id, text, keyboard)
        if newer is not None:
            with suppress(TelegramError):
                await self._retire(chat_id, newer)
        return message_id

    async def _send_text(self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None) -> int:
        message = await self.bot.send_message(
            chat_id, text, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
        )
        return message.message_id

    async def _edit(
        self, chat_id: int, text: str, keyboard: InlineKeyboardMarkup | None, message_id: int
    ) -> int:
        """Put other words into a message that went out; twice changes nothing more."""
        try:
            await self.bot.edit_message_text(
                text, chat_id, message_id, reply_markup=keyboard, link_preview_options=_NO_PREVIEW
            )
        except BadRequest as error:
            if classify(error) is not Outcome.APPLIED:
                raise
        return message_id

    async def _withdraw(self, chat_id: int, message_id: int) -> int:
        """Take a message back; one that is gone already is taken back too."""
        try:
            await self.bot.delete_message(chat_id, message_id)
        except BadRequest as error:
            if classify(error) is not Outcome.GONE:
                raise
        return message_id

    async def _send_file(self, chat_id: int, file: InputFile, caption: str | None) -> None:
        await self.bot.send_document(chat_id, file, caption=caption)

    def _prepare_voice(self, chat_id: int, body: dict[str, Any]) -> Callable[[], Awaitable[None]]:
        """Find a recording; its sound goes to Telegram once, and after that only its name there."""
        path = self.recordings.find(body["language"], body["recording"])
        if path is None:
            raise ValueError("the recording has been taken away")
        try:
            place = (path, path.stat().st_mtime_ns)
            file = InputFile(path.read_bytes(), filename=path.name)
        except OSError as error:
            raise ValueError("the recording cannot be read") from error
        more: dict[str, Any] = {
            "caption": body["caption"] or None,
            "reply_markup": _keyboard(body["keyboard"]),
        }

        async def send() -> None:
            try:
                message = await self.bot.send_voice(chat_id, self._sent.get(place) or file, **more)
            except BadRequest as error:  # some people have forbidden voice messages, but take files
                if classify(error) is not Outcome.REFUSED:
                    raise
                await self.bot.send_document(chat_id, file, **more)
                return
            if message.voice is not None:  # Telegram turns what is no Opus into a document
                self._sent[place] = message.voice.file_id

        return send

    async def _retire(self, chat_id: int, message_id: int | None) -> None:
        """Take the buttons off a message. None: it has become the current screen again."""
        if message_id is None:
            return
        try:
            await self.bot.edit_message_reply_markup(chat_id, message_id)
        except BadRequest as error:
            if classify(error) is Outcome.UNREACHABLE:
                raise


def _keyboard(rows: list[list[list[str]]] | None) -> InlineKeyboardMarkup | None:
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    )
