const file = Buffer.from({ length: 64 * 1024 }, (_, i) => (i % 255) + 1);

export default function handler(req, res) {
  res.send(file);
}
