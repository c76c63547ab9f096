export default function Home() {
  return (
    <ul>
      <li><a href="/posts/1">A post, rendered once and kept</a></li>
      <li><a href="/draft">A page that knows drafts</a></li>
      <li><a href="/api/hello">An API route</a></li>
      <li><a href="/api/auth/signin">Sign in</a>, and see <a href="/api/me">who you are</a></li>
    </ul>
  );
}
