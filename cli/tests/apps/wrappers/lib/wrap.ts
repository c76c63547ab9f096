type Handler = (req: any, res: any) => unknown;
export const withLog = (handler: Handler): Handler => handler;
export const withAuth = (handler: Handler, options: { role: string }): Handler => handler;
export const withCors = (options: { origin: string }) => (handler: Handler): Handler => handler;
export const allowMethods = (methods: string[], handler: Handler): Handler => handler;
export const handlers = (map: Record<string, Promise<{ default: Handler }>>): Handler => async (req, res) => {
  const found = await map[req.method];
  return found ? found.default(req, res) : res.status(405).json({ message: "Method not allowed" });
};
