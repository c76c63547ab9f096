// Written by tower-api-routes from the routes of the server. Do not edit.
/* eslint-disable */

export type NewPost = { title: string, readingList?: Array<string>, };
export type Page<T> = { number: number, tags: Array<string>, posts: Array<T>, };
export type Paging = { page: number, tag?: Array<string>, };
export type Pid = { pid: number, };
/**
 * What everybody reads.
 */
export type Post = { id: number, title: string, readingList: Array<string>, state: State, };
export type State = "draft";

/** The routes of the API, by pattern and method; `*` is every method. */
export interface ApiRoutes {
  "/docs/api/any/[[...rest]]": {
    "*": { params: { "rest"?: string[] }; query: ApiQuery; body: unknown; response: unknown };
  };
  "/docs/api/files/[...path]": {
    "*": { params: { "path": string[] }; query: ApiQuery; body: unknown; response: unknown };
  };
  "/docs/api/optional": {
    "PUT": { params: {}; query: ApiQuery; body: NewPost | null; response: string | null };
  };
  "/docs/api/post": {
    "GET": { params: {}; query: Paging; body: never; response: Page<Post> };
    "POST": { params: {}; query: ApiQuery; body: NewPost; response: Post };
  };
  "/docs/api/post/new": {
    "GET": { params: {}; query: ApiQuery; body: never; response: string };
  };
  "/docs/api/post/[pid]": {
    "GET": { params: { "pid": string }; query: Pid; body: never; response: Post };
  };
}

