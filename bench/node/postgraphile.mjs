// PostGraphile 5 as its documentation starts it, on the database of DATABASE_URL: one process, its default
// pool, read-only, without the explorer.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const preset = {
  extends: [PostGraphileAmberPreset],
  disablePlugins: ["PgMutationCreatePlugin", "PgMutationUpdateDeletePlugin"],
  pgServices: [makePgService({ connectionString: process.env.DATABASE_URL, schemas: ["public"] })],
  grafserv: { graphiql: false },
};

const server = createServer();
const service = postgraphile(preset).createServ(grafserv);
await service.addTo(server);
await service.ready();
server.listen(Number(process.env.PORT), "127.0.0.1");
