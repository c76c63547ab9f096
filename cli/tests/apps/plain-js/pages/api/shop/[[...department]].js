export default function handler(req, res) {
  const { department = [] } = req.query;
  res.send(department.join(" > "));
}
