function handler(req, res) {
  res.json({ pid: req.query.pid });
}

export { handler as default };
