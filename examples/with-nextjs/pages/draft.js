// Rendered once for everybody, and anew for whoever has the cookies of draft mode.
export function getStaticProps({ draftMode = false, previewData = null }) {
  return { props: { draftMode, previewData } };
}

export default function Draft({ draftMode, previewData }) {
  return <p>{draftMode ? `Draft mode, with ${JSON.stringify(previewData)}` : 'What everybody sees'}</p>;
}
