export default (req, res) => res.json({ message: `Hello, ${req.query.name ?? "world"}!` });
