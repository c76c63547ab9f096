const titles = { 1: 'First', 2: 'Second' };

export default function handler(req, res) {
  const { pid } = req.query;
  if (!titles[pid]) return res.status(404).json({ error: 'no such post' });
  res.json({ pid, title: titles[pid] });
}
