export default function handler({ query }, res) {
  res.json({ page: query.page });
}
