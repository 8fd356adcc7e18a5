// A real SAML 2.0 identity provider (npm samlp): node saml_provider.cjs PORT USHER_URL KEY_FILE CERTIFICATE_FILE
const { createRequire } = require("node:module");
const fs = require("node:fs");

const here = createRequire(`${process.cwd()}/`);
const express = here("express");
const samlp = here("samlp");
const [port, usher, keyFile, certificateFile] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}/metadata`;
const cert = fs.readFileSync(certificateFile);
const acs = `${usher}/sign-in/saml/corp-id/acs/`;
const groups = { "ines@example.com": ["usher-approvers", "staff"] };

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
const page = (asked) => `<!doctype html><html lang="en"><title>Corp</title><form method="get">
${Object.entries(asked).map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`).join("")}
<label>Who are you? <input name="email"></label><button>Continue</button></form></html>`;
const answer = samlp.auth({
  issuer,
  key: fs.readFileSync(keyFile),
  cert,
  destination: acs,
  recipient: acs,
  getPostURL: (audience, request, http, done) => done(null, acs),
  getUserFromRequest: ({ query: { email } }) => ({
    id: `person ${email}`,
    displayName: email.split("@")[0],
    name: {},
    emails: [{ value: email }],
    groups: groups[email] ?? [],
  }),
});

const app = express();
app.get("/metadata", samlp.metadata({ issuer, cert, redirectEndpointPath: "/sso", postEndpointPath: "/sso" }));
app.get("/sso", (request, response, next) =>
  request.query.email ? answer(request, response, next) : response.send(page(request.query)));
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
