export default function handler(req, res) {
  res.json({ message: `Hello, ${req.query.name ?? 'world'}!` });
}
