"""The place to which each sealed value is bound: it opens there and nowhere else.

So nobody with access to the database can move a sealed value to another row. The first word,
before the colon, names the column and may stand in a log; the rest may not.
"""

from __future__ import annotations


def contact_chat(contact_id: str) -> str:
    """Name the place of the Telegram id of a contact."""
    return f"contact.chat:{contact_id}"


def session(pseudonym: bytes) -> str:
    """Name the place of the session of a respondent."""
    return f"respondent.session:{pseudonym.hex()}"


def words(pseudonym: bytes, scope: str, step: str) -> str:
    """Name the place of the own words of an answer."""
    return f"answer.words:{pseudonym.hex()}:{scope}:{step}"


def released(pseudonym: bytes, scope: str, step: str) -> str:
    """Name the place of the words that staff have released."""
    return f"answer.released:{pseudonym.hex()}:{scope}:{step}"


def voice_file(voice_id: str) -> str:
    """Name the place of what Telegram announced about a voice message."""
    return f"voice.file:{voice_id}"


def voice_data(voice_id: str) -> str:
    """Name the place of the sound of a voice message."""
    return f"voice.data:{voice_id}"


def staff_state(person_mac: bytes) -> str:
    """Name the place of where a member of the staff stands."""
    return f"staff_state.state:{person_mac.hex()}"


def staff_chat(member_id: str) -> str:
    """Name the place of the Telegram id of a member of the staff."""
    return f"staff_member.chat:{member_id}"


def inbox_body(update_id: int) -> str:
    """Name the place of the body of an update."""
    return f"inbox.body:{update_id}"


def outbox_chat(purpose: str) -> str:
    """Name the place of the chat to which something goes."""
    return f"outbox.chat:{purpose}"


def outbox_body(purpose: str) -> str:
    """Name the place of what goes out."""
    return f"outbox.body:{purpose}"
