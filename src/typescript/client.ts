/** A pattern of a route, as it is written in Rust. */
export type ApiPattern = ApiOrder[number];

// The segments of a path or of a pattern.
type ApiSplit<P extends string> = P extends `${infer Head}/${infer Tail}` ? [Head, ...ApiSplit<Tail>] : [P];

// The path without its query and without a slash at its end.
type ApiTrim<P extends string> = P extends `${infer Path}#${string}`
  ? ApiTrim<Path>
  : P extends `${infer Path}?${string}`
    ? ApiTrim<Path>
    : P extends `${infer Path}/`
      ? Path
      : P;

type ApiSegments<P extends string> = string extends P ? never : ApiTrim<P> extends `/${infer Rest}` ? ApiSplit<Rest> : [];

// Whether a path matches a pattern, segment by segment.
type ApiFits<Path extends string[], Pattern extends string[]> = Pattern extends [
  infer Segment extends string,
  ...infer Rest extends string[],
]
  ? Segment extends `[[...${string}]]`
    ? true
    : Path extends [infer Head extends string, ...infer Tail extends string[]]
      ? Segment extends `[...${string}]`
        ? true
        : Segment extends `[${string}]`
          ? Head extends ""
            ? false
            : ApiFits<Tail, Rest>
          : Head extends Segment
            ? ApiFits<Tail, Rest>
            : false
      : false
  : Path extends []
    ? true
    : false;

// The first pattern that matches: they are in the order in which the server tries them.
type ApiFirst<Path extends string[], Order extends string[]> = Path extends unknown
  ? Order extends [infer Pattern extends string, ...infer Rest extends string[]]
    ? ApiFits<Path, ApiSegments<Pattern>> extends true
      ? Pattern
      : ApiFirst<Path, Rest>
    : never
  : never;

/** The pattern of the route that responds to a path. */
export type ApiRouteOf<P extends string> = ApiFirst<ApiSegments<P>, ApiOrder> & ApiPattern;

/** The methods that a path responds to. */
export type ApiMethodOf<P extends string> = ApiMethodsOf<ApiRoutes[ApiRouteOf<P>]>;

type ApiMethodsOf<R> = R extends { "*": unknown } ? string : keyof R | "OPTIONS" | (R extends { GET: unknown } ? "HEAD" : never);

/** What is known of a request: `params`, `query`, `body` and `response`. */
export type ApiOperation<P extends string, M = "GET"> = ApiOperationOf<ApiRoutes[ApiRouteOf<P>], M>;

type ApiOperationOf<R, M> = R extends { "*": infer Operation }
  ? Operation
  : M extends keyof R
    ? R[M]
    : { params: {}; query: ApiQuery; body: never; response: never };

/** What a query string can have. */
export type ApiQueryValue = string | number | boolean | null | undefined;
export type ApiQuery = { [name: string]: ApiQueryValue | readonly ApiQueryValue[] };

type ApiBody<O> = O extends { body: infer B }
  ? [B] extends [never]
    ? { json?: never; body?: never }
    : unknown extends B
      ? { json?: unknown; body?: globalThis.BodyInit | null }
      : null extends B
        ? { json?: B; body?: never }
        : { json: B; body?: never }
  : never;

type ApiSearch<O> = O extends { query: infer Q; params: infer Params }
  ? {} extends Omit<Q, keyof Params>
    ? { query?: Omit<Q, keyof Params> }
    : { query: Omit<Q, keyof Params> }
  : never;

type ApiInit<O, M> = Omit<globalThis.RequestInit, "method" | "body"> &
  ApiBody<O> &
  ApiSearch<O> &
  (M extends "GET" ? { method?: M } : { method: M });

type ApiArguments<I> = {} extends I ? [init?: I] : [init: I];

/** A response. Only where `ok` is true the body is what the handler sends: an error has a body of its own. */
export type ApiResponse<T> =
  | (Omit<globalThis.Response, "ok" | "json"> & { readonly ok: true; json(): Promise<T> })
  | (Omit<globalThis.Response, "ok" | "json"> & { readonly ok: false; json(): Promise<unknown> });

type ApiPath<P extends string> = [ApiRouteOf<P>] extends [never] ? ApiPattern : P;

/** The type of `fetch`: the path and the method decide what it takes, and what the response is. */
export type ApiFetch = <P extends string, M extends ApiMethodOf<P> = "GET" & ApiMethodOf<P>>(
  path: ApiPath<P>,
  ...init: ApiArguments<ApiInit<ApiOperation<P, M>, M>>
) => Promise<ApiResponse<ApiOperation<P, M>["response"]>>;

/** Returns a `fetch` for the API at an origin, such as `http://127.0.0.1:4000`: outside of a browser a path alone is no URL. */
export function createFetch(origin: string): ApiFetch {
  const typed = (path: string, init: globalThis.RequestInit & { json?: unknown; query?: ApiQuery } = {}) => {
    const { json, query, ...rest } = init;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined && one !== null) search.append(name, String(one));
      }
    }
    const [target = "", ...pairs] = path.split("?");
    const text = search.toString();
    if (text !== "") pairs.push(text);
    const url = origin + target + (pairs.length > 0 ? `?${pairs.join("&")}` : "");
    if (json === undefined) return globalThis.fetch(url, rest);
    const headers = new Headers(rest.headers);
    if (!headers.has("content-type")) headers.set("content-type", "application/json");
    return globalThis.fetch(url, { ...rest, headers, body: JSON.stringify(json) });
  };
  return typed as ApiFetch;
}

/** The global `fetch` for the routes of this file, with `json` for a body and `query` for a query string. */
export const fetch = createFetch("");
