// What a typed frontend writes: variables and answers are checked by the compiler.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import { CandidateHistoryDocument, RegisterCandidateDocument } from "./generated/graphql";

type Record = ResultOf<typeof CandidateHistoryDocument>;

/** One line per enrolment. */
export function lines({ node }: Record): string[] {
  if (node?.__typename !== "Candidate") return [];
  const edges = node.enrolments?.edges ?? [];
  return edges.map(({ node: enrolment }) => {
    const validated = (enrolment.domains ?? []).filter((domain) => domain.validated).length;
    return `${enrolment.enrolledOn}: ${validated} domains, ${enrolment.certificate?.number ?? "no certificate"}`;
  });
}

/** The variables of a registration. */
export const registration: VariablesOf<typeof RegisterCandidateDocument> = {
  input: {
    organismId: "org_…",
    birthName: "Durand",
    firstNames: "Claude",
    birthDate: "1991-07-14",
    birthPlaceName: "Nantes",
    birthCountry: "France",
    sex: "F",
  },
};

// @ts-expect-error a variable is missing
export const incomplete: VariablesOf<typeof CandidateHistoryDocument> = { id: "can_…" };

// @ts-expect-error not one of the values
registration.input.sex = "X";

/** A misspelt field. */
export function misspelt({ node }: Record): unknown {
  if (node?.__typename !== "Candidate") return undefined;
  // @ts-expect-error no such field
  return node.fulName;
}
