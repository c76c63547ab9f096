import type { NextApiRequest, NextApiResponse } from "next";
import { createRouter } from "next-connect";
import { auth } from "../../../lib/auth";

interface User {
  id: string;
  name: string;
}

const router = createRouter<NextApiRequest, NextApiResponse<User[]>>();

router
  .use(auth)
  .get(async (req, res: NextApiResponse<User[]>) => {
    res.json([{ id: "1", name: "Ada" }]);
  })
  .post((req, res) => res.status(201).end());

export default router.handler({
  onError: (error, req, res) => res.status(500).end(),
});
