// Copies the front-end libraries into src/usher/web/static/vendor and draws one sprite of the icons in use.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCES = join(ROOT, "src", "usher");
const MODULES = join(ROOT, "node_modules");
const VENDOR = join(SOURCES, "web", "static", "vendor");

const COPIES = {
  "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
  "@tabler/core/dist/js/tabler.min.js": "tabler/tabler.min.js",
  "@tabler/icons/LICENSE": "icons-LICENSE",
  "@fontsource-variable/inter/index.css": "inter/index.css",
  "@fontsource-variable/inter/files": "inter/files",
  "@fontsource-variable/inter/LICENSE": "inter/LICENSE",
  "echarts/dist/echarts.min.js": "echarts/echarts.min.js",
  "echarts/LICENSE": "echarts/LICENSE",
  "echarts/NOTICE": "echarts/NOTICE",
  "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
  "htmx.org/LICENSE": "htmx/LICENSE",
};

// An icon is named in a template by {% icon "x" %} or icon="x", in Python by icon="x" or empty_icon = "x".
const NAMED = /(?:\{%\s*icon\s+|\b(?:\w+_)?icon\s*=\s*)["']([a-z0-9-]+)["']/g;

function copyLibraries() {
  for (const [from, to] of Object.entries(COPIES)) {
    const source = join(MODULES, from);
    if (!existsSync(source)) throw new Error(`${from} is missing: run "npm ci" first`);
    cpSync(source, join(VENDOR, to), {
      recursive: true,
      // Of the font only the upright face of variable weight is used, one file an alphabet.
      filter: (path) => !path.endsWith(".woff2") || path.endsWith("-wght-normal.woff2"),
    });
  }
  // Source maps are not shipped; browsers' tools would ask for them in vain.
  for (const name of ["tabler/tabler.min.css", "tabler/tabler.min.js"]) {
    const file = join(VENDOR, name);
    writeFileSync(file, readFileSync(file, "utf8").replace(/\/[/*]# sourceMappingURL=.*$/m, ""));
  }
}

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "static" && entry.name !== "collected") yield* sourceFiles(path);
    } else if (/\.(html|py)$/.test(entry.name)) {
      yield path;
    }
  }
}

function iconsInUse() {
  const where = new Map();
  for (const file of sourceFiles(SOURCES)) {
    for (const [, name] of readFileSync(file, "utf8").matchAll(NAMED)) {
      if (!where.has(name)) where.set(name, relative(ROOT, file));
    }
  }
  return where;
}

function drawing(name) {
  const filled = name.endsWith("-filled");
  const file = filled ? `filled/${name.slice(0, -"-filled".length)}.svg` : `outline/${name}.svg`;
  const path = join(MODULES, "@tabler/icons/icons", file);
  if (!existsSync(path)) return null;
  const shapes = readFileSync(path, "utf8")
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" ?\/>/, "")
    .replace(/\s*\n\s*/g, "");
  const paint = filled
    ? 'fill="currentColor" stroke="none"'
    : 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${shapes}</symbol>`;
}

function sprite() {
  const used = [...iconsInUse()].sort();
  const missing = used.filter(([name]) => drawing(name) === null);
  if (missing.length) {
    throw new Error(missing.map(([name, file]) => `no icon named "${name}" (${file})`).join("\n"));
  }
  const symbols = used.map(([name]) => drawing(name)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols}\n</svg>\n`;
}

try {
  if (!existsSync(MODULES)) throw new Error('run "npm ci" first');
  const icons = sprite();
  rmSync(VENDOR, { recursive: true, force: true });
  mkdirSync(VENDOR, { recursive: true });
  copyLibraries();
  writeFileSync(join(VENDOR, "icons.svg"), icons);
  console.log(`front-end assets are in ${relative(ROOT, VENDOR)}`);
} catch (error) {
  console.error(`front-end assets: ${error.message}`);
  process.exitCode = 1;
}
