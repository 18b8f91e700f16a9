from __future__ import annotations

from referral.centrality import InfluenceMeasure
from referral.communities import communities
from referral.influencers import influencers
from referral.kernels.warming import kernels, warm
from referral.network_statistics import network_statistics
from referral.party_graph import InfluenceGraph
from referral.top_referrers import ReferrerMeasure, top_referrers
from tests.referral.networks import everything

PARTS = {
    "betweenness._search",
    "bits.lowest",
    "bits.ones",
    "random_paths._draw_middle",
    "random_paths._ring",
    "random_paths._walk",
    "reach._ancestors",
    "searching._collected",
    "searching._mark",
    "searching._ordered",
    "shortest_paths._ring",
}
"""Called by other kernels only, and compiled as parts of them."""


def signatures() -> dict[str, int]:
    return {name: len(kernel.signatures) for name, kernel in kernels()}


def test_every_kernel_is_compiled_ahead() -> None:
    warm()

    cold = {name.removeprefix("referral.kernels.") for name, n in signatures().items() if not n}
    assert cold <= PARTS


def test_analytics_use_only_what_was_compiled_ahead() -> None:
    warm()
    before = signatures()
    asked = everything()

    for measure in InfluenceMeasure:
        for over in InfluenceGraph:
            near = ("c00000",) if measure is InfluenceMeasure.PERSONALIZED else ()
            influencers(
                asked, measure=measure, over=over, weighted=True, near=near, with_communities=True
            )
    for by in ReferrerMeasure:
        top_referrers(asked, measure=by)
    communities(asked)
    network_statistics(asked)

    assert signatures() == before
