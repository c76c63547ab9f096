// Makes a request smaller for as long as it still fails.

// Cuts out ever smaller pieces of a text.
async function shorten(text, still) {
  for (let size = Math.ceil(text.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
    for (let at = 0; at < text.length; ) {
      const candidate = text.slice(0, at) + text.slice(at + size);
      if (candidate !== text && (await still(candidate))) text = candidate;
      else at += size;
    }
  }
  return text;
}

export async function minimise(request, fails) {
  let best = request;
  const until = Date.now() + 5000;
  const attempt = async (change) => {
    if (Date.now() > until) return false;
    const candidate = { ...best, ...change };
    if (!(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  await attempt({ chunked: false });
  for (let i = best.headers.length - 1; i >= 0; i -= 1) {
    await attempt({ headers: best.headers.filter((_, j) => j !== i) });
  }
  if (best.kind === 'respond') {
    const { steps } = JSON.parse(best.body);
    for (let i = steps.length - 1; i >= 0; i -= 1) {
      if (await attempt({ body: JSON.stringify({ steps: steps.filter((_, j) => j !== i) }) })) steps.splice(i, 1);
    }
    return best;
  }
  if (best.body.length < 20000) await shorten(best.body, (body) => attempt({ body }));
  await shorten(best.target.slice(1), (rest) => attempt({ target: `/${rest}` }));
  for (let i = 0; i < best.headers.length; i += 1) {
    const put = (value) => best.headers.map((header, j) => (j === i ? [header[0], value] : header));
    await shorten(best.headers[i][1], (value) => attempt({ headers: put(value) }));
  }
  return best;
}
