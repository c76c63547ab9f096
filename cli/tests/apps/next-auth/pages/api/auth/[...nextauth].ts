import NextAuth, { type NextAuthOptions } from "next-auth";

export const authOptions: NextAuthOptions = { providers: [], secret: process.env.NEXTAUTH_SECRET };

export default NextAuth(authOptions);
