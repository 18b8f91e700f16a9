// The GraphiQL page: one fetcher for our own endpoint, our examples as the first tabs.
import './fonts.css';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';

import { createGraphiQLFetcher, createLocalStorage } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createRoot } from 'react-dom/client';

import { examples } from './examples.js';

const container = document.getElementById('graphiql');
const { endpoint: path, editorWorker, graphqlWorker, jsonWorker } = container.dataset;

const workers = { graphql: graphqlWorker, json: jsonWorker };
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(workers[label] ?? editorWorker, { type: 'module' }),
};

const endpoint = new URL(path, document.baseURI);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === 'https:' ? 'wss:' : 'ws:';

const fetcher = createGraphiQLFetcher({
  url: endpoint.href,
  subscriptionUrl: socket.href, // graphql-transport-ws
  enableIncrementalDelivery: false, // the server answers with JSON, never with multipart
});

const storage = createLocalStorage({ namespace: 'renmai' });
const firstVisit = storage.getItem('graphiql:tabState') === null;

// A link such as /graphql?query=... opens the query beside the reader's other tabs.
const link = new URLSearchParams(window.location.search);
const linked = link.get('query') && {
  query: link.get('query'),
  variables: link.get('variables') ?? '',
};
const tabs = linked ? [linked, ...examples] : examples;
const opened = firstVisit ? tabs[0] : linked; // else the tab that was open last

createRoot(container).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    defaultTabs={tabs}
    initialQuery={opened?.query}
    initialVariables={opened?.variables}
    defaultEditorToolsVisibility="variables"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>renmai</GraphiQL.Logo>
  </GraphiQL>,
);
