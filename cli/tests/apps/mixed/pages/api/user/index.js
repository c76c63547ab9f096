export default function handler(req, res) {
  res.json({ user: 2 });
}
