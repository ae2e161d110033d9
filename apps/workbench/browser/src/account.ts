import type { ClientConfig, SessionEndReason } from "@signalbox/protocol";
import { onConnectionReturn } from "./connection-return.ts";
import { getJson, postJson, sentenceOf } from "./http.ts";
import { createStore, type Readable } from "./store.ts";

interface AccountState {
  readonly phase: "loading" | "ready" | "unreachable";
  /** The latest client-config: the signed-in user, and the connection settings. */
  readonly config: ClientConfig | null;
  /** Why the session ended, or why the server was unreachable: a sentence, shown once. */
  readonly notice: string | null;
}

export interface Account {
  readonly state: Readable<AccountState>;
  /** Reads from the server who is signed in. Resolves to whether a user is. */
  refresh(reason?: SessionEndReason): Promise<boolean>;
  signIn(entry: { email: string; password: string }): Promise<void>;
  signUp(entry: { name: string; email: string; password: string }): Promise<void>;
  signOut(): Promise<void>;
}

const farewells: Record<SessionEndReason, string> = {
  signed_out: "You have signed out.",
  expired: "Your session has expired. Please sign in again.",
  revoked: "An administrator has ended your session. Please sign in again.",
  banned: "Your account has been blocked.",
  removed: "Your account has been removed.",
  role_changed: "Your rights have changed. Please sign in again.",
};

/** Tracks the signed-in user. The session itself is a cookie that scripts cannot read, so the server is queried. */
export function createAccount(): Account {
  const state = createStore<AccountState>({ phase: "loading", config: null, notice: null });
  const otherTabs = new BroadcastChannel("workbench-account");
  otherTabs.onmessage = ({ data }: MessageEvent<SessionEndReason | null>) => void refresh(data ?? undefined);
  onConnectionReturn(() => void (state.get().phase === "unreachable" && refresh()));

  async function refresh(reason?: SessionEndReason): Promise<boolean> {
    try {
      const config = await getJson<ClientConfig>("/realtime/client-config");
      // The end of a session is reported by the server and by the tab that signed out, in any order and not always with
      // its reason: a report without one leaves the sentence of the other.
      const known = state.get().phase === "ready" ? state.get().notice : null;
      const notice = config.authenticated ? null : reason ? farewells[reason] : known;
      state.set({ phase: "ready", config, notice });
      return config.authenticated;
    } catch (error) {
      // A user at work keeps the page: the connection line reports that the server is unreachable.
      if (state.get().config === null) state.patch({ phase: "unreachable", notice: sentenceOf(error) });
      return state.get().config?.authenticated ?? false;
    }
  }

  /** Changes the signed-in user, in this tab and in the others. */
  async function change(path: string, entry: object, reason?: SessionEndReason): Promise<void> {
    await postJson(path, entry);
    otherTabs.postMessage(reason ?? null);
    await refresh(reason);
  }

  return {
    state,
    refresh,
    signIn: (entry) => change("/api/auth/sign-in/email", entry),
    signUp: (entry) => change("/api/auth/sign-up/email", entry),
    signOut: () => change("/api/auth/sign-out", {}, "signed_out"),
  };
}
