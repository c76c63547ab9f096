import { NextApiRequest as Request, NextApiResponse as Response } from "next";
import type { SearchResponse } from "some-package";

interface Search extends Request {
  body: { query: string; limit?: number; sort: "asc" | "desc" };
}

export default function search(request: Search, response: Response<SearchResponse<string>>) {
  if (request.method !== "POST") {
    response.status(405).end();
    return;
  }
  response.json({ hits: [] } as never);
}
