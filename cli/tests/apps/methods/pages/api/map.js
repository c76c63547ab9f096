const list = (req, res) => res.json([]);
const create = (req, res) => res.status(201).json({});
const handlers = { GET: list, POST: create };

export default async function handler(req, res) {
  const handle = handlers[req.method];
  return handle ? handle(req, res) : res.status(405).end();
}
