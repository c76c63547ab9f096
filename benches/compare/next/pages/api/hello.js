export default (req, res) => res.json({ message: "Hello from Rust!" });
