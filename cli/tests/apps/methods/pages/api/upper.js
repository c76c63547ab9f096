export default function handler(req, res) {
  const method = req.method?.toUpperCase() ?? "GET";
  switch (method) {
    case "OPTIONS":
      return res.status(204).end();
    case "GET":
      return res.json({ method });
  }
  res.status(501).end();
}
