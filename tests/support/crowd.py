"""People who answer a dialogue at their phones, knowing nothing of the bot but its newest screen.

Each looks at the newest message with buttons, decides by a seeded plan, and notes what they did: that
note is what must be stored in the end. They press once. Only when nothing has happened for a while with
the bot up do they repeat what they did last, and that is counted.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from bot.preview.people import Person
from bot.preview.player import Player
from bot.preview.server import LocalBotApi
from conversations.flow import LONE_CODES

LANGUAGES = ("de", "de_LS", "en", "tr", "ar")
FIELDS = ("sprache", "bildung", "arbeit", "wohnen", "werte")
ROLES = ("new_arrival", "settled", "descendant", "resident", "helper", "prefer_not")
#: What may be asked for after a topic is finished.
EXTRAS = ("comment", "needs", "edit", "reword", "profile")
#: Who is patient for so long with the bot up, repeats what they did last. Far above any answer seen.
PATIENCE_SECONDS = 15.0
MAX_TICKS = 2
FIRST_ID = 6_100_000_001

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as the person gave it."""

    codes: tuple[str, ...]
    words: str | None = None
    sound: bytes | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest screen: what identifies it, and its buttons as (label, data)."""

    message_id: int
    text: str
    buttons: tuple[tuple[str, str], ...]

    def is_news(self, before: Seen | None) -> bool:
        """Tell whether this is another screen. A second copy of the one before is none."""
        return before is None or (self.text, self.buttons) != (before.text, before.buttons)

    def find(self, start: str) -> str | None:
        """Find the data of the first button that begins like this."""
        return next((data for _, data in self.buttons if data.startswith(start)), None)


@dataclass
class Visitor:
    """One person: where they want to go, what they have done, and what they gave as answers."""

    player: Player
    rng: random.Random
    language: str
    field_code: str
    role: str
    extras: list[str]
    given: dict[Place, Given] = field(default_factory=dict)
    presses: int = 0
    writings: int = 0
    repeated: int = 0
    finished: bool = False
    _plans: dict[str, list[str]] = field(default_factory=dict)
    _went_back: bool = False
    _written: tuple[int, Place, str] | None = None
    _editing: str | None = None
    _has_ticked: bool = False
    _again: Callable[[], object] = field(default=lambda: None)

    def look(self) -> Seen | None:
        """Look at the newest message with buttons."""
        for message in reversed(self.player.chat.messages):
            if message.is_from_bot and not message.deleted and message.reply_markup:
                buttons = tuple((button["text"], button["callback_data"]) for button in message.buttons)
                if buttons:
                    return Seen(message.message_id, message.text, buttons)
        return None

    def begin(self) -> None:
        """Open the chat, some by the link on a poster."""
        link = f"{self.field_code}-plakat7" if self.rng.random() < 0.3 else ""
        self._do(lambda: self.player.starts(link))

    def act(self, seen: Seen) -> None:
        """Do the next thing on this screen."""
        answer = seen.find("q:")
        if answer is not None:
            self._answer(seen, answer.split(":")[3])
        else:
            self._leave_sheet(seen)

    def do_again(self) -> None:
        """Repeat what was done last, as somebody does who believes that it got lost."""
        self.repeated += 1
        self._again()

    async def live(self, wait_for_news: Callable[[Visitor, Seen | None], Awaitable[Seen]]) -> None:
        """Go through the dialogue to its end."""
        self.begin()
        seen: Seen | None = None
        while not self.finished:
            seen = await wait_for_news(self, seen)
            self.act(seen)

    def _do(self, deed: Callable[[], object]) -> None:
        self._again = deed
        deed()

    def _press(self, seen: Seen, data: str) -> None:
        self.presses += 1
        self.player.presses(seen.message_id, data)
        self._again = lambda: self.player.presses((self.look() or seen).message_id, data)

    def _leave_sheet(self, seen: Seen) -> None:
        """Press the way on of a page that is no question."""
        wishes = (
            f"m:lang:{self.language}",
            "m:say",
            "m:agree",
            "m:resume:",
            f"m:field:{self.field_code}",
            "m:profgo",
            "m:question",
        )
        review = seen.find(f"m:review:{self.field_code}")
        if seen.find("m:msgyes") is not None:
            self._press(seen, seen.find(self.rng.choice(("m:msgyes", "m:msgno"))) or "")
        elif (no := seen.find("m:fno:")) is not None:
            self._follow(seen, no)
        elif review is not None and seen.find("m:comment:") is not None:
            self._leave_thanks(seen, review)
        elif seen.find("m:edit:") is not None:
            self._leave_review(seen)
        else:
            found = next((data for wish in wishes if (data := seen.find(wish)) is not None), None)
            assert found is not None, f"no way on from {seen}"
            self._press(seen, found)

    def _follow(self, seen: Seen, no: str) -> None:
        """Say no to hearing about themes, or tick one and say yes."""
        if self._has_ticked:
            self._press(seen, seen.find("m:fyes:") or "")
        elif (tick := seen.find("m:ftick:")) is not None and self.rng.random() < 0.5:
            self._has_ticked = True
            self._press(seen, tick)
        else:
            self._press(seen, no)

    def _leave_thanks(self, seen: Seen, review: str) -> None:
        while self.extras:
            extra = self.extras.pop(0)
            if extra == "edit":
                self._editing = next(
                    (f"{scope}.{step}" for scope, step in self.given if step.endswith("_important")), None
                )
                self._press(seen, review)
                return
            if extra == "reword":
                if self._reword():
                    return
                continue
            data = seen.find(f"m:{extra}")
            if data is not None:
                self._press(seen, data)
                return
        self.finished = True

    def _reword(self) -> bool:
        """Edit the text sent last, as long as it is the answer. False: it no longer is, or never was."""
        if self._written is None or self.given[self._written[1]].words != self._written[2]:
            return False
        message_id, place, _ = self._written
        words = f"{self._words()} (besser gesagt)"
        self.given[place] = Given(self.given[place].codes, words)
        self.writings += 1
        self._do(lambda: self.player.edits_text(message_id, words))
        return True

    def _leave_review(self, seen: Seen) -> None:
        edit = None if self._editing is None else seen.find(f"m:edit:{self._editing}")
        self._editing = None
        self._press(seen, edit or seen.find("m:thanks:") or "")

    def _answer(self, seen: Seen, step: str) -> None:
        place = (self._scope(step), step)
        options = [data.split(":")[4] for _, data in seen.buttons if data.startswith("q:")]
        codes = [code for code in options if not code.startswith("_")]
        if "_yes" in options:
            self._press(seen, seen.find(f"{_head(seen)}:_yes") or "")
        elif "_done" in options:
            self._tick(seen, place, codes)
        elif not codes:
            self._open(seen, place)
        elif self._may_go_back(step, options):
            self._went_back = True
            self._press(seen, f"{_head(seen)}:_back")
        else:
            self._choose(seen, place, codes)

    def _choose(self, seen: Seen, place: Place, codes: list[str]) -> None:
        step = place[1]
        head = _head(seen)
        luck = self.rng.random()
        if step == "prof_role":
            code = self.role
        elif luck < 0.07 and place not in self.given:
            self.given[place] = Given(("_skip",))
            self._press(seen, f"{head}:_skip")
            return
        elif luck < 0.16 and "own" in codes:
            words = self._words()
            self.given[place] = Given(("own",), words)
            self._write(words, place)
            return
        elif luck < 0.30 and "own" in codes:
            code = "own"
        elif step.endswith("_forum"):
            code = "invite" if "needs" in self.extras else self.rng.choice(codes)
        else:
            code = self.rng.choice(codes)
        self._note_choice(place, (code,))
        self._press(seen, f"{head}:{code}")

    def _tick(self, seen: Seen, place: Place, codes: list[str]) -> None:
        """Set the marks planned for this question one after the other, then press "done"."""
        step = place[1]
        ticked = [data.split(":")[4] for _, data in seen.buttons if data.endswith(":0")]
        if step not in self._plans:
            self._plans[step] = self._plan(codes, self.given.get(place))
        plan = self._plans[step]
        for code in ticked:
            if code not in plan:
                self._press(seen, f"{_head(seen)}:{code}:0")
                return
        for code in plan:
            if code not in ticked:
                self._press(seen, f"{_head(seen)}:{code}:1")
                return
        self._note_choice(place, tuple(self._plans.pop(step)))
        self._press(seen, f"{_head(seen)}:_done")

    def _plan(self, codes: list[str], earlier: Given | None) -> list[str]:
        """Choose what to mark, in the order in which the marks will have been set."""
        lone = [code for code in codes if code in LONE_CODES]
        if lone and self.rng.random() < 0.1:
            return lone[:1]
        plain = [code for code in codes if code not in LONE_CODES]
        chosen = self.rng.sample(plain, self.rng.randint(1, MAX_TICKS))
        kept = [code for code in (() if earlier is None else earlier.codes) if code in chosen]
        return kept + [code for code in chosen if code not in kept]

    def _note_choice(self, place: Place, codes: tuple[str, ...]) -> None:
        """Note chosen options. Words or sound given earlier for the option `own` stay with it."""
        earlier = self.given.get(place)
        if "own" in codes and earlier is not None and "own" in earlier.codes:
            self.given[place] = Given(codes, earlier.words, earlier.sound)
        else:
            self.given[place] = Given(codes)

    def _open(self, seen: Seen, place: Place) -> None:
        """Write or speak, where there are no options: an open question, or the words behind `own`."""
        earlier = self.given.get(place)
        is_own = earlier is not None and "own" in earlier.codes
        luck = self.rng.random()
        if is_own and luck < 0.2:
            self._press(seen, f"{_head(seen)}:_skip")
        elif luck < 0.5:
            sound = make_voice(self.rng)
            self.given[place] = Given(earlier.codes if is_own and earlier else ("voice",), None, sound)
            self.writings += 1
            self._do(lambda: self.player.sends_voice(sound))
        else:
            words = self._words()
            self.given[place] = Given(earlier.codes if is_own and earlier else ("text",), words)
            self._write(words, place)

    def _write(self, words: str, place: Place) -> None:
        self.writings += 1

        def write() -> None:
            self._written = (self.player.sends_text(words).message_id, place, words)

        self._do(write)

    def _may_go_back(self, step: str, options: list[str]) -> bool:
        wants = not self._went_back and "_back" in options and self.rng.random() < 0.1
        return (
            wants
            and self._scope(step) == self.field_code
            and any(scope == self.field_code for scope, _ in self.given)
        )

    def _scope(self, step: str) -> str:
        if step == "forum_needs":
            return f"forum_{self.field_code}"
        return "profile" if step.startswith("prof_") else self.field_code

    def _words(self) -> str:
        subjects = ("Der Bus", "Die Schule", "Das Amt", "ألمانيا", "Göppingen’de", "Our street")
        wishes = ("braucht mehr Zeit", "fehlt abends", "is too far", "çok iyi", "ممتاز", "😀 gefällt mir")
        return f"{self.rng.choice(subjects)} {self.rng.choice(wishes)} {self.rng.randrange(10**6)}"


def make_crowd(api: LocalBotApi, count: int, seed: int) -> list[Visitor]:
    """Let people come into being who differ in language, field, role, way and wishes."""
    visitors = []
    for number in range(count):
        rng = random.Random(f"{seed}:{number}")
        language = LANGUAGES[number % len(LANGUAGES)]
        app = {"de_LS": "de"}.get(language, language)
        player = api.world.add_person(Person(FIRST_ID + number, f"Person{number}", None, app))
        visitors.append(
            Visitor(
                player=player,
                rng=rng,
                language=language,
                field_code=FIELDS[(number // len(LANGUAGES) + number) % len(FIELDS)],
                role=ROLES[number % len(ROLES)],
                extras=rng.sample(EXTRAS, rng.randint(0, 3)),
            )
        )
    return visitors


def make_voice(rng: random.Random, seconds: int = 3) -> bytes:
    """Make a short Opus stream in Ogg whose sound nobody could listen to, each time another one."""

    def page(flags: int, granule: int, body: bytes) -> bytes:
        sizes = bytes([255] * (len(body) // 255) + [len(body) % 255])
        head = b"OggS\0" + bytes([flags]) + granule.to_bytes(8, "little", signed=True) + b"voic"
        return head + bytes(8) + bytes([len(sizes)]) + sizes + body

    opening = b"OpusHead\x01\x01" + (312).to_bytes(2, "little") + (48_000).to_bytes(4, "little") + bytes(3)
    sound = page(4, seconds * 48_000 + 312, rng.randbytes(200))
    return page(2, 0, opening) + page(0, 0, b"OpusTags" + bytes(8)) + sound


async def answer_in_turn(visitors: Iterable[Visitor], pump: Callable[[], Awaitable[None]]) -> None:
    """Let everybody do one thing, let the bot answer, and so on, until all have finished."""
    crowd = list(visitors)
    for visitor in crowd:
        visitor.begin()
    seen: dict[int, Seen | None] = {}
    while any(not visitor.finished for visitor in crowd):
        await pump()
        for visitor in crowd:
            if visitor.finished:
                continue
            now = visitor.look()
            assert now is not None, "there is no screen"
            assert now.is_news(seen.get(visitor.player.id)), f"stuck at {now}"
            seen[visitor.player.id] = now
            visitor.act(now)
    await pump()


def _head(seen: Seen) -> str:
    data = seen.find("q:") or ""
    return ":".join(data.split(":")[:4])
