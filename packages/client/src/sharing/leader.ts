import { diagnoses } from "../diagnosis.ts";
import { type Link, RequestError } from "../link.ts";
import { type Membership, membershipOf } from "./membership.ts";
import type { Asking, Telling, ToLeader } from "./messages.ts";

interface LeaderOptions {
  /** The real connection; the leader closes it. */
  readonly link: Link;
  /** Identifies this leadership. */
  readonly term: string;
  /** The leading tab itself: it is served like the others. */
  readonly self: string;
  /** Sends to one tab, or to all. */
  tell(message: Telling, to?: string): void;
  /** Calls back when a tab is gone, whether it closed or crashed. Returns a function that stops watching. */
  watch(tab: string, onGone: () => void): () => void;
}

export interface Leader {
  receive(message: ToLeader): void;
  resign(): void;
}

interface Tab {
  wants: Set<string>;
  /** The server sees one connection: a tab that leaves must not remove other tabs that joined the same task or room. */
  readonly memberships: Map<string, Membership>;
  readonly forget: () => void;
}

type RequestMessage = Extract<Asking, { type: "request" }>;

/** The server's greeting, which arrives once per opening: a tab that joins later receives it as well. */
const greetingEvent = "connection_established";

/** Serves all tabs of the group, including its own, from one connection. */
export function createLeader({ link, term, self, tell, watch }: LeaderOptions): Leader {
  const tabs = new Map<string, Tab>();
  const greetings = new Map<string, unknown>();
  let resigned = false;

  const wanting = (namespace: string): string[] => [...tabs.keys()].filter((id) => tabs.get(id)?.wants.has(namespace));
  const isOpen = (namespace: string): boolean => link.namespaceState(namespace).status === "open";

  const stops = [
    link.state.subscribe((state) => tell({ type: "state", state })),
    link.onNamespace((namespace, state) => {
      if (state.status !== "open") {
        // The server has forgotten all joined tasks and rooms.
        for (const tab of tabs.values()) vacate(tab, namespace);
        greetings.delete(namespace);
      }
      tell({ type: "namespace", namespace, state });
    }),
    link.onEvent((namespace, event, payload) => {
      if (event === greetingEvent) greetings.set(namespace, payload);
      const [first, second] = wanting(namespace);
      // A single tab receives the event without a broadcast.
      if (first === undefined) return;
      tell({ type: "event", namespace, event, payload }, second === undefined ? first : undefined);
    }),
  ];

  function vacate({ memberships }: Tab, namespace: string): Membership[] {
    const left = [...memberships.values()].filter((membership) => membership.namespace === namespace);
    for (const { key } of left) memberships.delete(key);
    return left;
  }

  function admit(id: string): Tab {
    const tab: Tab = {
      wants: new Set(),
      memberships: new Map(),
      forget: id === self ? () => {} : watch(id, () => drop(id, tab)),
    };
    tabs.set(id, tab);
    tell({ type: "state", state: link.state.get() }, id);
    return tab;
  }

  function drop(id: string, tab: Tab): void {
    if (resigned) return;
    setWants(id, tab, []);
    tabs.delete(id);
  }

  function setWants(id: string, tab: Tab, wants: readonly string[]): void {
    const before = tab.wants;
    tab.wants = new Set(wants);
    for (const namespace of before) {
      if (tab.wants.has(namespace)) continue;
      const left = vacate(tab, namespace);
      if (wanting(namespace).length === 0) link.leave(namespace);
      else left.forEach(depart);
    }
    for (const namespace of tab.wants) {
      // These messages may make this tab close the link, which must not be opened again.
      if (before.has(namespace) || resigned) continue;
      if (wanting(namespace).length === 1) link.open(namespace);
      tell({ type: "namespace", namespace, state: link.namespaceState(namespace) }, id);
      if (isOpen(namespace) && greetings.has(namespace)) {
        tell({ type: "event", namespace, event: greetingEvent, payload: greetings.get(namespace) }, id);
      }
    }
  }

  /** Whether the connection has to leave a task or room: no tab is a member of it any more. */
  function isDeserted({ key, namespace }: Membership): boolean {
    return isOpen(namespace) && ![...tabs.values()].some(({ memberships }) => memberships.has(key));
  }

  /** The result is ignored: a leave that fails only costs events that no tab reads. */
  function depart(membership: Membership): void {
    const { namespace, leaveEvent, leavePayload } = membership;
    if (isDeserted(membership)) link.request(namespace, leaveEvent, leavePayload).catch(() => {});
  }

  async function perform({ memberships }: Tab, request: RequestMessage): Promise<object> {
    const { namespace, event, payload, timeoutMs, idempotent } = request;
    const forward = (): Promise<object> => link.request(namespace, event, payload, { timeoutMs, idempotent });
    const concerned = membershipOf(namespace, event, payload);
    if (concerned === undefined) return forward();

    const { joins, membership } = concerned;
    if (!joins) {
      memberships.delete(membership.key);
      // A leave that waits for the namespace to open would be sent after new joins of other tabs, and undo them.
      if (isDeserted(membership)) return forward();
      return event === "leave_task" ? {} : membership.leavePayload;
    }
    // Tabs join tasks again on each opening: a join that waited for the opening would duplicate that.
    if (event === "join_task" && !isOpen(namespace)) {
      throw new RequestError("connection_lost", diagnoses.connection_lost.message);
    }
    // Recorded before the response: another tab may leave meanwhile.
    memberships.set(membership.key, membership);
    const answer = await forward();
    // The tab that joined may have left while the request waited for a connection.
    if (!resigned) depart(membership);
    return answer;
  }

  async function answer(id: string, tab: Tab, request: RequestMessage): Promise<void> {
    let reply: Telling;
    try {
      reply = { type: "answer", id: request.id, answer: await perform(tab, request) };
    } catch (error) {
      const known = error instanceof RequestError ? error : new RequestError("unknown", diagnoses.unknown.message);
      reply = { type: "failure", id: request.id, code: known.code, message: known.message, refusal: known.refusal };
    }
    // Requests that end because this leader resigns have not failed: the tab sends them to the next leader.
    if (!resigned) tell(reply, id);
  }

  return {
    receive(message) {
      const { from } = message;
      if (message.type === "ask") return tell({ type: "lead" }, from);
      if (message.term !== term || resigned) return;
      const tab = tabs.get(from);
      if (message.type === "hello") setWants(from, tab ?? admit(from), message.wants);
      else if (message.type === "request") {
        if (tab !== undefined) void answer(from, tab, message);
      } else if (message.type === "retry") link.retry();
      else link.sessionChanged();
    },
    resign() {
      resigned = true;
      for (const stop of stops) stop();
      for (const { forget } of tabs.values()) forget();
      link.close();
    },
  };
}
