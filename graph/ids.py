"""Identifiers: new keys, and the global ids that GraphQL shows."""

from __future__ import annotations

import base64
import binascii
import os
import time
import uuid

from graph.errors import BadInput, shown
from graph.model import RECORDS, NodeRef


def new_key() -> str:
    """A fresh key: a UUID of version 7, so that keys made later sort later (RFC 9562)."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (2**48 - 1)) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def global_id(ref: NodeRef) -> str:
    """The id by which Relay clients know a record, over all kinds."""
    return ref.global_id


def from_global_id(text: str) -> NodeRef:
    """The record that a global id names.

    Raises:
        BadInput: the text is not an id of ours.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError):
        raw = ""
    kind, colon, key = raw.partition(":")
    if not colon or kind not in RECORDS or not key:
        raise BadInput(f"{shown(text)} is not an id; take it from an `id` field of an answer")
    return NodeRef(kind, key)
