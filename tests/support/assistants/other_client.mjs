// An MCP client that shares no code with the server: the TypeScript SDK. It connects as its arguments say, asks for
// what it reads on its input (one request a line, as JSON), and prints each answer on a line.
//
//   node other_client.mjs http ADDRESS TOKEN
//   node other_client.mjs stdio COMMAND ARGUMENT...
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const [way, first, ...more] = process.argv.slice(2);
const transport =
  way === "http"
    ? new StreamableHTTPClientTransport(new URL(first), {
        requestInit: { headers: { Authorization: `Bearer ${more[0]}` } },
      })
    : new StdioClientTransport({ command: first, args: more, env: process.env });
const client = new Client({ name: "other-client", version: "1" });
await client.connect(transport);
const tell = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");
tell({ server: client.getServerVersion() });
for await (const line of createInterface({ input: process.stdin })) {
  const { ask, ...given } = JSON.parse(line);
  try {
    tell(await client[ask](...(Object.keys(given).length ? [given] : [])));
  } catch (error) {
    tell({ failed: error.message, code: error.code });
  }
}
await client.close();
