export async function auth(req: unknown, res: unknown, next: () => unknown) {
  return next();
}
