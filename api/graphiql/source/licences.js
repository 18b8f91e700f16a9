// The licence texts of every package that has a file in the bundle.
import { readdir, readFile } from 'node:fs/promises';

const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)\//g;
const TEXT = /^(licen[cs]e|copying|notice|copyrightnotice|third-?party-?notices)/i;
const COMMENT = /\/\*(?:(?!\*\/)[^])*@licen[cs]e(?:(?!\*\/)[^])*\*\//g;
const HEAD = 'Third-party software in the GraphiQL page, and its licences.';
const INSIDE = `Licence comments of files inside these packages\n${'-'.repeat(72)}`;
const CODICONS = `Codicons, the icon font in monaco-editor (CC-BY-4.0)
${'-'.repeat(72)}

Copyright (c) Microsoft Corporation. https://github.com/microsoft/vscode-codicons
Licensed under https://creativecommons.org/licenses/by/4.0/legalcode, unchanged.`;
const SIBLINGS = {
  '@graphiql/plugin-doc-explorer': '@graphiql/react',
  '@graphiql/plugin-history': '@graphiql/react',
  'react-compiler-runtime': 'react',
  'react-remove-scroll-bar': 'react-remove-scroll',
};

/** The innermost package folder a bundled file lies in; null for our own files. */
function folderOf(input) {
  const last = [...input.matchAll(PACKAGE)].at(-1);
  return last ? input.slice(0, last.index + last[0].length) : null;
}

async function entry(folder) {
  const about = JSON.parse(await readFile(`${folder}package.json`, 'utf8'));
  const files = (await readdir(folder)).filter((name) => TEXT.test(name)).sort();
  const texts = await Promise.all(files.map((name) => readFile(folder + name, 'utf8')));
  return { ...about, texts: texts.map((text) => text.replace(/\r\n?/g, '\n').trim()) };
}

/** A package published without its text takes that of its sibling, of the same authors. */
function withText(about, all) {
  if (about.texts.length) return about;
  const sibling = all.find(({ name }) => name === SIBLINGS[about.name]);
  if (!sibling?.texts.length) {
    throw new Error(`${about.name} has no licence text: name a package that has it in SIBLINGS`);
  }
  return { ...about, texts: sibling.texts };
}

/** Licence comments inside files: code that a package carries from elsewhere. */
async function comments(input) {
  const text = /\.m?js$/.test(input) ? await readFile(input, 'utf8') : '';
  return text.match(COMMENT) ?? [];
}

/** One section for each text, headed by all that stand under it. */
function sections(all) {
  const titles = new Map();
  for (const { name, version, license, texts } of all) {
    const text = texts.join('\n\n');
    titles.set(text, [...(titles.get(text) ?? []), `${name} ${version} (${license})`].sort());
  }
  return [...titles]
    .map(([text, names]) => `${[...new Set(names)].join('\n')}\n${'-'.repeat(72)}\n\n${text}`)
    .sort();
}

/** The whole of LICENSES.txt for the files that went into the bundle. */
export async function licences(inputs) {
  const folders = new Set(inputs.map(folderOf).filter(Boolean));
  const all = await Promise.all([...folders].map(entry));
  const texts = sections(all.map((about) => withText(about, all)));
  const inside = new Set((await Promise.all(inputs.map(comments))).flat());
  return `${[HEAD, ...texts, CODICONS, INSIDE, ...inside].join('\n\n\n')}\n`;
}
