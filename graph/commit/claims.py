"""What at most one record may hold at a time."""

from __future__ import annotations

from collections.abc import Mapping

from graph.commit.draft import Draft
from graph.commit.exchange import Claim
from graph.errors import ProblemCode, shown
from graph.model import RECORDS, NodeRef, Record


def claim_of(record: Record) -> str | None:
    """What the record claims for itself alone."""
    return RECORDS[type(record).__name__].claim(record)


def wanted_claims(draft: Draft) -> dict[Claim, list[NodeRef]]:
    """Who will hold each claim of the records written, in the order of the changes."""
    wanted: dict[Claim, list[NodeRef]] = {}
    for ref, record in draft.after.items():
        text = claim_of(record) if record is not None else None
        if text is not None:
            wanted.setdefault((ref.kind, text), []).append(ref)
    return wanted


def check_claims(
    draft: Draft, claims: Mapping[Claim, list[NodeRef]], holders: Mapping[Claim, str]
) -> None:
    """Refuses every claim that another record holds after the commit."""
    for claim, refs in claims.items():
        kind, text = claim
        holder = NodeRef(kind, holders[claim]) if claim in holders else None
        if holder is not None and holder not in refs:
            now = draft.after.get(holder, holder)
            keeps = now is holder or (isinstance(now, Record) and claim_of(now) == text)
            refs = [holder, *refs] if keeps else refs
        elif holder is not None:
            refs = [holder, *(r for r in refs if r != holder)]
        for ref in refs[1:]:
            if ref not in draft.changes:
                continue
            draft.refuse(
                draft.changes[ref][0],
                ProblemCode.ALREADY_CLAIMED,
                f"{ref.kind} {shown(ref.key)}: {RECORDS[kind].claim_message} "
                f"(held by {shown(refs[0].key)})",
                "key",
            )
