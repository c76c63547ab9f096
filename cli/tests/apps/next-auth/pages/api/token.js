import { getToken } from "next-auth/jwt";

export default async (req, res) => {
  res.json((await getToken({ req })) ?? null);
};
