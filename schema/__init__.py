"""The GraphQL schema: views of records, relations, filters, mutations and analytics fields."""
