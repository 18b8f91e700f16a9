// node server.mjs bolt://user:password@host:port PORT
import { readFileSync } from 'node:fs'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { Neo4jGraphQL } from '@neo4j/graphql'
import neo4j from 'neo4j-driver'

const [, , given, port] = process.argv
const url = new URL(given)
const auth = neo4j.auth.basic(decodeURIComponent(url.username), decodeURIComponent(url.password))
const driver = neo4j.driver(`${url.protocol}//${url.host}`, auth)
const typeDefs = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8')
const schema = await new Neo4jGraphQL({ typeDefs, driver }).getSchema()
const server = new ApolloServer({ schema })
await startStandaloneServer(server, {
  listen: { port: Number(port), host: '127.0.0.1' },
  context: async () => ({ sessionConfig: { database: 'neo4j' } }),
})
