export default function user(req: any, res: any) {
  res.json({ user: 1 });
}
