export default (req, res) => {
  const { name, age, comment } = req.body;
  res.json({ name, age: Number(age), comment });
};
