#!/usr/bin/env node
// Writes plain.txt anew from a registry of npm.
//
//     npm install semver && node read_registry.mjs REGISTRY NAMES
//
// NAMES is a file with the names that are looked up, one on a line; whatever they depend on is looked up too. A package is
// plain where neither it nor anything that it depends on, each in the newest version that npm would take, runs a script
// when it is installed, has a binding to compile, or starts a program that the whole image of Node.js has and the slim one
// has not. verified.txt lists those of which somebody knows that they do so only where a user asks for it, or can do without;
// needing.txt those that need something of the system, or that only call a compiler.

import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import semver from "semver";

const [registry, list] = process.argv.slice(2);
const here = new URL(".", import.meta.url);
const words = (file) => readFileSync(file, "utf8").split(/\s+/).filter(Boolean);
const verified = new Set(words(new URL("verified.txt", here)));
const needing = new Set(words(new URL("needing.txt", here)));

const BIG = 8e6;
const STARTS =
  /(?:spawn|exec|execFile|execSync|spawnSync|execFileSync|execa|execaCommand|which|sync|run|command)\(\s*['"`](git|hg|svn|curl|wget|convert|identify|mogrify|magick|ps|pgrep|pkill|top|free|uptime|unzip|gpg|python|python3|python2|make|cmake|gcc|g\+\+|cc|ssh|scp|file|patch|node-gyp|fc-list|mysql_config|pg_config)[\s'"`]/;
const NOT_RUN = /^[^/]*\/(.*\/)?(test|tests|__tests__|examples?|docs?|benchmarks?|scripts?)\//;
// What names that start so stand for is known without a look.
const STARTS_OF_PLAIN = /^@(types|babel|typescript-eslint|eslint|tsconfig|testing-library)\/|^eslint-(config|plugin)-/;

async function get(address, headers = {}) {
  for (let attempt = 1; attempt <= 4; attempt++) {
    try {
      const answer = await fetch(address, { headers });
      if (answer.ok) return answer;
      if (answer.status === 404) return null;
    } catch {}
    await new Promise((done) => setTimeout(done, 1000 * attempt));
  }
  return null;
}

async function each(items, work, workers = 20) {
  const all = [...items];
  let next = 0;
  const loop = async () => {
    while (next < all.length) await work(all[next++]);
  };
  await Promise.all(Array.from({ length: workers }, loop));
}

/** Of each package, `latest` and what its versions need. */
const packages = new Map();

async function read(name) {
  const answer = await get(`${registry}/${name.replace("/", "%2f")}`, { Accept: "application/vnd.npm.install-v1+json" });
  const found = answer && (await answer.json());
  const versions = {};
  for (const [version, one] of Object.entries(found?.versions ?? {})) {
    const { preinstall, install, postinstall } = one.scripts ?? {};
    const hasScript = Boolean(one.hasInstallScript || one.gypfile || preinstall || install || postinstall);
    const needs = Object.entries({ ...one.dependencies, ...one.optionalDependencies }).map(([alias, range]) => {
      const other = /^npm:(@?[^@]+)(?:@(.*))?$/.exec(range);
      return other ? [other[1], other[2] ?? ""] : [alias, range];
    });
    const elsewhere =
      (one.os && !one.os.includes("linux") && !one.os.some((os) => os.startsWith("!"))) ||
      (one.libc && !one.libc.includes("glibc"));
    versions[version] = { needs, hasScript, elsewhere, tarball: one.dist?.tarball, size: one.dist?.unpackedSize };
  }
  packages.set(name, { latest: found?.["dist-tags"]?.latest, versions });
}

const picked = new Map();

function pick(name, range) {
  const key = `${name} ${range}`;
  if (!picked.has(key)) {
    const { latest, versions } = packages.get(name) ?? { versions: {} };
    const isLatest = latest && (["", "*", "latest"].includes(range) || semver.satisfies(latest, range));
    picked.set(key, isLatest ? latest : semver.maxSatisfying(Object.keys(versions), range));
  }
  return picked.get(key);
}

/** Reads all names, and all that they depend on. */
async function follow(names) {
  let front = names.map((name) => [name, ""]);
  const seen = new Set(front.map(String));
  while (front.length > 0) {
    await each(new Set(front.map(([name]) => name).filter((name) => !packages.has(name))), read);
    const found = front.flatMap(([name, range]) => packages.get(name).versions[pick(name, range)]?.needs ?? []);
    front = found.filter((need) => !seen.has(String(need)) && seen.add(String(need)));
    console.error(packages.size, "packages,", front.length, "more");
  }
}

/** The versions that a package brings along, with itself; `null` where one is not known. */
function closure(root) {
  const seen = new Map();
  const todo = [[root, ""]];
  while (todo.length > 0) {
    const [name, range] = todo.pop();
    const version = pick(name, range);
    const one = packages.get(name)?.versions[version];
    if (!one) return null;
    if (one.elsewhere || seen.has(`${name}@${version}`)) continue;
    seen.set(`${name}@${version}`, { name, ...one });
    todo.push(...one.needs);
  }
  return seen;
}

/** Whether the files of a version are to be compiled, or start programs. Those too large to look at may. */
async function usesSystem({ tarball, size }) {
  const answer = tarball && !(size > BIG) && (await get(tarball));
  if (!answer) return true;
  const archive = gunzipSync(Buffer.from(await answer.arrayBuffer()));
  for (let at = 0; at + 512 <= archive.length; ) {
    const text = (from, to) => archive.toString("latin1", at + from, at + to).replace(/\0.*$/s, "");
    const name = text(0, 100);
    const length = parseInt(text(124, 136).trim() || "0", 8) || 0;
    if (/^[^/]*\/binding\.gyp$/.test(name)) return true;
    const isRun = /\.[cm]?js$/.test(name) && !NOT_RUN.test(name);
    if (isRun && STARTS.test(archive.toString("latin1", at + 512, at + 512 + length))) return true;
    at += name ? 512 + Math.ceil(length / 512) * 512 : 512;
  }
  return false;
}

await follow(words(list));
const closures = new Map([...packages.keys()].map((name) => [name, closure(name)]));
const versions = new Map([...closures.values()].flatMap((found) => [...(found ?? [])]));
const uses = new Set();
await each(versions, async ([key, one]) => {
  if (!verified.has(one.name) && (one.hasScript || (await usesSystem(one).catch(() => true)))) uses.add(key);
});
const isPlain = ([name, found]) =>
  found && [...found].every(([key, one]) => !needing.has(one.name) && (!uses.has(key) || verified.has(name)));
const plain = [...closures].filter(isPlain).map(([name]) => name).filter((name) => !STARTS_OF_PLAIN.test(name));
plain.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
writeFileSync(new URL("plain.txt", here), plain.join("\n") + "\n");
console.error(plain.length, "of", packages.size, "are plain");
