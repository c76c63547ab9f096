import type { NextApiRequest, NextApiResponse, PageConfig } from "next";

export const config: PageConfig = {
  api: { bodyParser: false, externalResolver: true },
};

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  let bytes = 0;
  for await (const chunk of req) bytes += chunk.length;
  res.json({ bytes });
}
