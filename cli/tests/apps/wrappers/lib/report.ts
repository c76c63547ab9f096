import type { NextApiRequest, NextApiResponse } from "next";

export type Report = { total: number };

export async function report(req: NextApiRequest, res: NextApiResponse<Report>) {
  if (req.method !== "GET") return res.status(405).end();
  res.setHeader("Set-Cookie", "seen=1; Path=/").json({ total: 1 });
}
