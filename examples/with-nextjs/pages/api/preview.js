// The CMS links to `/api/preview?secret=...&post=1`.
export default function handler(req, res) {
  if (req.query.secret !== process.env.PREVIEW_SECRET) return res.status(401).send('Invalid token');
  res.setPreviewData({ by: 'Next.js', post: req.query.post }, { maxAge: 60 * 60 });
  res.redirect('/draft');
}
