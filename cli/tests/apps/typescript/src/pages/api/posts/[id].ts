import type { NextApiHandler } from "next";
import { Post } from "../../../lib/types";

const handler: NextApiHandler<Post | null> = (req, res) => {
  res.json(null);
};

export default handler;
