// A front end of the routes in api.rs: compiled by tsc, then run by Node with the origin as its argument.
import createClient from "openapi-fetch";
import type { components, paths } from "./api";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};
const check = (what: string, found: unknown, wanted: unknown) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
  }
};

type Schemas = components["schemas"];
// A field that `skip_serializing_if` leaves out.
same<Schemas["Post"]["subtitle"], string | null | undefined>(true);
same<Schemas["Post"]["readingList"], string[]>(true);
same<Schemas["Post"]["state"], "draft" | "published">(true);
// A list with a default, and an `Option`, in a body.
same<Schemas["NewPost"]["readingList"], string[] | undefined>(true);
same<Schemas["NewPost"]["draft"], boolean | null | undefined>(true);
// The same in a query, and a type of a parameter.
type Query = NonNullable<paths["/docs/api/post"]["get"]["parameters"]["query"]>;
same<Query, { page?: number; tag?: string[] }>(true);
same<paths["/docs/api/post/{pid}"]["get"]["parameters"]["path"], { pid: number }>(true);

// A catch-all is a list; its segments are joined by slashes.
const pathSerializer = (path: string, values: Record<string, unknown>) =>
  path.replace(/\{(.+?)\}/g, (_, name) => [values[name]].flat().map((part) => encodeURIComponent(String(part))).join("/"));

export async function refused() {
  const client = createClient<paths>();
  // @ts-expect-error no such route
  await client.GET("/docs/api/pots");
  // @ts-expect-error no such method
  await client.DELETE("/docs/api/post");
  // @ts-expect-error the body is missing
  await client.POST("/docs/api/post");
  // @ts-expect-error a field is missing
  await client.POST("/docs/api/post", { body: { readingList: [] } });
  // @ts-expect-error the page is a number
  await client.GET("/docs/api/post", { params: { query: { page: "two" } } });
  // @ts-expect-error the parameter is missing
  await client.GET("/docs/api/post/{pid}");
  const { data } = await client.GET("/docs/api/post/{pid}", { params: { path: { pid: 1 } } });
  // @ts-expect-error what may be left out is checked first
  data?.subtitle.length;
}

async function run(baseUrl: string) {
  const client = createClient<paths>({ baseUrl, pathSerializer });

  const created = await client.POST("/docs/api/post", { body: { title: "First" } });
  check("status", created.response.status, 201);
  const date = "2025-01-31T08:05:00.000Z";
  check("created", created.data, { id: 1, title: "First", readingList: [], state: "published", created: date });
  check("a date", new Date(created.data?.created ?? "").toJSON(), date);

  const form = await client.POST("/docs/api/post", {
    body: { title: "By a form", readingList: ["a", "b"], draft: true },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    bodySerializer: (body) => new URLSearchParams([["title", body.title], ["readingList", "a"], ["readingList", "b"], ["draft", "true"]]),
  });
  check("form", [form.data?.title, form.data?.readingList, form.data?.state], ["By a form", ["a", "b"], "draft"]);

  const all = await client.GET("/docs/api/post");
  check("no query", [all.data?.number, all.data?.tags], [1, []]);
  const some = await client.GET("/docs/api/post", { params: { query: { page: 2, tag: ["a b", "c&d"] } } });
  check("query", [some.data?.number, some.data?.tags], [2, ["a b", "c&d"]]);

  const shown = await client.GET("/docs/api/post/{pid}", { params: { path: { pid: 7 }, query: { verbose: true } } });
  check("shown", [shown.data?.id, shown.data?.title, shown.data?.subtitle], [7, "A long title", undefined]);

  const missing = await client.GET("/docs/api/post/{pid}", { params: { path: { pid: 404 } } });
  if (typeof missing.error === "object") {
    same<typeof missing.error, Schemas["NoSuchPost"]>(true);
    check("missing", missing.error.missing, 404);
  } else {
    throw new Error(`a 404 has a type: ${missing.error}`);
  }

  const wrong = await client.POST("/docs/api/post", { body: { title: 1 as unknown as string } });
  check("wrong", [wrong.response.status, typeof wrong.error], [422, "string"]);

  check("optional", (await client.PUT("/docs/api/optional")).data, null);

  const path = ["a/b", "c"];
  const length = await client.PUT("/docs/api/files/{path}", { params: { path: { path } }, body: "12345", bodySerializer: String });
  check("catch-all and stream", length.data, 9);

  const report = await client.GET("/docs/api/report", { parseAs: "blob" });
  check("file", [report.data?.type, report.data?.size], ["application/pdf", 4]);
}

declare const process: { argv: string[]; exit(code: number): never };
run(process.argv[2] ?? "").then(
  () => console.log("the front end agrees"),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
