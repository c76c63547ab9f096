export default function handler(req, res) {
  const { method } = req;
  if (method === "GET" || "DELETE" === method) return res.json({ method });
  res.status(404).end();
}
