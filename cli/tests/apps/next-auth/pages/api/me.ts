import type { NextApiRequest, NextApiResponse } from "next";
import { getServerSession } from "next-auth/next";
import { authOptions } from "./auth/[...nextauth]";

type Me = { name: string | null; image?: string };

export default async function handler(req: NextApiRequest, res: NextApiResponse<Me | { error: string }>) {
  const session = await getServerSession(req, res, authOptions);
  if (!session) return res.status(401).json({ error: "Unauthorized" });
  res.json({ name: session.user?.name ?? null });
}
