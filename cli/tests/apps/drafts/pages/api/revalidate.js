export default async function handler(req, res) {
  try {
    await res.revalidate("/posts/1");
    return res.json({ revalidated: true });
  } catch (error) {
    return res.status(500).send("Error revalidating");
  }
}
