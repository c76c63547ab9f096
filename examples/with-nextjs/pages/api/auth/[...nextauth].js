import NextAuth from 'next-auth';
import CredentialsProvider from 'next-auth/providers/credentials';

// It stays in Next.js: signing in and out, and who is signed in for `useSession()`.
export const authOptions = {
  providers: [
    CredentialsProvider({
      credentials: { name: { label: 'Name' }, password: { label: 'Password', type: 'password' } },
      authorize: ({ name, password }) =>
        password === 'correct horse' ? { id: '42', name, email: `${name.toLowerCase()}@example.com` } : null,
    }),
  ],
};

export default NextAuth(authOptions);
