import type { NextApiRequest, NextApiResponse } from "next";
import { getIronSession } from "iron-session";
import { options, type SessionData } from "../../lib/session";

type Login = { name: string; password: string };

export default async function login(req: NextApiRequest, res: NextApiResponse<{ ok: boolean }>) {
  if (req.method !== "POST") return res.status(405).end();
  const { name }: Login = req.body;
  const session = await getIronSession<SessionData>(req, res, options);
  session.user = { id: name.length };
  await session.save();
  res.json({ ok: true });
}
