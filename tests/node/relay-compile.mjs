// Compiles what a Relay frontend would write (tests/node/relay) against api/schema.graphql.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { schemaFile, workshop } from "./support.mjs";

/** Compiles, and gives the folder of the artifacts. */
export function compile() {
  const dir = workshop("relay");
  mkdirSync(join(dir, "artifacts"));
  cpSync(schemaFile, join(dir, "schema.graphql"));
  const config = { src: "relay", schema: "schema.graphql", language: "javascript", artifactDirectory: "artifacts", eagerEsModules: false };
  writeFileSync(join(dir, "relay.config.json"), JSON.stringify(config));
  const compiler = createRequire(import.meta.url)("relay-compiler");
  execFileSync(compiler, ["relay.config.json"], { cwd: dir, stdio: ["ignore", "pipe", "inherit"] });
  return join(dir, "artifacts");
}

/** The artifact of this name. */
export function artifact(folder, name) {
  return createRequire(import.meta.url)(join(folder, `${name}.graphql.js`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const compiled = readdirSync(compile());
  console.log(`${compiled.length} artifacts: ${compiled.join(" ")}`);
}
