export const config = { api: { bodyParser: { sizeLimit: 1024 }, responseLimit: "8mb" } };
export const maxDuration = 5;

export default function handler(req, res) {
  res.json({ body: req.body });
}
