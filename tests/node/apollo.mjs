// An Apollo frontend: signs in, reads a candidate's record by pages into one list, finds an object that one
// query read in the cache of another, and is refused a mutation. Hashes go by GET where the server knows them.
// CLEA_URL, CLEA_EMAIL, CLEA_PASSWORD, CLEA_SIREN, CLEA_CANDIDATE (words of a name).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { relayStylePagination } from "@apollo/client/utilities";
import { buildSchema, isAbstractType } from "graphql";
import { documents, schemaText, setting } from "./support.mjs";

const { SignIn, Candidates, CandidateHistory, EnrolmentHistory, OrganismName, RegisterCandidate } = documents();

// What a code generator writes for Apollo: which types an interface stands for.
const schema = buildSchema(schemaText());
const possibleTypes = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

let token;
const sent = [];
const watched = async (address, options) => {
  const answer = await fetch(address, options);
  sent.push({ method: options.method ?? "GET", hasText: /"query":|[?&]query=/.test(options.body ?? address), status: answer.status });
  return answer;
};
const client = new ApolloClient({
  cache: new InMemoryCache({
    possibleTypes,
    typePolicies: { Enrolment: { fields: { timeline: relayStylePagination() } } },
  }),
  link: ApolloLink.from([
    new PersistedQueryLink({
      sha256: (text) => createHash("sha256").update(text).digest("hex"),
      useGETForHashedQueries: true,
    }),
    new ApolloLink((operation, forward) => {
      if (token) operation.setContext({ headers: { authorization: `Bearer ${token}` } });
      return forward(operation);
    }),
    new HttpLink({ uri: `${setting("CLEA_URL")}/graphql`, fetch: watched }),
  ]),
});

const { data: { signIn } } = await client.mutate({
  mutation: SignIn,
  variables: { input: { email: setting("CLEA_EMAIL"), password: setting("CLEA_PASSWORD") } },
});
assert.deepEqual(signIn.refusals, []);
token = signIn.token;

const search = { search: setting("CLEA_CANDIDATE") };
const found = await client.query({ query: Candidates, variables: search });
const { id, fullName } = found.data.candidates.edges[0].node;

// The history, two entries at a time, into one list of the cache.
const asked = { query: CandidateHistory, variables: { id, first: 2 } };
await client.query(asked);
const record = () => client.readQuery(asked).node;
const history = () => record().enrolments.edges[0].node.timeline;
const pages = [history().edges.length];
while (history().pageInfo.hasNextPage) {
  const variables = { id: record().enrolments.edges[0].node.id, first: 2, after: history().pageInfo.endCursor };
  await client.query({ query: EnrolmentHistory, variables, fetchPolicy: "network-only" });
  pages.push(history().edges.length);
  assert.ok(pages.at(-1) > pages.at(-2), "each page adds to the list");
}
assert.ok(pages.length > 1, "the history has several pages");
assert.equal(new Set(history().edges.map((edge) => edge.cursor)).size, pages.at(-1));
console.log(`${fullName}: history in pages ${pages.join(" ")}`);

// One object per id: the organism that the record named is the one that the page asks for.
const { data: { organism } } = await client.query({
  query: OrganismName, variables: { siren: setting("CLEA_SIREN") },
});
const cached = client.cache.extract();
assert.equal(cached[`Organism:${organism.id}`].name, organism.name);
assert.equal(record().organism.id, organism.id);

// Refusals are data: no exception, nothing to catch.
const { data: { registerCandidate } } = await client.mutate({
  mutation: RegisterCandidate,
  variables: {
    input: {
      organismId: organism.id, birthName: "Apollon", firstNames: "Ada", birthDate: "2999-01-01", sex: "F",
      birthPlaceName: "Paris", birthCountry: "France",
    },
  },
});
assert.equal(registerCandidate.candidate, null);
assert.deepEqual(registerCandidate.refusals[0].field, ["birthDate"]);
console.log(`refused: ${registerCandidate.refusals[0].code}`);

// Asked again, a query goes by its hash alone, in an address that caches may keep.
sent.length = 0;
await client.query({ query: Candidates, variables: search, fetchPolicy: "network-only" });
assert.deepEqual(sent, [{ method: "GET", hasText: false, status: 200 }]);
console.log("asked again by its hash alone, by GET");
client.stop();
