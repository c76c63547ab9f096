import { allowMethods } from "../../lib/wrap";
import { z } from "zod";

const Body = z.object({ name: z.string() });

export default allowMethods(["POST", "PUT"], async (req, res) => {
  const { name } = Body.parse(req.body);
  res.json({ name });
});
