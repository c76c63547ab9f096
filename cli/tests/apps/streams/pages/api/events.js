export default async function handler(req, res) {
  res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache, no-transform" });
  for (let i = 0; i < 3; i++) res.write(`data: ${i}\n\n`);
  req.on("close", () => {});
  res.end();
}
