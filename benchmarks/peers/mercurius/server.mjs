// node server.mjs world.json PORT: the data of the file in memory, batched by mercurius's loaders
import { readFileSync } from 'node:fs'
import fastify from 'fastify'
import mercurius from 'mercurius'

const [, , file, port] = process.argv
const { contacts, organizations, ties, affiliations } = JSON.parse(readFileSync(file, 'utf8'))

const schema = `
  type Query { contact(key: String!): Contact }
  type Contact { key: String! name: String! region: String sex: String
    ties(first: Int = 20): Ties affiliations(first: Int = 20): Affiliations }
  type Ties { totalCount: Int! edges: [Tie!]! }
  type Tie { kind: String! since: String node: Contact! }
  type Affiliations { totalCount: Int! edges: [Affiliation!]! }
  type Affiliation { title: String node: Organization! }
  type Organization { key: String! name: String! kind: String! }`

const page = (edges, { first }, nodes) => ({
  totalCount: edges.length,
  edges: edges.slice(0, first).map(({ node, ...edge }) => ({ ...edge, node: nodes[node] })),
})
const opts = { cache: false }
const loaders = {
  Contact: {
    ties: {
      opts,
      loader: async (asked) => asked.map(({ obj, params }) => page(ties[obj.key], params, contacts)),
    },
    affiliations: {
      opts,
      loader: async (asked) =>
        asked.map(({ obj, params }) => page(affiliations[obj.key], params, organizations)),
    },
  },
}
const resolvers = { Query: { contact: (_, { key }) => contacts[key] ?? null } }

const app = fastify()
app.register(mercurius, { schema, resolvers, loaders, jit: 1 })
await app.listen({ port: Number(port), host: '127.0.0.1' })
