import type { NextApiRequest, NextApiResponse } from "next";

// Each contains the other: in a list, by extension and directly.
interface Folder {
  files: Entry[];
  first: Entry;
  link?: Link;
  names: { [name: string]: Folder };
}

interface Entry {
  folder: Folder;
  parent: Folder | null;
}

interface Link extends Folder {
  target: string;
  [key: string]: unknown;
}

type Nested = Nested[];

export default function handler(req: NextApiRequest, res: NextApiResponse<Folder | Nested>) {
  res.json([]);
}
