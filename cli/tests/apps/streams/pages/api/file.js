import { createReadStream } from "node:fs";

export default function handler(req, res) {
  res.setHeader("Content-Type", "application/json");
  createReadStream("package.json").pipe(res);
}
