// A provider of single sign-on for the tests: the real `oidc-provider` on loopback, with people who need no password.
//
// In: a directory with `provider.pem` and `provider.key`, and the port (0 for any free one). Out: one line {"port": N} once it listens.
// `POST /control` with {"redirects", "people", "mischief", "rotate", "in_token"} changes it; what is not given stays.

import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import Provider from "oidc-provider";

const [directory, wanted] = process.argv.slice(2);
const server = createServer({
  key: readFileSync(`${directory}/provider.key`),
  cert: readFileSync(`${directory}/provider.pem`),
});
const state = { redirects: [], people: {}, mischief: null, in_token: true };
let issuer, key, provider, handler;

async function newKey(kid) {
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, use: "sig", alg: "RS256" };
}

function configuration() {
  return {
    clients: [{ client_id: "muster", client_secret: "a secret: of/the client", redirect_uris: state.redirects }],
    cookies: { keys: ["a key of the tests"] },
    jwks: { keys: [key] },
    claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email", "email_verified"], groups: ["groups"] },
    conformIdTokenClaims: !state.in_token,
    features: { devInteractions: { enabled: false } },
    pkce: { methods: ["S256"], required: () => true },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...state.people[sub] }) }),
    // Nobody is asked whether this collector may know who they are.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
  };
}

// A provider that does what none should, with the right key where that is the point.
async function spoil(token) {
  const [head, body, signature] = token.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  const sign = async (changes, by = key) =>
    new SignJWT({ ...claims, ...changes }).setProtectedHeader({ alg: "RS256", kid: by.kid }).sign(await importJWK(by, "RS256"));
  const now = Math.floor(Date.now() / 1000);
  switch (state.mischief) {
    case "tampered": {
      const changed = Buffer.from(JSON.stringify({ ...claims, groups: ["muster-owners"] })).toString("base64url");
      return [head, changed, signature].join(".");
    }
    case "unsigned":
      return [Buffer.from('{"alg":"none"}').toString("base64url"), body, ""].join(".");
    case "expired":
      return sign({ iat: now - 900, exp: now - 600 });
    case "nonce":
      return sign({ nonce: "of another login" });
    case "audience":
      return sign({ aud: "another client" });
    case "issuer":
      return sign({ iss: "https://another.example" });
    case "key":
      return sign({}, await newKey("never published"));
    default:
      return token;
  }
}

function renew() {
  provider = new Provider(issuer, configuration());
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === "/token" && ctx.body?.id_token) ctx.body.id_token = await spoil(ctx.body.id_token);
  });
  handler = provider.callback();
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function say(response, status, text, kind = "text/html") {
  response.writeHead(status, { "content-type": `${kind}; charset=utf-8` }).end(text);
}

async function interaction(request, response, uid, leaves) {
  if (leaves) {
    const error = { error: "access_denied", error_description: "the person went away" };
    return provider.interactionFinished(request, response, error, { mergeWithLastSubmission: false });
  }
  if (request.method !== "POST") {
    const form = `<form method="post"><label>Who <input name="who"></label><button>Log in</button></form>`;
    return say(response, 200, `<!doctype html><html lang="en"><title>Provider</title>${form}<a href="/interaction/${uid}/leave">Leave</a>`);
  }
  const who = new URLSearchParams(await read(request)).get("who");
  if (!(who in state.people)) return say(response, 400, "nobody of that name", "text/plain");
  return provider.interactionFinished(request, response, { login: { accountId: who } }, { mergeWithLastSubmission: false });
}

async function control(request, response) {
  const { rotate, ...changes } = JSON.parse(await read(request));
  Object.assign(state, changes);
  if (rotate) key = await newKey(rotate);
  renew();
  say(response, 200, "{}", "application/json");
}

server.on("request", async (request, response) => {
  try {
    const [, first, uid, last] = new URL(request.url, issuer).pathname.split("/");
    if (first === "control") await control(request, response);
    else if (first === "favicon.ico") response.writeHead(204).end();
    else if (first === "interaction") await interaction(request, response, uid, last === "leave");
    else await handler(request, response);
  } catch (error) {
    console.error(error);
    if (!response.headersSent) say(response, 500, String(error), "text/plain");
  }
});

server.listen(Number(wanted), "127.0.0.1", async () => {
  const { port } = server.address();
  issuer = `https://127.0.0.1:${port}`;
  key = await newKey("first");
  renew();
  console.log(JSON.stringify({ port }));
});
