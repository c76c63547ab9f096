export enum Role {
  Admin = "admin",
  Reader = "reader",
}

export type Status = "draft" | "in-progress" | "done";

export interface Entity {
  id: number;
  createdAt: Date;
}

export interface Author extends Entity {
  name: string;
  url?: string | null;
  role: Role;
}

export interface Post extends Entity {
  title: string;
  status: Status;
  tags: readonly string[];
  author: Author;
  position: [number, number];
  meta: Record<string, unknown>;
  replies: Post[];
  previous?: Post;
  "content-type": string;
  type: string;
}

export type Page<T> = { items: T[]; next: string | null };
