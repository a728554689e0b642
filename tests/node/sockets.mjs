// Follows changes with graphql-ws's own client, and looks at the close codes with a bare WebSocket.
// CLEA_URL is the API, CLEA_HASTY_URL one that waits for connection_init for a moment only, CLEA_TOKEN the
// session of an administrator of CLEA_ORGANISM.
import assert from "node:assert/strict";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { CLEA_URL, CLEA_HASTY_URL, CLEA_TOKEN, CLEA_ORGANISM } = process.env;
const socketOf = (url) => `${url.replace(/^http/, "ws")}/graphql`;
const authorization = `Bearer ${CLEA_TOKEN}`;

async function http(query, variables) {
  const answer = await fetch(`${CLEA_URL}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined);
  return data;
}

async function register(birthName) {
  const input = {
    organismId: CLEA_ORGANISM, birthName, firstNames: "Claude", birthDate: "1991-07-14", sex: "F",
    birthPlaceCode: "44109", birthPlaceName: "Nantes", birthCountry: "France",
  };
  const mutation = "mutation($input: RegisterCandidateInput!) { registerCandidate(input: $input) { candidate { id } refusals { code } } }";
  const { registerCandidate } = await http(mutation, { input });
  assert.deepEqual(registerCandidate.refusals, []);
  return registerCandidate.candidate.id;
}

// 1. The client: a query, a subscription, a cut connection, a complete.
const CHANGES = "subscription($after: String) { candidatesChanged(after: $after) { cursor resync change { candidateId } } }";
let sockets = 0;
const client = createClient({
  url: socketOf(CLEA_URL),
  webSocketImpl: WebSocket,
  connectionParams: { authorization },
  shouldRetry: () => true,
  retryWait: async () => {},
  on: { connected: () => { sockets += 1; } },
});

async function once(query, variables) {
  for await (const result of client.iterate({ query, variables })) return result;
  assert.fail("a result was expected");
}

const { data } = await once("{ candidateChanges { pageInfo { endCursor } } }");
let after = data.candidateChanges.pageInfo.endCursor;
const first = await register("Premier");
const changes = client.iterate({ query: CHANGES, variables: { after } });
const told = (await changes.next()).value.data.candidatesChanged;
assert.equal(told.change.candidateId, first);
after = told.cursor;
// The client subscribes anew by itself: from the same place, so that the first comes again.
client.terminate();
assert.equal((await changes.next()).value.data.candidatesChanged.change.candidateId, first);
assert.ok(sockets >= 2, "it connected again");
const second = await register("Deuxieme");
assert.equal((await changes.next()).value.data.candidatesChanged.change.candidateId, second);
await changes.return();
// A client that kept its cursor loses nothing and is told nothing twice.
const again = client.iterate({ query: CHANGES, variables: { after } });
assert.equal((await again.next()).value.data.candidatesChanged.change.candidateId, second);
await again.return();
assert.ok((await once("{ nothing }").catch((errors) => errors))[0].message, "errors come as a list");
await client.dispose();

// 2. The codes that a socket is closed with.
function closed(url, messages, protocol = "graphql-transport-ws") {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(socketOf(url), protocol);
    socket.on("open", () => messages.forEach((message) => socket.send(
      typeof message === "string" ? message : JSON.stringify(message),
    )));
    socket.on("close", (code) => resolve(code));
    socket.on("error", reject);
  });
}
const init = { type: "connection_init", payload: { authorization } };
const subscribe = { type: "subscribe", id: "1", payload: { query: CHANGES } };
const codes = [
  [4400, CLEA_URL, ["no JSON"]],
  [4400, CLEA_URL, [{ type: "unknown" }]],
  [4401, CLEA_URL, [subscribe]],
  [4403, CLEA_URL, [{ type: "connection_init", payload: { authorization: "Bearer nobody" } }]],
  [4406, CLEA_URL, [], "graphql-ws"],
  [4408, CLEA_HASTY_URL, []],
  [4409, CLEA_URL, [init, subscribe, subscribe]],
  [4429, CLEA_URL, [init, init]],
];
for (const [code, url, messages, protocol] of codes) {
  assert.equal(await closed(url, messages, protocol), code, `${code} ${JSON.stringify(messages)}`);
  console.log("closed", code);
}

// 3. The session ends, and the socket with it.
const ended = createClient({
  url: socketOf(CLEA_URL), webSocketImpl: WebSocket, connectionParams: { authorization }, retryAttempts: 0,
});
const follow = ended.iterate({ query: "subscription { noticeReceived { cursor } }" });
// The end is awaited from the start: it may come before the answer to signing out.
const reason = follow.next().then(() => assert.fail("the socket ends"), (reason) => reason);
for await (const result of ended.iterate({ query: "{ viewer { account { id } } }" })) assert.ok(result.data.viewer);
await http("mutation { signOut { refusals { code } } }");
assert.equal((await reason).code, 4403);
console.log("followed");
