export default function handler(req, res) {
  switch (req.method) {
    case "GET":
      return res.json([]);
    case "POST":
    case "PUT":
      return res.status(201).end();
    default:
      res.setHeader("Allow", ["GET", "POST", "PUT"]);
      res.status(405).end(`Method ${req.method} Not Allowed`);
  }
}
