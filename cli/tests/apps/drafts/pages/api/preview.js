export default function handler(req, res) {
  if (req.query.secret !== "s") return res.status(401).json({ message: "Invalid token" });
  res.setPreviewData({ by: "Next.js" }, { maxAge: 3600 });
  res.redirect("/");
}
