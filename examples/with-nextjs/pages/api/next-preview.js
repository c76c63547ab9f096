// A route that has not moved yet.
export default function handler(req, res) {
  res.setPreviewData({ by: 'Next.js' }, { maxAge: 60 * 60 });
  res.redirect('/draft');
}
