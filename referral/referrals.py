"""The referrals of a network that a question is about, and the money that came through each."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from graph.model.words import ReferralStatus
from graph.network import EdgeTable, Network, chosen, gather
from graph.network.csr import Ids, Positions
from graph.network.values import code

CONVERTED = code(ReferralStatus.CONVERTED)
OPEN = (code(ReferralStatus.PENDING), code(ReferralStatus.CONTACTED))

_NEVER = 2


def within(
    referrals: EdgeTable, since: datetime | None = None, until: datetime | None = None
) -> NDArray[np.bool_]:
    """Mask (m,) of the referrals made from `since` on and before `until`.

    A referral of oneself never counts. One without a time counts only where no window is given.

    Raises:
        BadInput: the window ends before it begins.
    """
    return chosen(referrals, since=since, until=until, loops=False)


def value_of_referrals(network: Network) -> Positions:
    """Money in minor units (m,) of the purchases that each referral brought.

    A purchase counts once: for the referral it names; else for a referral of its customer, made
    no later than the purchase (one without a time counts as earlier): the first that converted,
    else the first that is still open. What was lost or has expired brought nothing.

    Time O(p d) for p purchases of customers with d referrals each.
    """
    table, bought = network.edges["Referral"], network.purchases
    value = np.zeros(len(table), np.int64)
    named = bought.referral >= 0
    np.add.at(value, bought.referral[named], bought.amount_minor[named])
    purchase, referral = _candidates(network, np.flatnonzero(~named))
    np.add.at(value, referral, bought.amount_minor[purchase])
    return value


def _candidates(network: Network, purchases: Positions) -> tuple[Positions, Ids]:
    """Those of the purchases that a referral brought, and the referral that did."""
    table, bought = network.edges["Referral"], network.purchases
    starts = table.backward.starts
    customers = bought.customer[purchases]
    entries = gather(starts, customers)
    purchase = np.repeat(purchases, starts[customers + 1] - starts[customers])
    referral = table.backward_edges[entries]
    at = table.columns["at"][referral]
    standing = _standing(table)[referral]
    fits = (standing < _NEVER) & (at <= bought.at[purchase])
    fits &= table.source[referral] != table.target[referral]
    purchase, referral, at, standing = purchase[fits], referral[fits], at[fits], standing[fits]
    order = np.lexsort((referral, at, standing, purchase))
    purchase, referral = purchase[order], referral[order]
    first = np.concatenate((np.ones(min(1, len(purchase)), bool), purchase[1:] != purchase[:-1]))
    return purchase[first], referral[first]


def _standing(referrals: EdgeTable) -> NDArray[np.int8]:
    """0 = converted, 1 = open, 2 = over without success."""
    status = referrals.columns["status"]
    return np.select([status == CONVERTED, np.isin(status, OPEN)], [0, 1], _NEVER).astype(np.int8)


def spent(network: Network) -> Positions:
    """Money in minor units (n,) of all purchases of every customer."""
    total = np.zeros(len(network), np.int64)
    np.add.at(total, network.purchases.customer, network.purchases.amount_minor)
    return total
