const allowed = ["GET", "PATCH"];

export default function handler(req, res) {
  if (!allowed.includes(req.method)) return res.status(405).end();
  res.json({ method: req.method });
}
