import type { NextApiRequest, NextApiResponse } from "next";
import type { ApiFailure, Page, Post } from "@/lib";

type NewPost = Pick<Draft, "title" | "tags">;
interface Draft {
  title: string;
  tags?: string[];
  internal: boolean;
}

export default async function handler(req: NextApiRequest, res: NextApiResponse<Page<Post> | ApiFailure>) {
  if (req.method === "POST") {
    const { title } = req.body as NewPost;
    return res.status(400).json({ error: { code: 400, message: title } });
  }
  res.json({ items: [], next: null });
}
