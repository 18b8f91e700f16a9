"""What a commit means, once for every store: merging, checks, cascades, outcomes and the log.

`plan` is a generator without I/O. It yields what it needs to know (`Need`), is sent what the
store found (`Found`), and returns the writes (`Plan`) or raises CommitRejected. A store holds
the tenant's write lock from before the first answer until the plan is written.
"""

from graph.commit.claims import claim_of
from graph.commit.exchange import Between, Claim, Found, Need, Plan
from graph.commit.planning import fingerprint, plan

__all__ = ["Between", "Claim", "Found", "Need", "Plan", "claim_of", "fingerprint", "plan"]
