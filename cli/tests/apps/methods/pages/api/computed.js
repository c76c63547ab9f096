import { METHODS } from "../../lib/methods";

export default function handler(req, res) {
  if (!METHODS.includes(req.method)) return res.status(405).end();
  res.json({ method: req.method });
}
