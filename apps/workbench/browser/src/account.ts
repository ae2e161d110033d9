import type { ClientConfig, SessionEndReason } from "@signalbox/protocol";
import { onConnectionReturn } from "./connection-return.ts";
import { getJson, postJson, sentenceOf } from "./http.ts";
import { createStore, type Readable } from "./store.ts";

interface AccountState {
  readonly phase: "loading" | "ready" | "unreachable";
  /** The latest client-config: who is signed in, and how to connect. */
  readonly config: ClientConfig | null;
  /** Why the session ended, or why the server was not reached: a sentence, shown once. */
  readonly notice: string | null;
}

export interface Account {
  readonly state: Readable<AccountState>;
  /** Asks the server again who is signed in. Resolves to whether somebody is. */
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

/** Who is signed in. The session itself is a cookie that scripts cannot read; the server is asked. */
export function createAccount(): Account {
  const state = createStore<AccountState>({ phase: "loading", config: null, notice: null });
  const otherTabs = new BroadcastChannel("workbench-account");
  otherTabs.onmessage = ({ data }: MessageEvent<SessionEndReason | null>) => void refresh(data ?? undefined);
  onConnectionReturn(() => void (state.get().phase === "unreachable" && refresh()));

  async function refresh(reason?: SessionEndReason): Promise<boolean> {
    try {
      const config = await getJson<ClientConfig>("/realtime/client-config");
      const notice = config.authenticated || !reason ? null : farewells[reason];
      state.set({ phase: "ready", config, notice });
      return config.authenticated;
    } catch (error) {
      // Somebody at work keeps the page: the connection line says that the server is away.
      if (state.get().config === null) state.patch({ phase: "unreachable", notice: sentenceOf(error) });
      return state.get().config?.authenticated ?? false;
    }
  }

  /** Changes who is signed in, in this tab and in the others. */
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
