// Lints api/schema.graphql: graphql-eslint (recommended and Relay) and graphql-schema-linter. Prints each
// finding; leaves with 1 when there is one.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import graphqlPlugin from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";

const root = process.env.CLEA_ROOT;
const file = "api/schema.graphql";

// Values of an object: they are read with it, have no life of their own, and so no id. A new type without
// one is either added here, or an object that clients will want to refetch.
const VALUES = [
  "Action",
  "Bounce",
  "Buyer",
  "CandidateChange",
  "CandidateEvent",
  "Clock",
  "Competence",
  "CompetenceResult",
  "Criterion",
  "DeadlineExplanation",
  "DomainResult",
  "EvaluationResult",
  "Finding",
  "FrameworkDomain",
  "HabilitatedOrganism",
  "NoticeEvent",
  "Opinion",
  "PageInfo",
  "PublicHabilitation",
  "PublicSite",
  "QuarterPreview",
  "Refusal",
  "RegisteredLetter",
  "RenewalForecast",
  "SkippedDay",
  "Suspension",
  "TimelineEntry",
  "VerifiedCertificate",
  "Viewer",
  "ViewerRole",
];

// What the rules themselves know no exception for, by the line that it is found on.
const ACCEPTED = [
  // Lists of values: the public list, which shows no ids of the platform's own objects; histories and
  // changes, whose entries never change.
  ["relay-edge-types", /^type (HabilitatedOrganism|Timeline|CandidateChange)Edge /],
  // Changes are followed forwards only.
  ["relay-arguments", /^\tcandidateChanges\(/],
];

const eslintRules = {
  ...graphqlPlugin.configs["flat/schema-recommended"].rules,
  ...graphqlPlugin.configs["flat/schema-relay"].rules,
  "@graphql-eslint/strict-id-in-types": ["error", {
    acceptedIdNames: ["id"],
    acceptedIdTypes: ["ID"],
    exceptions: { types: VALUES, suffixes: ["Connection", "Edge", "Payload"] },
  }],
  // A list that is not a connection holds values, or a handful of objects bounded by its owner.
  "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
};

async function eslint() {
  const linter = new ESLint({
    cwd: root,
    overrideConfigFile: true,
    overrideConfig: [{
      files: ["**/*.graphql"],
      languageOptions: {
        parser: graphqlPlugin.parser,
        parserOptions: { graphQLConfig: { schema: join(root, file) } },
      },
      plugins: { "@graphql-eslint": graphqlPlugin },
      rules: eslintRules,
    }],
  });
  const [{ messages, source }] = await linter.lintFiles([file]);
  const lines = (source ?? readFileSync(join(root, file), "utf8")).split("\n");
  const isAccepted = ({ ruleId, line }) =>
    ACCEPTED.some(([rule, where]) => ruleId === `@graphql-eslint/${rule}` && where.test(lines[line - 1]));
  return messages.filter((found) => !isAccepted(found)).map((found) => `${file}:${found.line} ${found.ruleId}: ${found.message}`);
}

function schemaLinter() {
  const { configuration, validator } = createRequire(import.meta.url)("graphql-schema-linter");
  const schema = { definition: readFileSync(join(root, file), "utf8"), sourceMap: null };
  const settings = new configuration.Configuration(schema);
  const found = validator.validateSchemaDefinition(schema, settings.getAllRules(), settings);
  return found.map(({ locations, ruleName, message }) => `${file}:${locations[0].line} ${ruleName}: ${message}`);
}

const findings = [...(await eslint()), ...schemaLinter()];
findings.forEach((found) => console.log(found));
console.log(`${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;
