// A real OpenID Connect provider (npm oidc-provider): node oidc_provider.mjs PORT USHER_URL
import http from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);
const [port, usher] = process.argv.slice(2);
const groups = { "ines@example.com": ["usher-approvers"], "ada@example.com": ["hr"] };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: "usher",
    client_secret: "a client secret that is long enough",
    redirect_uris: [`${usher}/sign-in/oidc/acme-id/return/`],
    post_logout_redirect_uris: [`${usher}/sign-in/`],
  }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"], groups: ["groups"] },
  scopes: ["openid", "email", "profile", "groups"],
  cookies: { keys: ["only for tests"] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, email) => ({
    accountId: email,
    claims: () => ({ sub: `sub of ${email}`, email, email_verified: true, name: email, groups: groups[email] ?? [] }),
  }),
});

const page = (scopes) => `<!doctype html><html lang="en"><title>Acme</title><form method="post">
<label>Who are you? <input name="email"></label><p>Usher wants to read: ${scopes}</p>
<button>Allow</button></form></html>`;

async function allowed(interaction, accountId) {
  const grant = new provider.Grant({ clientId: interaction.params.client_id, accountId });
  grant.addOIDCScope(interaction.params.scope);
  return { login: { accountId }, consent: { grantId: await grant.save() } };
}

const answer = provider.callback();
http.createServer(async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  const interaction = await provider.interactionDetails(request, response);
  if (request.method === "GET") {
    response.setHeader("Content-Type", "text/html");
    return response.end(page(interaction.params.scope));
  }
  let body = "";
  for await (const part of request) body += part;
  const result = await allowed(interaction, new URLSearchParams(body).get("email"));
  await provider.interactionFinished(request, response, result);
}).listen(Number(port), "127.0.0.1", () => console.log("ready"));
