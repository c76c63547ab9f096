export const config = {
  api: { bodyParser: { sizeLimit: "4mb" }, responseLimit: false },
  maxDuration: 60,
  regions: ["fra1"],
};

export default function handler(req, res) {
  res.json({ length: req.body.length });
}
