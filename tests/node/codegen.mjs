// Generates typed documents from api/schema.graphql as a TypeScript frontend would, and lets the compiler
// judge a program that uses them (tests/node/typed).
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { codegen } from "@graphql-codegen/core";
import { preset } from "@graphql-codegen/client-preset";
import { buildSchema, parse, print } from "graphql";
import { documents, schemaText, workshop } from "./support.mjs";

const require = createRequire(import.meta.url);
const dir = workshop("typed");
// How each scalar travels.
const scalars = { Cents: "number", Date: "string", DateTime: "string", PartialDate: "string", Siren: "string", Siret: "string" };
const sections = await preset.buildGeneratesSection({
  baseOutputDir: `${join(dir, "typed/generated")}/`,
  config: { scalars, strictScalars: true, useTypeImports: true, enumsAsTypes: true },
  documents: Object.entries(documents()).map(([name, document]) => ({
    location: `${name}.graphql`, document, rawSDL: print(document),
  })),
  pluginMap: {},
  plugins: [],
  presetConfig: { fragmentMasking: false },
  schema: parse(schemaText()),
  schemaAst: buildSchema(schemaText()),
});
for (const section of sections) {
  mkdirSync(dirname(section.filename), { recursive: true });
  writeFileSync(section.filename, await codegen(section));
}
const tsc = join(dirname(require.resolve("typescript/package.json")), "bin/tsc");
execFileSync(process.execPath, [tsc, "--noEmit", "--project", "typed"], { cwd: dir, stdio: "inherit" });
console.log(`${sections.length} files generated; the program is well typed`);
