// Bundles the page into ../static: hashed assets, index.html and LICENSES.txt.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

import { build } from 'esbuild';

import { licences } from './licences.js';

const STATIC = '../static';
// Monaco's language services. Entries of the same build, so they share chunks with the page:
// bundled on their own they weigh 0.9 MB more.
const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
};

await rm(STATIC, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: [
    { in: 'main.jsx', out: 'main' },
    { in: 'icon.svg', out: 'icon' },
    ...Object.entries(WORKERS).map(([label, path]) => ({ in: path, out: `${label}.worker` })),
  ],
  outdir: `${STATIC}/assets`,
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  bundle: true,
  format: 'esm',
  splitting: true,
  minify: true,
  metafile: true,
  jsx: 'automatic',
  target: ['chrome109', 'firefox115', 'safari16.4'],
  define: { 'process.env.NODE_ENV': '"production"' },
  alias: {
    // GraphiQL names prettier's CommonJS files, whose named exports an import() does not see.
    'prettier/parser-babel': 'prettier/plugins/babel',
    'prettier/parser-graphql': 'prettier/plugins/graphql',
  },
  loader: { '.svg': 'copy', '.ttf': 'file', '.woff2': 'file' },
  legalComments: 'none', // LICENSES.txt has the whole texts
});

const outputs = Object.entries(metafile.outputs);
const [script, { cssBundle }] = outputs.find(([, { entryPoint }]) => entryPoint === 'main.jsx');
const named = (start) => basename(outputs.find(([path]) => basename(path).startsWith(start))[0]);

// The page's stylesheet holds the styles of its lazy chunks too; nothing loads theirs alone.
const unused = outputs.map(([path]) => path).filter((path) => path.endsWith('.css'));
await Promise.all(unused.filter((path) => path !== cssBundle).map((path) => rm(path)));

const names = {
  icon: named('icon-'),
  script: basename(script),
  style: basename(cssBundle),
  ...Object.fromEntries(Object.keys(WORKERS).map((label) => [label, named(`${label}.worker-`)])),
};
const template = await readFile('index.html', 'utf8');
await writeFile(`${STATIC}/index.html`, template.replace(/\{(\w+)\}/g, (_, name) => names[name]));
await writeFile(`${STATIC}/LICENSES.txt`, await licences(Object.keys(metafile.inputs)));
