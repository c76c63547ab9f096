export default (req, res) => {
  const { pid, x, y } = req.query;
  res.json({ pid, x, y, theme: req.cookies.theme });
};
