/** The pages in the order in which a reader meets them. A test holds that each page of the site is here, once. */
const page = (text: string, link: string) => ({ text, link });

const group = (text: string, items: object[], collapsed?: boolean) => ({
  ...{ text, items },
  ...(collapsed !== undefined && { collapsed }),
});

export const sidebar = [
  group("Start", [page("What it is", "/"), page("Five minutes", "/docs/getting-started")]),
  group("Integrate", [
    page("Express, Fastify, NestJS, Next", "/docs/integrating"),
    page("Coming from Flask-SocketIO", "/docs/migrating-from-flask-socketio"),
    page("Coming from Socket.IO", "/docs/migrating-from-socket.io"),
  ]),
  group(
    "Examples",
    [
      page("Express", "/examples/express/"),
      page("Fastify and Better Auth", "/examples/fastify-better-auth/"),
      page("BullMQ", "/examples/bullmq/"),
      page("Without a bundler", "/examples/html/"),
      page("React", "/examples/react/"),
      page("Python", "/examples/python/"),
    ],
    true,
  ),
  group("Use", [
    page("Sessions", "/docs/sessions"),
    page("Tasks", "/docs/tasks"),
    page("Notifications", "/docs/notifications"),
    page("The client", "/docs/client"),
    page("The dashboard", "/docs/admin"),
  ]),
  group("Run", [
    page("Configuration", "/CONFIGURATION"),
    page("Deployment", "/docs/deployment"),
    page("Several nodes", "/docs/several-nodes"),
    page("Operation", "/docs/operation"),
    page("Upgrading", "/docs/upgrading"),
    page("Compatibility", "/docs/compatibility"),
    page("Troubleshooting", "/docs/troubleshooting"),
  ]),
  group("Look up", [
    page("Errors", "/docs/errors"),
    page("Diagnoses", "/docs/diagnoses"),
    page("Protocol", "/PROTOCOL"),
    page("API", "/docs/api/"),
  ]),
  group("Understand", [
    page("How it works", "/docs/how-it-works"),
    page("What a connection meets", "/docs/lifecycle"),
    page("Security", "/SECURITY"),
    page("What it costs", "/bench/"),
    page("How it scales", "/docs/scaling"),
    page("Parts of Flask-SocketIO", "/docs/components"),
  ]),
  group(
    "Reliability",
    [
      page("Overview", "/docs/reliability/"),
      page("Interruptions", "/docs/reliability/matrix"),
      page("Faults", "/docs/reliability/faults"),
      page("Faults of two nodes", "/docs/reliability/faults-of-two-nodes"),
      page("Histories", "/docs/reliability/history"),
      page("Fuzzing", "/docs/reliability/fuzz"),
      page("Mutation testing", "/docs/reliability/mutation"),
      page("Siege", "/docs/reliability/siege"),
      page("Runs of the test suite", "/docs/reliability/test-runs"),
    ],
    true,
  ),
  group(
    "The project",
    [
      page("Decisions", "/docs/decisions/"),
      page("Changelog", "/CHANGELOG"),
      page("Contributing", "/CONTRIBUTING"),
      page("Code of conduct", "/CODE_OF_CONDUCT"),
    ],
    true,
  ),
];
