"""The keys: how a person is found, and how what they said is kept closed.

Three keys lie in one file outside the data folder. `contact` finds and reaches people.
`respondent` gives the pseudonym under which they answer, and seals where they stand; it is
destroyed at the freeze date, after which nobody can tell whose answer is whose. `words`
seals free text and voice, which staff still have to read after that date. Every purpose
has a subkey of its own (HKDF). This module must not know a
table, nor where keys come from: that is `storage.keys`.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: Length of each key: AES-256, and the block that HMAC-SHA256 gives.
KEY_BYTES = 32
#: Nonce of AES-GCM, NIST SP 800-38D §5.2.1.1.
NONCE_BYTES = 12
#: First byte of everything sealed, so that the form can change one day.
SEAL_FORM = b"\x01"

_Subkey = TypeVar("_Subkey", bytes, AESGCM)


class SealBrokenError(Exception):
    """Something sealed cannot be opened: another key, another place, or it was changed."""


class KeyDestroyedError(Exception):
    """The respondent key has been destroyed: nobody's answers can be found any more."""


@dataclass(frozen=True, repr=False, eq=False, slots=True)
class KeyRing:
    """The subkeys in memory. Made by `ring_from_keys` or read by `storage.keys`."""

    _person: bytes
    _contact_seal: AESGCM
    _words_seal: AESGCM
    _pseudonym: bytes | None
    _mark: bytes | None
    _session_seal: AESGCM | None

    def __repr__(self) -> str:
        return "KeyRing(…)"

    @property
    def can_find_respondents(self) -> bool:
        """Whether the respondent key still exists."""
        return self._pseudonym is not None

    def person_mac(self, telegram_id: int) -> bytes:
        """Compute under what a person, or their chat, is found in the contact world."""
        return hmac.digest(self._person, str(telegram_id).encode(), "sha256")

    def pseudonym(self, telegram_id: int) -> bytes:
        """Compute the pseudonym of a person in the respondent world.

        Raises: KeyDestroyedError after the freeze date.
        """
        return hmac.digest(_existing(self._pseudonym), str(telegram_id).encode(), "sha256")

    def message_mark(self, telegram_id: int, message_id: int) -> str:
        """Compute the mark of a message, by which a later edit finds its answer.

        Raises: KeyDestroyedError after the freeze date.
        """
        marked = f"{telegram_id}:{message_id}".encode()
        return hmac.digest(_existing(self._mark), marked, "sha256")[:16].hex()

    def seal_contact(self, plain: bytes, context: str) -> bytes:
        """Seal a value of the contact world. It opens in the same context only."""
        return _seal(self._contact_seal, plain, context)

    def open_contact(self, sealed: bytes, context: str) -> bytes:
        """Open what `seal_contact` sealed. Raises: SealBrokenError."""
        return _open(self._contact_seal, sealed, context)

    def seal_respondent(self, plain: bytes, context: str) -> bytes:
        """Seal words or voice of the respondent world. They open after the freeze date too."""
        return _seal(self._words_seal, plain, context)

    def open_respondent(self, sealed: bytes, context: str) -> bytes:
        """Open what `seal_respondent` sealed. Raises: SealBrokenError."""
        return _open(self._words_seal, sealed, context)

    def seal_session(self, plain: bytes, context: str) -> bytes:
        """Seal where a respondent stands. Nobody can open it after the freeze date."""
        return _seal(_existing(self._session_seal), plain, context)

    def open_session(self, sealed: bytes, context: str) -> bytes:
        """Open what `seal_session` sealed. Raises: SealBrokenError, KeyDestroyedError."""
        return _open(_existing(self._session_seal), sealed, context)


def ring_from_keys(*, contact: bytes, words: bytes, respondent: bytes | None) -> KeyRing:
    """Derive the subkeys. Without a `respondent` key no answers can be found any more.

    Raises: ValueError where a key is not 32 bytes long or two are the same.
    """
    given = [key for key in (contact, words, respondent) if key is not None]
    if any(len(key) != KEY_BYTES for key in given):
        raise ValueError(f"each key must be {KEY_BYTES} bytes long")
    if len(set(given)) != len(given):
        raise ValueError("each key must be different from the others")
    return KeyRing(
        _person=_derive(contact, "contact.person"),
        _contact_seal=AESGCM(_derive(contact, "contact.seal")),
        _words_seal=AESGCM(_derive(words, "words.seal")),
        _pseudonym=None if respondent is None else _derive(respondent, "respondent.pseudonym"),
        _mark=None if respondent is None else _derive(respondent, "respondent.mark"),
        _session_seal=None if respondent is None else AESGCM(_derive(respondent, "respondent.session")),
    )


def _derive(key: bytes, purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"mitreden.{purpose}".encode())
    return derivation.derive(key)


def _existing(subkey: _Subkey | None) -> _Subkey:
    if subkey is None:
        raise KeyDestroyedError("The respondent key has been destroyed.")
    return subkey


def _seal(cipher: AESGCM, plain: bytes, context: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return SEAL_FORM + nonce + cipher.encrypt(nonce, plain, context.encode())


def _open(cipher: AESGCM, sealed: bytes, context: str) -> bytes:
    nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != SEAL_FORM or len(nonce) != NONCE_BYTES:
        raise SealBrokenError(f"Something sealed as {context.partition(':')[0]} cannot be opened.")
    try:
        return cipher.decrypt(nonce, body, context.encode())
    except InvalidTag:
        raise SealBrokenError(f"Something sealed as {context.partition(':')[0]} cannot be opened.") from None
