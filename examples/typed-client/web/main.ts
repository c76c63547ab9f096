// The front end. The paths, the methods and the types are those of the server; tsc refuses all others.
import createClient from "openapi-fetch";
import type { components, paths } from "./openapi";

type Post = components["schemas"]["Post"];

const client = createClient<paths>({ baseUrl: location.origin });
const list = document.querySelector("ol")!;
const form = document.querySelector("form")!;
const status = document.querySelector("[role=status]")!;

function add(post: Post) {
  const item = document.createElement("li");
  const created = new Date(post.created).toLocaleString(); // a text on the wire
  item.textContent = `${post.title} (${post.state}, ${created}) `;
  const link = document.createElement("button");
  link.textContent = "Download";
  link.onclick = () => download(post.id);
  item.append(link);
  list.append(item);
}

async function load() {
  const { data } = await client.GET("/api/posts", { params: { query: { state: "draft" } } }); // or without a query
  list.replaceChildren();
  data?.forEach(add);
}

// The fields of a form, as the browser encodes them without a script.
async function create(title: string) {
  const { data, error } = await client.POST("/api/posts", {
    body: { title },
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  if (data) add(data);
  else status.textContent = String(error);
}

async function show(id: number) {
  const { data, error } = await client.GET("/api/posts/{id}", { params: { path: { id } } });
  if (data) return data.title;
  // A 404 has a type of its own; the errors of the server itself are text.
  return typeof error === "object" ? `There is no post ${error.missing}.` : error;
}

async function download(id: number) {
  const { data } = await client.GET("/api/posts/{id}/file", { params: { path: { id } }, parseAs: "blob" });
  if (data) status.textContent = `${data.size} bytes of ${data.type}`;
}

form.onsubmit = (event) => {
  event.preventDefault();
  void create(String(new FormData(form).get("title")));
};

// `/?try` uses everything once, for a test with a browser.
await load();
if (location.search === "?try") {
  await create("By a form");
  await download(1);
  status.textContent += `; ${await show(1)}; ${await show(1000)}`;
}
