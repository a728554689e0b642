// Asks the API for the authorities, as the smallest of clients would.
import assert from "node:assert/strict";

const answer = await fetch(`${process.env.CLEA_URL}/graphql`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ query: "{ authorities { edges { node { kind name } } } }" }),
});
assert.equal(answer.status, 200);
const { data, errors } = await answer.json();
assert.equal(errors, undefined);
for (const { node } of data.authorities.edges) console.log(node.kind, node.name);
