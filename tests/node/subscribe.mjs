// Follows one subscription until its first event, and prints it as JSON.
// CLEA_URL, CLEA_TOKEN, CLEA_QUERY, CLEA_VARIABLES (JSON).
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { setting } from "./support.mjs";

const client = createClient({
  url: `${setting("CLEA_URL").replace(/^http/, "ws")}/graphql`,
  webSocketImpl: WebSocket,
  connectionParams: { authorization: `Bearer ${setting("CLEA_TOKEN")}` },
  retryAttempts: 0,
});
const events = client.iterate({
  query: setting("CLEA_QUERY"),
  variables: JSON.parse(setting("CLEA_VARIABLES")),
});
const { value } = await events.next();
console.log(JSON.stringify(value));
await events.return();
await client.dispose();
