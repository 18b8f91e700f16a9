from graph.errors import FieldProblem, Problem, ProblemCode
from graph.model import Veto
from graph.store import Bar, Delete, Upsert
from tests.graph.commit.records import contact, market, only, ref, refused
from tests.graph.ledger import Ledger

A, B = ref("Contact", "a"), ref("Contact", "b")
LASTING = Bar(
    "Veto",
    frozenset({(A, B), (B, A)}),
    lambda veto: FieldProblem("name", f"{veto.key} stands") if veto.until is None else None,
)


def two(*vetoes: str) -> Ledger:
    return Ledger([contact("a"), contact("b"), *(Veto(key=v, source=B, target=A) for v in vetoes)])


def barred() -> Upsert:
    return Upsert("Contact", "a", {"name": "new"}, bars=(LASTING,))


def test_an_edge_that_stands_against_a_change_refuses_it() -> None:
    problem = only(refused(two("v"), barred()))

    assert problem == Problem(0, ProblemCode.ILLEGAL_STEP, "v stands", "name")


def test_of_several_edges_the_one_of_lowest_key_is_told_of() -> None:
    assert only(refused(two("w", "u"), barred())).message == "u stands"


def test_an_edge_counts_as_it_will_be() -> None:
    made = Upsert("Veto", "v", {"source": A, "target": B})

    assert only(refused(two(), barred(), made)).message == "v stands"
    assert two("v").commit([barred(), Delete("Veto", "v")]).updated != ()


def test_edges_between_others_and_of_other_kinds_do_not_matter() -> None:
    ledger = market()
    elsewhere = Bar("Veto", frozenset({(A, B)}), lambda _: FieldProblem("name", "stands"))

    made = ledger.commit([Upsert("Contact", "a", {"name": "new"}, bars=(elsewhere,))])

    assert [record.key for record in made.updated] == ["a"]


def test_a_change_refused_already_is_told_of_once() -> None:
    late = Upsert("Contact", "a", {"name": "new"}, expected_revision=9, bars=(LASTING,))

    assert only(refused(two("v"), late)).code is ProblemCode.REVISION_CONFLICT
