import { limit } from "../../lib/limit";

export const config = { api: { bodyParser: { sizeLimit: limit }, responseLimit: process.env.LIMIT } };

export default function handler(req, res) {
  res.end();
}
