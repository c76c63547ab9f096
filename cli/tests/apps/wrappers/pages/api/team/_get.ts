export default function get(req: any, res: any) {
  res.json([]);
}
