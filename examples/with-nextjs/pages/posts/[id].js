// Rendered once and kept for a day, or until Rust asks for it anew.
export function getStaticPaths() {
  return { paths: [{ params: { id: '1' } }], fallback: 'blocking' };
}

export function getStaticProps({ params }) {
  return { props: { id: params.id, time: new Date().toISOString() }, revalidate: 24 * 60 * 60 };
}

export default function Post({ id, time }) {
  return <p>{`Post ${id}, rendered at ${time}`}</p>;
}
