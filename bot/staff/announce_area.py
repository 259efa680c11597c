"""The announcements in the staff chat: who may press which button, and what a text answers.

What does not fit the roles of a member, or the state of an announcement, changes nothing and is said in
one sentence. Runs in the transaction of the turn. What buttons do is `bot.staff.announce_buttons`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.rendering import Renderer
from bot.staff import announce_deeds as deeds
from bot.staff.announce_approval_screens import when_screen
from bot.staff.announce_buttons import APPROVING, LOOKING, WRITING, Press
from bot.staff.announce_desk import Desk, show
from bot.staff.announce_screens import decisions_screen, kinds_screen, question_screen
from bot.staff.announce_state import AnnounceState, Ask
from bot.staff.announce_view import Rules
from bot.staff.announce_words import say_state
from bot.staff.area import AreaTurn, Visit
from bot.staff.menu import name_role
from conversations.announcement_templates import AnnouncementKind
from conversations.texts import Text, text
from storage.announcements import (
    ChangedMeanwhileError,
    Draft,
    NoAuthorError,
    SamePersonError,
    WriterGoneError,
    WrongStateError,
)
from storage.staff_members import Role

#: The name of the area.
ANNOUNCEMENTS = "ann"
_KINDS = {kind.value: kind for kind in AnnouncementKind}
_DECISION = "decision"


@dataclass
class AnnounceArea:
    """The area `ann`. `renderer` is that of the staff, `staff_ids` are the ids of the settings.

    `alone_allowed`: whoever wrote an announcement may approve it. `needs_page`: it needs a link to the
    same text on the town's pages.
    """

    renderer: Renderer
    staff_ids: frozenset[int]
    alone_allowed: bool = False
    needs_page: bool = True
    name: str = ANNOUNCEMENTS
    roles: frozenset[Role] = frozenset({Role.AUTHOR, Role.APPROVER})

    def press(self, visit: Visit, argument: str) -> AreaTurn:
        """Do what a button says; one that nobody knows any more shows the list."""
        desk = self._desk(visit)
        verb, _, rest = argument.partition(".")
        if verb in ("new", "kind"):
            return _begin(desk, verb, rest) if desk.is_author else desk.list(_not_allowed(Role.AUTHOR))
        number, _, more = rest.partition(".")
        draft = desk.find(number)
        found = self._find_press(desk, verb)
        if draft is None or found is None:
            return desk.list()
        press, needed = found
        if needed is not None:
            return desk.page(draft, _not_allowed(needed))
        try:
            return press(desk, draft, more)
        except (
            ChangedMeanwhileError,
            WrongStateError,
            SamePersonError,
            NoAuthorError,
            WriterGoneError,
        ) as error:
            return _explain(desk, draft, error)

    def say(self, visit: Visit, words: str) -> AreaTurn:
        """Take a text as the answer to what is asked; where a button is awaited, say so."""
        desk = self._desk(visit)
        state = desk.state
        if state is None:
            return desk.list()
        if state.ask is Ask.KIND:
            return show(kinds_screen(), state, text("staff.ann.wrong.button"))
        draft = desk.find(str(state.number))
        if draft is None:
            return desk.list()
        if not desk.is_author and state.ask is not Ask.READ:
            return desk.page(draft, _not_allowed(Role.AUTHOR))
        try:
            return _answer(desk, state, draft, words)
        except (ChangedMeanwhileError, WrongStateError) as error:
            return _explain(desk, draft, error)

    def repeat(self, visit: Visit, notice: Text) -> AreaTurn:
        """Ask again for what is awaited."""
        desk = self._desk(visit)
        state = desk.state
        draft = None if state is None else desk.find(str(state.number))
        if state is not None and state.ask is Ask.KIND:
            return show(kinds_screen(), state, notice)
        if state is None or draft is None:
            return desk.list(notice)
        if state.ask is Ask.GAP:
            return show(question_screen(desk.view(draft), state), state, notice)
        if state.ask is Ask.WHEN:
            return show(when_screen(desk.view(draft)), state, notice)
        return desk.page(draft, notice)

    def _desk(self, visit: Visit) -> Desk:
        return Desk(visit, Rules(self.alone_allowed, self.needs_page), self.renderer, self.staff_ids)

    def _find_press(self, desk: Desk, verb: str) -> tuple[Press, Role | None] | None:
        """Find what a button does, and the role that the member lacks for it."""
        if verb in WRITING:
            return WRITING[verb], None if desk.is_author else Role.AUTHOR
        if verb in APPROVING:
            is_approver = Role.APPROVER in desk.visit.member.roles
            may = is_approver or (self.alone_allowed and desk.is_author)
            return APPROVING[verb], None if may else Role.APPROVER
        return (LOOKING[verb], None) if verb in LOOKING else None


def _begin(desk: Desk, verb: str, kind: str) -> AreaTurn:
    """Ask what a new announcement is about, then begin it: once, however often it is tapped."""
    state = AnnounceState(Ask.KIND)
    if verb == "new" or (kind != _DECISION and kind not in _KINDS):
        return show(kinds_screen(), state)
    if kind == _DECISION:
        return show(decisions_screen(), state)
    asked = desk.state
    if asked is None or asked.ask is not Ask.KIND:
        return AreaTurn(None, desk.visit.state)
    return deeds.create(desk, _KINDS[kind])


def _answer(desk: Desk, state: AnnounceState, draft: Draft, words: str) -> AreaTurn:
    match state.ask:
        case Ask.GAP:
            return deeds.answer(desk, state, draft, words)
        case Ask.WHEN:
            return deeds.plan(desk, draft, words)
        case _:
            return desk.page(draft, text("staff.ann.wrong.button"))


def _explain(desk: Desk, draft: Draft, error: Exception) -> AreaTurn:
    """Show how an announcement stands, and why nothing was done."""
    current = desk.find(str(draft.id)) or draft
    match error:
        case ChangedMeanwhileError():
            said: Text = text("staff.ann.changed_meanwhile")
        case SamePersonError():
            said = text("staff.ann.same_person")
        case NoAuthorError():
            said = text("staff.ann.no_author")
        case WriterGoneError():
            said = text("staff.ann.writer_gone")
        case _:
            said = text("staff.ann.wrong_state", state=say_state(current))
    return desk.page(current, said)


def _not_allowed(role: Role) -> Text:
    return text(
        "staff.ann.not_allowed",
        staff_role=name_role(role),
    )
