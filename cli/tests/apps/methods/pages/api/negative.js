export default function handler(req, res) {
  if (req.method !== "POST") {
    return res.status(405).json({ error: "only POST" });
  }
  res.json({ ok: true });
}
