export interface SessionData {
  user?: { id: number };
}

export const options = { cookieName: "shop", password: process.env.SESSION_PASSWORD! };
