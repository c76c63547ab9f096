export default function handler(req, res) {
  res.json({ draft: req.draftMode ?? false, data: req.previewData || null, theme: req.cookies.theme ?? null });
}
