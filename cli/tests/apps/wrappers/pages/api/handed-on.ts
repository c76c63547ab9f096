import type { NextApiRequest, NextApiResponse } from "next";
import { report } from "../../lib/report";

export default async function handler(req: NextApiRequest, res: NextApiResponse) {
  return report(req, res);
}
