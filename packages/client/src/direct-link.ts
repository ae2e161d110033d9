import type { HandshakeAuth } from "@signalbox/protocol";
import { type Attempt, openAttempt } from "./attempt.ts";
import { type ConnectionEvent, type ConnectionState, initialState, nextState } from "./connection-state.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { disconnectReasonIn } from "./disconnect-reason.ts";
import type { Environment } from "./environment.ts";
import { type Clues, explainFailure } from "./explain-failure.ts";
import { closedReason, type Link } from "./link.ts";
import { createListeners } from "./listeners.ts";
import { createNamespaceTable } from "./namespace-table.ts";
import { createSource } from "./observable.ts";
import { failureOf, type Probe } from "./probe.ts";
import { type Signal, watchActivity } from "./recovery/activity.ts";
import { isAlive } from "./recovery/liveness.ts";
import { type Decision, decideRetry, defaultRetrySettings } from "./recovery/retry-policy.ts";
import { createTransportPlan } from "./recovery/transport-plan.ts";
import { webSocketWorks } from "./recovery/websocket-trial.ts";
import type { Reporter } from "./report.ts";
import { createRequests, type OutgoingRequest, outcomeIn } from "./requests.ts";
import { createServerSettings } from "./server-settings.ts";

export interface DirectLinkOptions {
  readonly base: string;
  readonly environment: Environment;
  readonly report: Reporter;
  readonly probe: Probe;
  /** Credentials beyond the page's cookie, requested on every attempt. */
  credentials(): Promise<HandshakeAuth>;
  /** Sent with every handshake where the platform allows it: a browser's WebSocket does not. */
  handshakeHeaders(): Promise<Record<string, string>>;
}

/** A connection that lasts this long counts as a success: the next failure restarts the count. */
const stableMs = 5000;

/** Timeout of the first attempt after waking; each further attempt gets the same amount more. */
const hurryMs = 500;
const hurries = 6;

/** How often a waiting client checks whether the cause of its refusal has changed: at most 2 requests a minute. */
const watchMs = 30_000;

/**
 * A connection owned by this tab: opens it, diagnoses failures, and retries as the diagnosis allows. Only one attempt
 * runs at a time. Callbacks of an abandoned attempt are recognised by its number and ignored.
 */
export function createDirectLink(options: DirectLinkOptions): Link {
  const { base, environment, report, probe } = options;
  const state = createSource<ConnectionState>(initialState(environment.now()), report);
  const settings = createServerSettings(probe);
  const plan = createTransportPlan(environment);
  const namespaces = createNamespaceTable(report);
  const requests = createRequests({
    ...{ environment, namespaceState: namespaces.get, send },
    onTimeout: () => void verify(),
  });
  const events = createListeners<[namespace: string, event: string, payload: unknown]>(report);

  let attempt: Attempt | undefined;
  let attemptNumber = 0;
  /** Whether client-config was read for the current attempt rather than for an earlier one. */
  let settingsAreNew = false;
  let failures = 0;
  /** Time of the first of these failures. */
  let failingSince = 0;
  /**
   * Number of attempts to cut short: after sleep, a browser reuses HTTP connections that died with ours, and drops one
   * after an abandoned request.
   */
  let hurry = 0;
  let establishedAt: number | undefined;
  /** What the server announced before it closed the connection. */
  let announced: Diagnosis | undefined;
  /** How the last session ended: users see this instead of "not signed in". */
  let sessionEnd: Diagnosis | undefined;
  let headers: Record<string, string> = {};
  const planned = new Set<() => void>();

  /** Set from the first attempt on: a link that was never used keeps no timer. */
  let stopActivity: (() => void) | undefined;

  return {
    state,
    namespaceState: namespaces.get,
    open(namespace) {
      if (!namespaces.want(namespace)) return;
      const { status, diagnosis } = state.get();
      if (attempt !== undefined) enter(namespace);
      else if (status === "idle" || status === "closed") retry();
      else if (status === "auth_required" || status === "refused") namespaces.set(namespace, "refused", diagnosis);
    },
    leave(namespace) {
      namespaces.forget(namespace);
      requests.reject(closedReason, namespace);
      if (namespaces.wanted().length > 0) attempt?.remove(namespace);
      else rest();
    },
    request: requests.request,
    onEvent: events.add,
    onNamespace: namespaces.subscribe,
    retry,
    sessionChanged() {
      settings.forget();
      failures = 0;
      const { status } = state.get();
      if (status === "idle" || status === "closed") return;
      dispatch({ type: "session_changed" });
      void connect();
    },
    close() {
      rest();
      state.end();
      namespaces.setAll("closed");
      requests.reject(closedReason);
    },
  };

  function dispatch(event: ConnectionEvent): void {
    state.set(nextState(state.get(), event, environment.now()));
  }

  /** Wraps a callback so that it runs only while its attempt is current. */
  function whileCurrent<Args extends unknown[]>(run: (...args: Args) => void): (...args: Args) => void {
    const mine = attemptNumber;
    return (...args) => {
      if (mine === attemptNumber) run(...args);
    };
  }

  function later(delayMs: number, run: () => void): void {
    planned.add(environment.after(delayMs, whileCurrent(run)));
  }

  function retry(): void {
    failures = 0;
    settings.forget();
    dispatch({ type: "requested" });
    void connect();
  }

  /** Closes the connection once no namespace is wanted any more. */
  function rest(): void {
    dropAttempt();
    stopActivity?.();
    stopActivity = undefined;
    dispatch({ type: "closed_by_application" });
  }

  /** Abandons the current attempt and everything that was scheduled for it. */
  function dropAttempt(): void {
    attemptNumber += 1;
    for (const cancel of planned) cancel();
    planned.clear();
    attempt?.close();
    attempt = undefined;
    establishedAt = undefined;
    announced = undefined;
    for (const namespace of namespaces.lose()) requests.lost(namespace);
  }

  /**
   * Also tries where the platform reports no network: the report can be wrong, and a server on this machine needs none.
   */
  async function connect(): Promise<void> {
    dropAttempt();
    stopActivity ??= watchActivity(environment, onSignal);
    dispatch({ type: "attempt" });
    namespaces.setAll("opening");
    settingsAreNew = !settings.fresh;
    const mine = attemptNumber;
    const trouble = (await settings.load()) ?? (await loadHeaders());
    if (mine !== attemptNumber) return;
    if (trouble !== undefined) return explain(trouble);
    const admission = settings.admissionTo(namespaces.wanted());
    if (admission === "not_signed_in" && sessionEnd !== undefined) return fail(sessionEnd);
    if (admission !== undefined) return fail(diagnose(admission));
    open();
    for (const namespace of namespaces.wanted()) {
      if (settings.admissionTo([namespace]) !== undefined) enter(namespace);
    }
  }

  /** @returns why there are no headers; undefined on success */
  async function loadHeaders(): Promise<Clues | undefined> {
    try {
      headers = await options.handshakeHeaders();
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  function open(): void {
    const config = settings.current;
    if (config === undefined) return;
    const hurried = hurry > 0;
    later(hurried ? hurryMs * (hurries + 1 - hurry) : config.timeout_ms, () => {
      if (establishedAt !== undefined) return;
      hurry -= 1;
      if (hurried) return void connect();
      explain({ timedOut: true, transport: attempt?.transport() ?? undefined });
    });
    attempt = openAttempt({
      url: config.url ?? base,
      config,
      transports: plan.choose(config.transports),
      namespaces: namespaces.wanted().filter((each) => settings.admissionTo([each]) === undefined),
      auth: async () => ({ ...(config.csrf !== undefined && { csrf: config.csrf }), ...(await options.credentials()) }),
      headers,
      on: {
        entered: whileCurrent(entered),
        refused: whileCurrent(closed),
        left: whileCurrent((namespace) => {
          const diagnosis = announced ?? diagnose("connection_lost");
          // The server closed only this namespace; the next announcement may concern another one.
          if (diagnosis.code === "forbidden") announced = undefined;
          closed(namespace, diagnosis);
        }),
        event: whileCurrent(received),
        upgraded: whileCurrent((transport) => {
          plan.worked();
          dispatch({ type: "transport_changed", transport, diagnosis: null });
        }),
        upgradeFailed: whileCurrent(() => {
          plan.blocked();
          // Before the connection is established, `entered` handles this.
          if (establishedAt !== undefined) stayOnPolling();
        }),
        down: whileCurrent(down),
      },
    });
  }

  function enter(namespace: string): void {
    const admission = settings.admissionTo([namespace]);
    if (admission === undefined) attempt?.add(namespace);
    else closed(namespace, diagnose(admission));
  }

  function entered(namespace: string): void {
    if (establishedAt === undefined) {
      establishedAt = environment.now();
      hurry = 0;
      sessionEnd = undefined;
      const transport = attempt?.transport() ?? null;
      dispatch({ type: "established", transport });
      if (transport === "websocket") plan.worked();
      else if (plan.retryInMs() !== null) stayOnPolling();
    }
    namespaces.set(namespace, "open");
    requests.opened(namespace);
  }

  /** A namespace was refused or closed. While another one is open or opening, only this namespace is affected. */
  function closed(namespace: string, diagnosis: Diagnosis): void {
    requests.lost(namespace);
    namespaces.set(namespace, "refused", diagnosis);
    if (!namespaces.anyAlive()) return fail(diagnosis);
    const reopen = (): void => {
      if (namespaces.get(namespace).status !== "refused") return;
      namespaces.set(namespace, "opening");
      enter(namespace);
    };
    const decision = decide(diagnosis);
    if (decision.kind === "retry") return later(decision.delayMs, reopen);
    requests.reject(diagnosis, namespace);
    watch(diagnosis, reopen);
  }

  function received(namespace: string, event: string, payload: unknown): void {
    const parting = disconnectReasonIn(event, payload);
    if (parting !== undefined) {
      announced = parting;
      settings.forget();
    }
    events.tell(namespace, event, payload);
  }

  function down(clues: Clues): void {
    if (establishedAt === undefined) return explain(clues);
    const lastedMs = environment.now() - establishedAt;
    if (clues.transport === "websocket" && announced === undefined) plan.lostAfter(lastedMs);
    fail(announced ?? diagnose(environment.online() ? "connection_lost" : "network_offline"));
  }

  function explain(clues: Clues): void {
    const proceed = whileCurrent((diagnosis: Diagnosis) => {
      // The attempt that was abandoned as too late has succeeded after all.
      if (establishedAt !== undefined) return;
      if (diagnosis.code === "transport_blocked" && clues.transport === "websocket") plan.blocked();
      fail(diagnosis);
    });
    void explainFailure(clues, { environment, probe, settings }).then(proceed);
  }

  function fail(diagnosis: Diagnosis): void {
    const viaWebSocket = attempt?.transport() === "websocket";
    const wasStable = establishedAt !== undefined && environment.now() - establishedAt >= stableMs;
    dropAttempt();
    if (wasStable) failures = 0;
    // What is known about the session may be outdated, and HTTP may work where WebSocket does not: retry once, at once.
    const sessionIsOld = diagnosis.retry === "session_change" && !settingsAreNew;
    const maySwitch = diagnosis.code === "transport_blocked" && viaWebSocket;
    if (diagnosis.code === "session_ended") {
      sessionEnd = diagnosis;
      if (wasStable) return renew(diagnosis);
    }
    if (sessionIsOld) settings.forget();
    if (sessionIsOld || (maySwitch && plan.choose(settings.current?.transports ?? []).includes("polling"))) {
      return void connect();
    }
    const decision = decide(diagnosis);
    failures += 1;
    if (decision.kind === "retry") {
      later(decision.delayMs, () => void connect());
      return dispatch({ type: "failed", diagnosis, retryAt: environment.now() + decision.delayMs });
    }
    dispatch({ type: "failed", diagnosis, retryAt: null });
    if (decision.kind === "offline") return later(watchMs, () => void connect());
    namespaces.setAll("refused", diagnosis);
    requests.reject(diagnosis);
    if (decision.kind === "watch") watch(diagnosis, () => void connect());
  }

  /** A renewed token or cookie may replace the session that ended. Checks once before users are notified. */
  function renew(diagnosis: Diagnosis): void {
    dispatch({ type: "session_changed" });
    settings.forget();
    settingsAreNew = true;
    void settings.load().then(
      whileCurrent((trouble) => {
        if (trouble === undefined && !settings.current?.authenticated) fail(diagnosis);
        else void connect();
      }),
    );
  }

  function decide(diagnosis: Diagnosis): Decision {
    if (failures === 0) failingSince = environment.now();
    const trouble = { failures, lastedMs: environment.now() - failingSince };
    return decideRetry(diagnosis, trouble, settings.current ?? defaultRetrySettings, environment.random());
  }

  /**
   * Polls with one request at a time whether the cause of the refusal has changed, so that refused tabs cause little
   * load.
   */
  function watch(diagnosis: Diagnosis, changed: () => void): void {
    const before = settings.identity;
    const isOrigin = diagnosis.code === "origin_refused";
    /** After `forbidden` the identity must change. Otherwise any session is enough, even one of the same user. */
    const isChanged = (): boolean =>
      isOrigin || (diagnosis.code === "forbidden" ? settings.identity !== before : settings.admits());
    later(isOrigin ? 2 * watchMs : watchMs, () => {
      settings.forget();
      void settings.load().then(
        whileCurrent((trouble) => {
          if (trouble !== undefined || !isChanged()) return watch(diagnosis, changed);
          changed();
          settingsAreNew = true;
        }),
      );
    });
  }

  function onSignal(signal: Signal): void {
    const { status, since, diagnosis, nextAttemptAt } = state.get();
    if (status === "idle" || status === "closed") return;
    if (signal === "freeze") return dispatch({ type: "page_suspended" });
    if (signal === "store") {
      dropAttempt();
      return dispatch({ type: "page_suspended" });
    }
    if (signal === "offline") return attempt === undefined ? fail(diagnose("network_offline")) : void verify();
    if (status === "auth_required" || status === "refused") {
      // The user returned to a waiting tab and may have signed in elsewhere. The interval limits how often this
      // retries.
      if (environment.now() - since >= watchMs) void connect();
      return;
    }
    if (signal === "online" && status === "offline") dispatch({ type: "network_back" });
    // The server has named a time: a user looking at the page is no reason to retry sooner.
    if (nextAttemptAt !== null && diagnosis?.retry === "after_delay") return;
    hurry = hurries;
    if (attempt === undefined) void connect();
    else void verify();
  }

  /** After sleep a connection may be dead without either side having noticed. */
  async function verify(): Promise<void> {
    const namespace = namespaces.firstOpen();
    if (attempt === undefined || namespace === undefined) return;
    const conclude = whileCurrent((alive: boolean) => {
      if (!alive) {
        fail(diagnose(environment.online() ? "connection_lost" : "network_offline"));
        if (environment.online()) void connect();
        return;
      }
      hurry = 0;
      if (state.get().status === "suspended") {
        dispatch({ type: "established", transport: attempt?.transport() ?? null });
      }
    });
    conclude(await isAlive(attempt, namespace, environment));
  }

  /**
   * Announces that WebSocket is blocked. When the block expires, tries WebSocket beside the connection and, if it
   * works, reconnects.
   */
  function stayOnPolling(): void {
    dispatch({ type: "transport_changed", transport: "polling", diagnosis: diagnose("transport_blocked") });
    later(plan.retryInMs() ?? 0, () => {
      const config = settings.current;
      if (!config?.transports.includes("websocket")) return;
      const moveOver = whileCurrent((works: boolean) => {
        if (works) return void connect();
        plan.blocked();
        stayOnPolling();
      });
      void webSocketWorks(config.url ?? base, config, headers, environment).then(moveOver);
    });
  }

  function send({ namespace, event, payload, settle }: OutgoingRequest): boolean {
    if (attempt === undefined || namespaces.get(namespace).status !== "open") return false;
    attempt.emit(namespace, event, payload, (answer) => settle(outcomeIn(answer)));
    return true;
  }
}
