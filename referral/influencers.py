"""Who matters most in the graph of referrals, of ties or of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from graph.errors import BadInput, counted
from graph.model.fields import Key, Moment, Text
from graph.model.words import Stage
from graph.network import Network
from graph.network.csr import Ids
from referral.answers import Ranking, ranking
from referral.centrality import InfluenceMeasure, Scored, centrality
from referral.communities import community_numbers
from referral.evidence import PartyRow, places
from referral.kernels.order import best, level
from referral.parties import PartyKind, ids_of_parties
from referral.party_graph import InfluenceGraph, PartyGraph, party_graph
from referral.registry import analytic


@dataclass(frozen=True, slots=True, kw_only=True)
class Influencer(PartyRow):
    """A party that matters, with its place in the graph."""


@analytic()
def influencers(
    network: Network,
    *,
    measure: Annotated[
        InfluenceMeasure, Field(description="What influence is.")
    ] = InfluenceMeasure.PAGERANK,
    over: Annotated[
        InfluenceGraph, Field(description="Along which edges.")
    ] = InfluenceGraph.REFERRALS,
    weighted: Annotated[
        bool, Field(description="Count parallel referrals each, and ties by their strength.")
    ] = False,
    since: Annotated[
        Moment | None,
        Field(description="Only referrals made from this time on, ties that held then or later."),
    ] = None,
    until: Annotated[
        Moment | None,
        Field(description="Only referrals made before this time, ties that held before it."),
    ] = None,
    near_kind: Annotated[
        PartyKind, Field(description="Kind of the parties that PERSONALIZED looks from.")
    ] = PartyKind.CONTACT,
    near: Annotated[
        tuple[Key, ...], Field(max_length=1000, description="Keys of those parties.")
    ] = (),
    region: Annotated[
        Text | None, Field(description="Only parties of that region; scored over all.")
    ] = None,
    industry: Annotated[
        Text | None, Field(description="Only parties of that industry; scored over all.")
    ] = None,
    stage: Annotated[
        Stage | None, Field(description="Only customers at that stage; scored over all.")
    ] = None,
    with_communities: Annotated[
        bool, Field(description="Say for each row which community it belongs to.")
    ] = False,
    first: Annotated[int, Field(ge=1, le=1000, description="Number of rows, 1 to 1,000.")] = 20,
) -> Ranking[Influencer]:
    """Who matters most in the graph of referrals, of ties or of both, by a measure of centrality.

    The graph has every party with at least one such edge; parallel edges count once unless
    `weighted`, loops not at all; ties have no direction, and those that have ended count too, but
    in a window only those that held at some time of it (days not known set no bound). Scores:

    - PAGERANK, above 0 to 1, sum 1: influence flows downstream, so a referred party passes its
      weight on to its referrers (the referral graph reversed); damping 0.85. PERSONALIZED is the
      same with all jumps to the parties in `near`.
    - BETWEENNESS, 0 to 1: share of all ordered pairs of other parties with a shortest path
      through it, along the referrals' direction; weights make no difference.
    - HARMONIC, 0 to k - 1: sum of 1 / distance to every other party, downstream.
    - EIGENVECTOR, 0 to 1, without direction: as its neighbours' together. HITS_HUB and
      HITS_AUTHORITY, 0 to 1, sum 1: who refers to good authorities, who is referred by good hubs.
    - KATZ, from 1: walks downstream, each step worth half of what would have no limit.
    - K_CORE, whole from 1: the greatest k such that it lies in a part where each has k
      neighbours; without direction.
    - BROKERAGE: 1 / Burt's constraint; for neighbours that do not know each other their number,
      less where they do. EFFECTIVE_SIZE, 1 to its degree: neighbours less their redundancy. Both
      without direction, referrals in both directions binding twice.

    Filters choose the rows shown; scores and percentiles are of the whole graph. Ties: scores
    that differ by less than a billionth of themselves are equal, of EIGENVECTOR and HITS also by
    less than 1e-12 of the greatest; then lower kind, then key.

    Time: PAGERANK, HITS, EIGENVECTOR and KATZ O(rounds (k + m)); BETWEENNESS exact O(k m) up to
    4e8 steps, beyond that sampled shortest paths, every score within `errorBound` with
    probability 0.9; HARMONIC O(levels k m / 256); K_CORE O(k + m); BROKERAGE and EFFECTIVE_SIZE
    O(m^1.5). Memory O(k + m).

    Raises:
        BadInput: PERSONALIZED without `near`, another measure with it, or the window ends before
            it begins.
        NotFound: a party of `near` is not there.
        TooExpensive: HARMONIC over more than 1e10 parties times edges.

    References: Page et al. 1999; Brandes 2001, doi:10.1080/0022250X.2001.9990249; Riondato &
    Kornaropoulos 2016, doi:10.1007/s10618-015-0423-0; Boldi & Vigna 2014,
    doi:10.1080/15427951.2013.865686; Batagelj & Zaversnik 2003, arXiv:cs/0310049; Kleinberg 1999,
    doi:10.1145/324133.324140; Bonacich 1987, doi:10.1086/228631; Katz 1953,
    doi:10.1007/BF02289026; Burt 1992, Structural Holes.
    """
    graph = party_graph(network, over, since=since, until=until, weighted=weighted)
    chosen = _chosen(network, graph, measure, near_kind, near)
    scored = centrality(measure, graph, chosen) if graph.size else Scored(np.zeros(0), "no edges")
    shown = np.flatnonzero(_matching(network, region, industry, stage)[graph.nodes])
    levels = level(scored.scores, scored.blur)
    ids = best(levels, shown, first)
    rows = _rows(network, graph, levels, ids, with_communities=with_communities)
    return ranking(
        network, rows, total=len(shown), method=scored.method, error_bound=scored.error_bound
    )


def _chosen(
    network: Network,
    graph: PartyGraph,
    measure: InfluenceMeasure,
    kind: PartyKind,
    keys: tuple[str, ...],
) -> Ids:
    """Numbers in the graph of the parties that PERSONALIZED looks from."""
    if keys and measure is not InfluenceMeasure.PERSONALIZED:
        raise BadInput(
            f"near: {measure} looks at the whole graph; ask for PERSONALIZED, or leave out near"
        )
    if not keys and measure is InfluenceMeasure.PERSONALIZED:
        raise BadInput("near names no party; PERSONALIZED needs the key of at least one")
    numbers = graph.number_of(ids_of_parties(network, kind, keys))
    found = numbers[numbers >= 0]
    if measure is InfluenceMeasure.PERSONALIZED and not len(found):
        raise BadInput(
            f"near: {counted(len(keys), 'party', 'parties')} given, none with an edge in this "
            "graph; "
            "PERSONALIZED needs at least one party with one"
        )
    return found


def _matching(
    network: Network, region: str | None, industry: str | None, stage: Stage | None
) -> NDArray[np.bool_]:
    mask = np.ones(len(network), np.bool_)
    for field, value in (("region", region), ("industry", industry), ("stage", stage)):
        if value is not None:
            mask &= network.nodes.having(field, value)
    return mask


def _rows(
    network: Network,
    graph: PartyGraph,
    levels: NDArray[np.number],
    ids: NDArray[np.int64],
    *,
    with_communities: bool,
) -> list[Influencer]:
    groups = community_numbers(graph) if with_communities and graph.size else None
    found = places(graph.source, graph.target, levels, ids, groups)
    parties = network.nodes.refs(graph.nodes[ids])
    return [
        Influencer(rank=rank, score=float(score), party=party, **place._asdict())
        for rank, (score, party, place) in enumerate(
            zip(levels[ids].tolist(), parties, found, strict=True), 1
        )
    ]
