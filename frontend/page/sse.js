// Server-sent events of a response, as they come: {data} or {comment}.
// https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as this server uses it.

export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const {value, done} = await reader.read();
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      for (const line of lines) {
        if (line.startsWith('data: ')) yield {data: line.slice(6)};
        else if (line.startsWith(':')) yield {comment: line.slice(1).trim()};
      }
    }
  } finally {
    // Without it, leaving early would let the server go on.
    await reader.cancel().catch(() => {});
  }
}
