const handler = async (req, res) => {
  res.setHeader("Content-Type", "application/feed+json");
  res.send(JSON.stringify({ items: [] }));
};

export default handler;
