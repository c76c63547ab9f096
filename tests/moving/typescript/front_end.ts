// A front end of the routes in main.rs: compiled by tsc, then run by Node with the origin as its argument.
import { createFetch, fetch } from "./api";
import type { ApiRouteOf, ApiRoutes, NewPost, Page, Post, State } from "./api";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>) => {};
const check = (what: string, found: unknown, wanted: unknown) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`${what}: ${JSON.stringify(found)} is not ${JSON.stringify(wanted)}`);
  }
};

same<ApiRoutes["/docs/api/post/[pid]"]["GET"]["params"], { pid: string }>(true);
same<ApiRoutes["/docs/api/files/[...path]"]["*"]["params"], { path: string[] }>(true);
same<ApiRoutes["/docs/api/post"]["POST"]["body"], NewPost>(true);
same<ApiRouteOf<"/docs/api/post/new">, "/docs/api/post/new">(true);
same<ApiRouteOf<"/docs/api/post/1?a=/b">, "/docs/api/post/[pid]">(true);
same<ApiRouteOf<`/docs/api/post/${number}`>, "/docs/api/post/[pid]">(true);
same<ApiRouteOf<"/docs/api/post/1/">, "/docs/api/post/[pid]">(true);
same<ApiRouteOf<"/docs/api/post/new" | "/docs/api/post">, "/docs/api/post/new" | "/docs/api/post">(true);
same<ApiRouteOf<"/docs/api/post/1/2">, never>(true);
same<ApiRouteOf<"/docs/api/files">, never>(true);
same<ApiRouteOf<"/docs/api/files/a/b">, "/docs/api/files/[...path]">(true);
same<ApiRouteOf<"/docs/api/any">, "/docs/api/any/[[...rest]]">(true);
same<ApiRouteOf<"/api/post">, never>(true);

export async function refused(path: string) {
  // @ts-expect-error no such route
  await fetch("/docs/api/pots");
  // @ts-expect-error a path that is not known has no route
  await fetch(path);
  // @ts-expect-error no such method
  await fetch("/docs/api/post", { method: "DELETE" });
  // @ts-expect-error the body is missing
  await fetch("/docs/api/post", { method: "POST" });
  // @ts-expect-error a field has another name
  await fetch("/docs/api/post", { method: "POST", json: { subject: "Second" } });
  // @ts-expect-error GET has no body
  await fetch("/docs/api/post/1", { json: 1 });
  // @ts-expect-error the page is a number
  await fetch("/docs/api/post", { query: { page: "two" } });
  // @ts-expect-error the page is missing
  await fetch("/docs/api/post");
}

async function run(origin: string) {
  const fetch = createFetch(origin);

  const created = await fetch("/docs/api/post", { method: "POST", json: { title: "First" } });
  check("status", created.status, 201);
  if (created.ok) {
    const post = await created.json();
    same<typeof post, Post>(true);
    same<Post["state"], State>(true);
    check("created", post, { id: 1, title: "First", readingList: [], state: "draft" });
  }

  const listed = await fetch("/docs/api/post", { query: { page: 2, tag: ["a b", "c&d"] } });
  if (listed.ok) {
    const page = await listed.json();
    same<typeof page, Page<Post>>(true);
    check("listed", [page.number, page.tags], [2, ["a b", "c&d"]]);
  }

  const shown = await fetch(`/docs/api/post/${7}?x=1`);
  if (shown.ok) {
    const post = await shown.json();
    same<typeof post, Post>(true);
    check("shown", post.id, 7);
  }

  const missing = await fetch("/docs/api/post/none");
  check("missing", missing.ok, false);
  if (!missing.ok) {
    const error = await missing.json().catch(() => "not JSON");
    same<typeof error, unknown>(true);
  }

  const fixed = await fetch("/docs/api/post/new");
  if (fixed.ok) {
    const text = await fixed.json();
    same<typeof text, string>(true);
    check("fixed", text, "new");
  }

  const optional = await fetch("/docs/api/optional", { method: "PUT" });
  if (optional.ok) {
    const title = await optional.json();
    same<typeof title, string | null>(true);
    check("optional", title, null);
  }

  const streamed = await fetch("/docs/api/files/a/b", { method: "PATCH", body: "12345" });
  if (streamed.ok) {
    const length = await streamed.json();
    same<typeof length, unknown>(true);
    check("streamed", length, 5);
  }

  const head = await fetch("/docs/api/post/1", { method: "HEAD", headers: { accept: "application/json" } });
  check("head", head.status, 200);
}

declare const process: { argv: string[]; exit(code: number): never };
run(process.argv[2] ?? "").then(
  () => console.log("the front end agrees"),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
