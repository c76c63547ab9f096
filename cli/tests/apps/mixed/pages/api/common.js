const { eq } = require("drizzle-orm");

async function handler(req, res) {
  res.json({ eq: typeof eq });
}

module.exports = handler;
module.exports.config = { api: { bodyParser: { sizeLimit: "2kb" } } };
