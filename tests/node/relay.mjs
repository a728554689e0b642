// A Relay frontend: signs in, reads a candidate's record, pages its history, refetches an object by its id,
// registers a candidate that appears in the list, and is refused one.
// CLEA_URL, CLEA_EMAIL, CLEA_PASSWORD, CLEA_SIREN (an organism with one habilitation and one candidate).
import assert from "node:assert/strict";
import relay from "relay-runtime";
import { artifact, compile } from "./relay-compile.mjs";
import { request, setting } from "./support.mjs";

const folder = compile();
const load = (name) => artifact(folder, name);

let token;
const environment = new relay.Environment({
  network: relay.Network.create((operation, variables) => request(operation.text, variables, token)),
  store: new relay.Store(new relay.RecordSource()),
});

const fetch = (query, variables) =>
  relay.fetchQuery(environment, query, variables, { fetchPolicy: "network-only" }).toPromise();
const mutate = (mutation, variables) =>
  new Promise((resolve, reject) =>
    relay.commitMutation(environment, {
      mutation,
      variables,
      onCompleted: (answer, errors) => (errors?.length ? reject(new Error(JSON.stringify(errors))) : resolve(answer)),
      onError: reject,
    }),
  );
// What a component would be given: the data of a fragment, out of the store.
const read = (fragment, reference) => {
  const { data, isMissingData } = environment.lookup(relay.getSelector(fragment, reference));
  assert.equal(isMissingData, false, `${fragment.name} is whole in the store`);
  return data;
};
const nodes = (connection) => connection.edges.map((edge) => edge.node);

const signedIn = await mutate(load("ActsSignInMutation"), {
  input: { email: setting("CLEA_EMAIL"), password: setting("CLEA_PASSWORD") },
});
assert.deepEqual(signedIn.signIn.refusals, []);
token = signedIn.signIn.token;

// The organism's page, and its habilitation again by its id.
const { organism } = await fetch(load("OrganismPageQuery"), { siren: setting("CLEA_SIREN") });
const [habilitation] = nodes(organism.habilitations);
const { status, availableActions } = read(load("OrganismPage_habilitation"), habilitation);
assert.ok(availableActions.length > 0);
const again = await fetch(load("OrganismPageHabilitationQuery"), { id: habilitation.id });
assert.equal(read(load("OrganismPage_habilitation"), again.node).status, status);
console.log(`${organism.name}: habilitation ${status}`);

// A new candidate goes to the head of the list, without asking again.
const list = load("OrganismPage_candidates");
const before = read(list, organism).candidates;
const connection = relay.ConnectionHandler.getConnectionID(organism.id, "OrganismPage_candidates");
const input = {
  organismId: organism.id, birthName: "Relais", firstNames: "Rémi", birthDate: "1988-02-29", sex: "M",
  birthPlaceCode: "75112", birthPlaceName: "Paris", birthCountry: "France",
};
const register = (more) =>
  mutate(load("ActsRegisterCandidateMutation"), { input: { ...input, ...more }, connections: [connection] });
const { registerCandidate: done } = await register({});
assert.deepEqual(done.refusals, []);
const after = nodes(read(list, organism).candidates);
assert.equal(after.length, before.edges.length + 1);
assert.equal(after[0].fullName, done.candidate.fullName);
console.log(`registered ${done.candidate.fullName}`);

// One that may not be: refusals are data, and the list stays.
const { registerCandidate: refused } = await register({ birthDate: "2999-01-01" });
assert.equal(refused.candidate, null);
assert.deepEqual(refused.refusals[0].field, ["birthDate"]);
assert.equal(nodes(read(list, organism).candidates).length, after.length);
console.log(`refused: ${refused.refusals[0].code} ${refused.refusals[0].message}`);

// The record of the first one, its history two entries at a time.
const query = load("CandidateHistoryQuery");
const { node } = await fetch(query, { id: nodes(before)[0].id });
assert.equal(node.__typename, "Candidate");
const card = read(load("CandidateHistory_card"), node);
const [enrolment] = nodes(card.enrolments);
const { certificate } = read(load("CandidateHistory_enrolment"), enrolment);
const timeline = load("CandidateHistory_timeline");
let entries = read(timeline, enrolment).timeline;
const pages = [entries.edges.length];
while (entries.pageInfo.hasNextPage) {
  await fetch(load("CandidateHistoryTimelineQuery"), { id: enrolment.id, count: 2, cursor: entries.pageInfo.endCursor });
  entries = read(timeline, enrolment).timeline;
  pages.push(entries.edges.length);
  assert.ok(pages.at(-1) > pages.at(-2), "each page adds to the list");
}
const summaries = nodes(entries).map((entry) => entry.summary);
assert.ok(pages.length > 1, "the history has several pages");
assert.equal(new Set(entries.edges.map((edge) => edge.cursor)).size, entries.edges.length);
console.log(`${card.fullName}: ${certificate?.number ?? "no certificate"}, history in pages ${pages.join(" ")}`);
summaries.forEach((summary) => console.log(`  ${summary}`));
