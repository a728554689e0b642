// What several scripts need.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Kind, parse } from "graphql";

/** The folder of these scripts. */
export const here = dirname(fileURLToPath(import.meta.url));

/** The text of the schema that frontends build against. */
export const schemaFile = join(process.env.CLEA_ROOT, "api/schema.graphql");
export const schemaText = () => readFileSync(schemaFile, "utf8");

/** A folder of its own with a copy of `folder`, the packages within reach; removed when the script ends. */
export function workshop(folder) {
  const dir = mkdtempSync(join(tmpdir(), "clea-node-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  cpSync(join(here, folder), join(dir, folder), { recursive: true });
  symlinkSync(join(here, "../node_modules"), join(dir, "node_modules"));
  return dir;
}

/** The operations of tests/node/documents, each a document by its name. */
export function documents() {
  const operations = {};
  for (const file of readdirSync(join(here, "documents"))) {
    for (const definition of parse(readFileSync(join(here, "documents", file), "utf8"), { noLocation: true }).definitions) {
      operations[definition.name.value] = { kind: Kind.DOCUMENT, definitions: [definition] };
    }
  }
  return operations;
}

/** The variable that a test must give. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

/** One request as any program makes it; its whole answer. */
export async function request(query, variables, token) {
  const answer = await fetch(`${setting("CLEA_URL")}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
  });
  return answer.json();
}
