export default function post(req: any, res: any) {
  res.status(201).end();
}
