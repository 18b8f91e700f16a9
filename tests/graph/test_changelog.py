from graph.changelog import decode_changes, decode_outcomes, encode_changes, encode_outcomes
from graph.model import NodeRef
from graph.store import Action, LoggedChange, Outcome


def test_logged_changes_come_back_as_they_were_written() -> None:
    changes = (
        LoggedChange(Action.CREATED, NodeRef("Contact", '王"小\\明')),
        LoggedChange(
            Action.UPDATED,
            NodeRef("Customer", "c1"),
            before={"name": "旧", "headcount": None, "trust": 0.1, "phones": "[]"},
        ),
        LoggedChange(
            Action.DELETED,
            NodeRef("Referral", "r:1"),
            (NodeRef("Customer", "c1"), NodeRef("Contact", "p1")),
            {"key": "r:1", "at": -(2**62), "status": "LOST"},
        ),
    )

    assert decode_changes(encode_changes(changes)) == changes


def test_no_changes_come_back_as_none() -> None:
    assert decode_changes(encode_changes(())) == ()


def test_outcomes_come_back_as_they_were_written() -> None:
    outcomes = tuple(
        Outcome(NodeRef("Contact", f"王{n}"), action, n) for n, action in enumerate(Action)
    )

    assert decode_outcomes(encode_outcomes(outcomes)) == outcomes


def test_the_largest_amount_survives_the_log() -> None:
    change = LoggedChange(
        Action.UPDATED, NodeRef("Purchase", "p"), before={"amount_minor": 2**63 - 1}
    )

    assert decode_changes(encode_changes((change,))) == (change,)
