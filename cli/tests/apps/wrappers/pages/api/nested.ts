import { withAuth, withCors, withLog } from "../../lib/wrap";

const handler = async (req: any, res: any) => res.json({ ok: true });

export default withLog(withCors({ origin: "*" })(withAuth(handler, { role: "admin" })));
