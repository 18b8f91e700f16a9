// The tabs a first visitor sees, one operation each; a tab is named after its operation.
// They run on the demo data as they stand (tests/api/test_examples.py).
export const examples = [
  {
    query: `# Who refers most?
# measure: COUNT, CONVERTED, VALUE or REACH
query TopReferrers($measure: ReferrerMeasure = REACH, $first: Int = 10) {
  topReferrers(measure: $measure, first: $first) {
    version
    computedAt
    method
    exact
    items {
      rank
      score
      referralsMade
      converted
      value
      reach
      party {
        __typename
        key
        name
      }
    }
  }
}
`,
    variables: '{ "measure": "REACH", "first": 10 }',
  },
  {
    query: `# One contact's network: everyone within two hops, and what joins them.
query ContactNetwork($key: String!, $hops: Int = 2) {
  contact(key: $key) {
    name
    network(hops: $hops, first: 50) {
      total
      nodes {
        distance
        party {
          __typename
          key
          name
        }
      }
      edges {
        kind
        source {
          name
        }
        target {
          name
        }
      }
    }
  }
}
`,
    variables: '{ "key": "contact-139", "hops": 2 }',
  },
  {
    query: `# Which swaps are on the table?
# Each party of a circle offers what the next one needs.
query TradeOpportunities($maxParties: Int = 3, $first: Int = 10) {
  tradeOpportunities(maxParties: $maxParties, first: $first) {
    total
    items {
      rank
      value
      legs {
        giver {
          name
        }
        good {
          name
        }
        value
        receiver {
          name
        }
      }
    }
  }
}
`,
    variables: '{ "maxParties": 3, "first": 10 }',
  },
  {
    query: `# Record a referral, and its target if we do not know him yet.
# Run it twice: one party has one open referral at a time.
mutation RecordReferral($referrer: RecordRef!) {
  upsertContacts(input: { contacts: [{ key: "wang-xiaoming", name: "王小明" }] }) {
    outcomes {
      key
      action
    }
  }
  recordReferral(
    input: { source: $referrer, target: { kind: CONTACT, key: "wang-xiaoming" } }
  ) {
    referral {
      key
      status
      at
    }
    version
    errors {
      code
      field
      message
    }
  }
}
`,
    variables: '{ "referrer": { "kind": "CONTACT", "key": "contact-139" } }',
  },
];
