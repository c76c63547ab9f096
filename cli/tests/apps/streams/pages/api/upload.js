import formidable from "formidable";

export const config = { api: { bodyParser: false } };

export default function handler(req, res) {
  formidable({}).parse(req, (error, fields) => res.json({ fields }));
}
