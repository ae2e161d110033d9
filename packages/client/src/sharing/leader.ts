import { diagnoses } from "../diagnosis.ts";
import { type Link, RequestError } from "../link.ts";
import type { Asking, Telling, ToLeader } from "./messages.ts";
import { type Place, placeOf } from "./places.ts";

interface LeaderOptions {
  /** The one real connection; the leader closes it. */
  readonly link: Link;
  /** Names this leadership. */
  readonly term: string;
  /** The tab that leads: it is served like the others. */
  readonly self: string;
  /** To one tab, or to all. */
  tell(message: Telling, to?: string): void;
  /** Calls back when a tab is gone, with or without a word. Returns the way to stop. */
  watch(tab: string, onGone: () => void): () => void;
}

export interface Leader {
  receive(message: ToLeader): void;
  resign(): void;
}

interface Tab {
  wants: Set<string>;
  /** The server sees one connection: a tab that leaves must not take out the others that are in the same place. */
  readonly places: Map<string, Place>;
  readonly forget: () => void;
}

type RequestMessage = Extract<Asking, { type: "request" }>;

/** The server's greeting, which comes once per opening: a tab that joins later is shown it as well. */
const greetingEvent = "connection_established";

/** Serves all tabs of the group, its own among them, from one connection. */
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
        // The server has forgotten who was where.
        for (const tab of tabs.values()) vacate(tab, namespace);
        greetings.delete(namespace);
      }
      tell({ type: "namespace", namespace, state });
    }),
    link.onEvent((namespace, event, payload) => {
      if (event === greetingEvent) greetings.set(namespace, payload);
      const [first, second] = wanting(namespace);
      // A lone tab pays for no copies.
      if (first === undefined) return;
      tell({ type: "event", namespace, event, payload }, second === undefined ? first : undefined);
    }),
  ];

  function vacate({ places }: Tab, namespace: string): Place[] {
    const left = [...places.values()].filter((place) => place.namespace === namespace);
    for (const { key } of left) places.delete(key);
    return left;
  }

  function admit(id: string): Tab {
    const tab: Tab = {
      wants: new Set(),
      places: new Map(),
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
      // What we tell may make our own tab close the link, which must not be opened again.
      if (before.has(namespace) || resigned) continue;
      if (wanting(namespace).length === 1) link.open(namespace);
      tell({ type: "namespace", namespace, state: link.namespaceState(namespace) }, id);
      if (isOpen(namespace) && greetings.has(namespace)) {
        tell({ type: "event", namespace, event: greetingEvent, payload: greetings.get(namespace) }, id);
      }
    }
  }

  /** Whether the connection has to leave a place: a tab is in it no more, and no other is. */
  function isDeserted({ key, namespace }: Place): boolean {
    return isOpen(namespace) && ![...tabs.values()].some(({ places }) => places.has(key));
  }

  /** Nobody waits for the answer: a leave that fails costs events that nobody reads. */
  function depart(place: Place): void {
    const { namespace, leaveEvent, leavePayload } = place;
    if (isDeserted(place)) link.request(namespace, leaveEvent, leavePayload).catch(() => {});
  }

  async function perform({ places }: Tab, request: RequestMessage): Promise<object> {
    const { namespace, event, payload, timeoutMs, idempotent } = request;
    const forward = (): Promise<object> => link.request(namespace, event, payload, { timeoutMs, idempotent });
    const concerned = placeOf(namespace, event, payload);
    if (concerned === undefined) return forward();

    const { joins, place } = concerned;
    if (!joins) {
      places.delete(place.key);
      // A leave that waits for the namespace to open would be sent behind the others' new joins, and undo them.
      if (isDeserted(place)) return forward();
      return event === "leave_task" ? {} : place.leavePayload;
    }
    // Tasks are joined anew with each opening: a join that waited for it would come beside that.
    if (event === "join_task" && !isOpen(namespace)) {
      throw new RequestError("connection_lost", diagnoses.connection_lost.message);
    }
    // Counted before it is answered: meanwhile another tab may leave.
    places.set(place.key, place);
    const answer = await forward();
    // Whoever joined may have left while the request waited for a connection.
    if (!resigned) depart(place);
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
    // What ends because we resign did not fail: the next leader is asked again.
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
