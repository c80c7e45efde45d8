/**
 * What the routes are given and give back, as far as they use it. The streams of the platform's own `Request` and `Response`
 * cost half as much again as everything else that the sandbox does for a call.
 */

export function plainRequest(method: string, url: URL, headers: Record<string, string>, body: string): Request {
  const request = {
    method,
    url: url.href,
    headers: new Headers(headers),
    text: () => Promise.resolve(body),
    json: () => Promise.resolve(JSON.parse(body) as unknown),
  };
  return request as unknown as Request;
}

export function plainResponse(status: number, headers: Record<string, string>, body: string): Response {
  return { status, headers: new Headers(headers), text: () => Promise.resolve(body) } as unknown as Response;
}
