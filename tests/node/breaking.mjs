// Compares api/schema.graphql with what was released, api/schema.released.graphql. Dangerous changes are
// printed; a breaking one makes it leave with 1.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSchema, findBreakingChanges, findDangerousChanges } from "graphql";
import { schemaText } from "./support.mjs";

const released = process.argv[2] ?? join(process.env.CLEA_ROOT, "api/schema.released.graphql");
const before = buildSchema(readFileSync(released, "utf8"));
const now = buildSchema(schemaText());
const breaking = findBreakingChanges(before, now);
const dangerous = findDangerousChanges(before, now);
for (const { type, description } of breaking) console.log(`breaking ${type}: ${description}`);
for (const { type, description } of dangerous) console.log(`dangerous ${type}: ${description}`);
console.log(`${breaking.length} breaking changes, ${dangerous.length} dangerous ones`);
process.exitCode = breaking.length === 0 ? 0 : 1;
