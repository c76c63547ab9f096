import nc from "next-connect";

export default nc()
  .use((req, res, next) => next())
  .get((req, res) => res.json({ old: true }))
  .delete((req, res) => res.status(204).end());
