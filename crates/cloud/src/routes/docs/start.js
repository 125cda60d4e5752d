// The key that is typed in stays in this page: it is sent with the calls that are tried, and kept nowhere.
window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  filter: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  requestInterceptor(request) {
    // Each press of Execute is a sale of its own, made now, unless the reader wrote a key or another time.
    if (request.method === 'POST' && new URL(request.url, location.href).pathname === '/api/v1/invoices') {
      request.headers['Idempotency-Key'] ||= crypto.randomUUID?.() ?? `docs-${Date.now()}`;
      const now = new Date().toISOString().slice(0, 19);
      request.body = request.body?.replace('"2026-03-14T07:32:10Z"', `"${now}Z"`);
    }
    return request;
  },
});
