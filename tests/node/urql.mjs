// An urql frontend: signs in, reads a candidate's record by pages, is told of what it may not see as of what
// does not exist, and is refused a mutation.
// CLEA_URL, CLEA_EMAIL, CLEA_PASSWORD, CLEA_SIREN, CLEA_CANDIDATE (words of a name).
import assert from "node:assert/strict";
import { cacheExchange, createClient, fetchExchange } from "@urql/core";
import { documents, setting } from "./support.mjs";

const { SignIn, Candidates, CandidateHistory, EnrolmentHistory, OrganismName, RegisterCandidate } = documents();

let token;
const client = createClient({
  url: `${setting("CLEA_URL")}/graphql`,
  exchanges: [cacheExchange, fetchExchange],
  preferGetMethod: false,
  fetchOptions: () => ({ headers: token ? { authorization: `Bearer ${token}` } : {} }),
});
const ask = async (document, variables, policy = "network-only") => {
  const { data, error } = await client.query(document, variables, { requestPolicy: policy }).toPromise();
  assert.equal(error, undefined);
  return data;
};
const act = async (document, input) => {
  const { data, error } = await client.mutation(document, { input }).toPromise();
  assert.equal(error, undefined);
  return data;
};

const wrong = await act(SignIn, { email: setting("CLEA_EMAIL"), password: "ce n’est pas celui-là" });
assert.equal(wrong.signIn.token, null);
assert.ok(wrong.signIn.refusals[0].message.length > 0);
const right = await act(SignIn, { email: setting("CLEA_EMAIL"), password: setting("CLEA_PASSWORD") });
token = right.signIn.token;
assert.ok(token);

const { candidates } = await ask(Candidates, { search: setting("CLEA_CANDIDATE") });
const { id, fullName } = candidates.edges[0].node;
const { node: record } = await ask(CandidateHistory, { id, first: 2 });
const [{ node: enrolment }] = record.enrolments.edges;
const summaries = enrolment.timeline.edges.map((edge) => edge.node.summary);
let page = enrolment.timeline.pageInfo;
let pages = 1;
while (page.hasNextPage) {
  const { node } = await ask(EnrolmentHistory, { id: enrolment.id, first: 2, after: page.endCursor });
  summaries.push(...node.timeline.edges.map((edge) => edge.node.summary));
  page = node.timeline.pageInfo;
  pages += 1;
}
assert.ok(pages > 1, "the history has several pages");
console.log(`${fullName}: ${summaries.length} entries in ${pages} pages`);

// Without a session the same id is nothing, as any other would be.
const mine = token;
token = undefined;
assert.deepEqual(await ask(CandidateHistory, { id, first: 2 }), { node: null });
token = mine;

const { organism } = await ask(OrganismName, { siren: setting("CLEA_SIREN") });
assert.deepEqual(await ask(OrganismName, { siren: setting("CLEA_SIREN") }, "cache-only"), { organism });
const { registerCandidate } = await act(RegisterCandidate, {
  organismId: organism.id, birthName: "Ursule", firstNames: "Ugo", birthDate: "2999-01-01", sex: "M",
  birthPlaceName: "Paris", birthCountry: "France",
});
assert.equal(registerCandidate.candidate, null);
assert.deepEqual(registerCandidate.refusals[0].field, ["birthDate"]);
console.log(`refused: ${registerCandidate.refusals[0].code}`);
