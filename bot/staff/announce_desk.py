"""What a turn in the announcements works with: it reads an announcement as a view, and shows its page.

Must not know what a button does (`bot.staff.announce_deeds`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.announcement_pushes import WITHDRAWN_WITHIN
from bot.rendering import Renderer
from bot.showing import message_body
from bot.staff.announce_approval_screens import countdown_screen, request_screen
from bot.staff.announce_progress import follow_up_screen
from bot.staff.announce_screens import draft_screen, list_screen
from bot.staff.announce_state import (
    AnnounceState,
    Ask,
    announce_state_from_json,
    announce_state_to_json,
)
from bot.staff.announce_view import Rules, View
from bot.staff.announce_words import button, say_kind
from bot.staff.area import AreaTurn, Visit
from bot.staff.words import staff_language
from conversations.announcements import Announcement, Audience, Mode
from conversations.screens import Screen
from conversations.texts import Text, text
from storage import announcements, mailings, outbox, readers
from storage.announcements import Draft
from storage.copies import count_sent_since
from storage.outbox import OutboxMessage
from storage.staff_members import Member, Role, list_members
from storage.vocabulary import MailingState, OutboxKind

_NOT_BEGUN = frozenset({MailingState.DRAFT, MailingState.REQUESTED, MailingState.APPROVED})


@dataclass(frozen=True)
class Desk:
    """One turn of a member. `renderer` is that of the staff; `staff_ids` are the ids of the settings."""

    visit: Visit
    rules: Rules
    renderer: Renderer
    staff_ids: frozenset[int]
    _counted: dict[tuple[Audience, Mode], dict[str, int]] = field(default_factory=dict)

    @property
    def state(self) -> AnnounceState | None:
        """What was awaited when the turn began."""
        return announce_state_from_json(self.visit.state)

    @property
    def is_author(self) -> bool:
        """Whether the member may write."""
        return Role.AUTHOR in self.visit.member.roles

    def find(self, number: str) -> Draft | None:
        """Find an announcement by what stands on a button."""
        if not (number.isascii() and number.isdecimal() and len(number) <= len("999999999")):
            return None
        try:
            return announcements.get(self.visit.connection, int(number))
        except announcements.NoSuchAnnouncementError:
            return None

    def view(self, draft: Draft, seen: tuple[str, ...] | None = None) -> View:
        """Read everything that a page of an announcement may show."""
        visit, connection = self.visit, self.visit.connection
        return View(
            draft=draft,
            offered=visit.catalogues.offered,
            fields=visit.content.field_codes,
            rules=self.rules,
            renderer=visit.renderer,
            now=visit.now,
            member_id=visit.member.id,
            is_author=self.is_author,
            is_approver=Role.APPROVER in visit.member.roles,
            counts=self._count(draft.announcement) if draft.state in _NOT_BEGUN else {},
            approvals=announcements.load_approvals(connection, draft.id),
            progress=mailings.load_progress(connection, draft.id),
            seen=self._seen(draft) if seen is None else seen,
        )

    def view_of_sent(self, draft: Draft) -> View:
        """Read what has been sent, and how much of it can still be taken away."""
        since = self.visit.now - WITHDRAWN_WITHIN
        young = count_sent_since(self.visit.connection, draft.id, since)
        return replace(self.view(draft), young=young)

    def list(self, notice: Text | None = None) -> AreaTurn:
        """Show every announcement."""
        drafts = announcements.list_all(self.visit.connection)
        return show(list_screen(drafts, is_author=self.is_author), notice=notice)

    def page(self, draft: Draft, notice: Text | None = None, *, has_news: bool = False) -> AreaTurn:
        """Show the page of an announcement as it stands. Who looks at one on its way sees it go on."""
        view = self.view(draft)
        watching = None
        match draft.state:
            case MailingState.DRAFT:
                screen = draft_screen(view)
            case MailingState.REQUESTED:
                screen = request_screen(view)
            case MailingState.APPROVED:
                screen, watching = countdown_screen(view), draft.id
            case _:
                screen = follow_up_screen(view)
                if not view.is_over and not view.unapproved and notice is None:
                    watching = draft.id
        state = None
        if view.seen and view.unapproved:
            state = AnnounceState(Ask.READ, draft.id, revision=draft.revision, seen=view.seen)
        return show(screen, state, notice, watching=watching, has_news=has_news)

    def call_approvers(self, draft: Draft) -> int:
        """Tell everybody who may approve that something waits, and say how many they are."""
        visit = self.visit
        approvers = [
            member
            for member in self.find_members()
            if Role.APPROVER in member.roles and member.id not in {draft.author, *draft.editors}
        ]
        screen = Screen(
            ((text("staff.ann.waits", number=str(draft.id), kind=say_kind(draft.announcement.kind)),),),
            ((button("staff.ann.btn.look", f"show.{draft.id}"),),),
        )
        for member in approvers:
            rendered = self.renderer.render(screen, staff_language(member.language))
            purpose = f"annask:{draft.id}:{draft.revision}:{member.id}"
            message = OutboxMessage(
                purpose, member.telegram_id, None, OutboxKind.MESSAGE, message_body(rendered)
            )
            outbox.put(visit.connection, visit.keys, message, visit.now)
        return len(approvers)

    def find_members(self) -> tuple[Member, ...]:
        """Find everybody who belongs to the staff now."""
        visit = self.visit
        found = list_members(visit.connection, visit.keys, self.staff_ids, today=visit.now.date())
        return tuple(found)

    def _count(self, written: Announcement) -> dict[str, int]:
        """Count who would get it, once in a turn: that reads everybody."""
        key = (written.audience, written.mode)
        if key not in self._counted:
            self._counted[key] = readers.count_by_language(self.visit.connection, *key)
        return self._counted[key]

    def _seen(self, draft: Draft) -> tuple[str, ...]:
        state = self.state
        if state is None or (state.ask, state.number, state.revision) != (Ask.READ, draft.id, draft.revision):
            return ()
        return state.seen


def show(
    screen: Screen,
    state: AnnounceState | None = None,
    notice: Text | None = None,
    *,
    watching: int | None = None,
    has_news: bool = False,
) -> AreaTurn:
    """Make a turn of a page, with a sentence on top where something has happened."""
    if notice is not None:
        screen = replace(screen, blocks=((notice,), *screen.blocks))
    written = None if state is None else announce_state_to_json(state)
    return AreaTurn(screen, written, watching, has_news)
