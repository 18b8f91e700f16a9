// The tabs a first visitor sees, one operation each; a tab is named after its operation.
export const examples = [
  {
    query: `# Who refers most?
# measure: COUNT, CONVERTED, VALUE or REACH
query TopReferrers($first: Int) {
  topReferrers(measure: COUNT, first: $first) {
    version
    computedAt
    method
    exact
    items {
      rank
      score
      party {
        __typename
        key
        name
      }
    }
  }
}
`,
    variables: '{ "first": 10 }',
  },
  {
    query: `# One contact's network: everyone within two hops.
query ContactNetwork($key: String!, $hops: Int) {
  contact(key: $key) {
    name
    network(hops: $hops, first: 100) {
      nodes {
        distance
        party {
          __typename
          key
          name
        }
      }
    }
  }
}
`,
    variables: '{ "key": "contact-1", "hops": 2 }',
  },
  {
    query: `# Which swaps are on the table?
# Each party offers what the next one needs.
query TradeOpportunities($maxParties: Int, $first: Int) {
  tradeOpportunities(maxParties: $maxParties, first: $first) {
    items {
      rank
      score
      legs {
        good {
          name
        }
        from {
          name
        }
        to {
          name
        }
      }
    }
  }
}
`,
    variables: '{ "maxParties": 3, "first": 10 }',
  },
];
