import { createEdgeRouter, createRouter } from "next-connect";

const router = createRouter();
router.all((req, res) => res.json({ method: req.method }));
export default router.handler();
