import { getIronSession } from "iron-session";
import { options, type SessionData } from "../../lib/session";

export default async function logout(req, res) {
  const session = await getIronSession<SessionData>(req, res, options);
  session.destroy();
  res.redirect("/");
}
