import type { NextApiRequest, NextApiResponse } from "next";

type Counter = { kind: "counter"; value: number };
type Gauge = { kind: "gauge"; value: number; unit: string };
type Stats = (Counter | Gauge)[];

async function list(req: NextApiRequest, res: NextApiResponse<Stats>) {
  res.json([]);
}

async function reset(req: NextApiRequest, res: NextApiResponse<{ reset: true }>) {
  res.json({ reset: true });
}

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  return req.method === "DELETE" ? reset(req, res) : list(req, res);
}
