// An OpenID Connect issuer (oidc-provider) for one client, CLEA_RETURN_URL, that signs in without asking
// whom the test names. POST /control {…} says who comes next and what goes wrong:
//   login      the subject who signs in; null: nobody, as "error" says (the person declines)
//   email, verified: of any type; tokenVerified: what tokens say of it instead, when given
//   fault      "signature", "nonce", "expired", "audience": a token that does not hold; "tokenless": none;
//              "code": the code is not taken back; "client": nor is the client known;
//              "userinfo": no answer but 503 about the person; "away": no other answer at all;
//              "garbled token", "garbled userinfo": an answer of 200 that is no JSON; "userinfo signature",
//              "userinfo audience": a signed answer about the person that does not hold
//   rotate     true: tokens are signed with a second key, published from now on
//   nameless   true: tokens do not name their key, and that key alone is published
//   silent     true: its description does not tell that it names itself in what it sends back
// With CLEA_CLAIMS=id_token the address is in the token, else where the issuer keeps it. With CLEA_CLAIMS=state it
// does as the State's own issuer: the scope `profile` is refused, names are given_name and usual_name, an address
// is not said to be verified, and the answer about the person is a signed token.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import * as jose from "jose";
import { Provider } from "oidc-provider";

const server = createServer();
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const issuer = `http://127.0.0.1:${server.address().port}`;

async function key(kid) {
  const { publicKey, privateKey } = await jose.generateKeyPair("RS256", { extractable: true });
  const marks = { kid, use: "sig", alg: "RS256" };
  return {
    kid,
    privateKey,
    private: { ...(await jose.exportJWK(privateKey)), ...marks },
    public: { ...(await jose.exportJWK(publicKey)), ...marks },
  };
}
const [first, second, stranger] = await Promise.all(["one", "two", "one"].map(key));

const state = process.env.CLEA_CLAIMS === "state";

const next = {
  login: "ada",
  error: "access_denied",
  email: "ada@exemple.example",
  verified: true,
  fault: null,
  rotate: false,
  nameless: false,
  silent: false,
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "clea",
      client_secret: "canari-secret-du-fournisseur",
      redirect_uris: [process.env.CLEA_RETURN_URL],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      ...(state && {
        scope: "openid given_name usual_name email",
        userinfo_signed_response_alg: "RS256",
      }),
    },
  ],
  jwks: { keys: [first.private] },
  cookies: { keys: ["of a test"] },
  pkce: { required: () => true },
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name"],
    ...(state && { email: ["email"], given_name: ["given_name"], usual_name: ["usual_name"] }),
  },
  conformIdTokenClaims: process.env.CLEA_CLAIMS !== "id_token",
  features: { devInteractions: { enabled: false }, jwtUserinfo: { enabled: state } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({
    accountId: id,
    claims: (use) => ({
      sub: id,
      name: "Ada Exemple",
      given_name: "Ada Lou",
      usual_name: "EXEMPLE",
      email: next.email,
      email_verified: use === "id_token" && "tokenVerified" in next ? next.tokenVerified : next.verified,
    }),
  }),
  async loadExistingGrant({ oidc }) {
    const known = oidc.session.grantIdFor(oidc.client.clientId);
    if (known) return provider.Grant.find(known);
    const grant = new provider.Grant({
      clientId: oidc.client.clientId,
      accountId: oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile given_name usual_name");
    await grant.save();
    return grant;
  },
});

async function resignedInfo(token) {
  const claims = jose.decodeJwt(token);
  if (next.fault === "userinfo audience") claims.aud = "another";
  const by = next.fault === "userinfo signature" ? stranger : next.rotate ? second : first;
  return new jose.SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: by.kid }).sign(by.privateKey);
}

async function resigned(token) {
  const claims = jose.decodeJwt(token);
  if (next.fault === "nonce") claims.nonce = "of another sign-in";
  if (next.fault === "expired") claims.exp = claims.iat - 1;
  if (next.fault === "audience") claims.aud = "another";
  const by = next.fault === "signature" ? stranger : next.rotate ? second : first;
  const header = next.nameless ? { alg: "RS256" } : { alg: "RS256", kid: by.kid };
  return new jose.SignJWT(claims).setProtectedHeader(header).sign(by.privateKey);
}

provider.use(async (ctx, go) => {
  const refusal = { code: [400, "invalid_grant"], client: [401, "invalid_client"] }[next.fault];
  if (ctx.path === "/token" && refusal) {
    ctx.status = refusal[0];
    ctx.body = { error: refusal[1] };
    return;
  }
  await go();
  if (ctx.path === "/token" && ctx.body?.id_token) {
    ctx.body.id_token = await resigned(ctx.body.id_token);
    if (next.fault === "tokenless") delete ctx.body.id_token;
  }
  if (ctx.path === "/me" && state && typeof ctx.body === "string") {
    ctx.body = await resignedInfo(ctx.body);
  }
  const garbled = { "/token": "garbled token", "/me": "garbled userinfo" }[ctx.path];
  if (garbled && next.fault === garbled) {
    ctx.type = "json";
    ctx.body = "<html>";
  }
  if (ctx.path === "/.well-known/openid-configuration" && next.silent) {
    delete ctx.body.authorization_response_iss_parameter_supported;
  }
  if (ctx.path === "/jwks" && next.rotate) {
    ctx.body = { keys: next.nameless ? [second.public] : [first.public, second.public] };
  }
});

const answer = provider.callback();
server.on("request", async (request, response) => {
  if (request.url === "/control") {
    Object.assign(next, JSON.parse(await text(request)));
    response.end();
  } else if (next.fault === "away" || (next.fault === "userinfo" && request.url === "/me")) {
    response.writeHead(503).end();
  } else if (request.url.startsWith("/interaction/")) {
    const result = next.login ? { login: { accountId: next.login } } : { error: next.error };
    await provider.interactionFinished(request, response, result);
  } else {
    answer(request, response);
  }
});

console.log(issuer);
process.stdin.resume().on("end", () => process.exit());
